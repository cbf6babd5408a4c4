"""Resolves plain, dotted and indexed names in a behaviour text."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from dataclasses import replace
from typing import Any, get_args

from devgen.common.near_names import nearest_names
from devgen.language.behaviour import ranges
from devgen.language.behaviour.compilation import Unit, is_text, show
from devgen.language.behaviour.element_numbers import element_number, element_of, opened, outer_number
from devgen.language.behaviour.named_things import (
    FIFO_QUERIES,
    LANGUAGE_CONSTANTS,
    TIMER_QUERIES,
    WIDEST,
    WRITABLE,
    Thing,
    cut,
    line_readonly,
    member_help,
    members,
    property_range,
    stored_in,
    title,
    value_hint,
)
from devgen.language.behaviour.property_bounds import describe, inside
from devgen.language.behaviour.register_storage import field_output, register_output, stored_at, whole_register
from devgen.language.behaviour.storage import storage
from devgen.language.diagnostics.codes_behaviour import (
    BIT_RANGE,
    INDEX_RANGE,
    NEEDS_INDEX,
    NO_INDEX,
    NOT_A_VALUE,
    NOT_IN_LANGUAGE,
    UNKNOWN_MEMBER,
    UNKNOWN_NAME,
)
from devgen.language.diagnostics.reporting import offered
from devgen.language.diagnostics.text_form import plural
from devgen.language.ir import (
    BOOL,
    BitsPlace,
    BuiltinName,
    CounterPlace,
    Expr,
    FieldPlace,
    FifoPlace,
    FifoQuery,
    Int,
    LinePlace,
    Load,
    LocalPlace,
    PropertyPlace,
    Range,
    RegisterPlace,
    Slice,
    StatePlace,
    StreamQuery,
    Text,
    TextByte,
    TimerQuery,
)
from devgen.language.model import Label
from devgen.language.scope import (
    ActionEntry,
    ConstantEntry,
    CounterEntry,
    Entry,
    EventEntry,
    FieldEntry,
    FifoEntry,
    FileEntry,
    FunctionEntry,
    LineEntry,
    LocalEntry,
    PropertyEntry,
    RegisterEntry,
    StateEntry,
    StreamEntry,
    TimerEntry,
)

_BYTE = Range.unsigned(8)
_SUGGESTED = (
    *LANGUAGE_CONSTANTS,
    *get_args(BuiltinName),
    *("pulse", "u8", "u16", "u32", "u64", "s32", "s64"),
)


class Names(ABC):
    """Resolves names. Errors are reported, and the result is then None."""

    __slots__ = ("unit",)

    def __init__(self, unit: Unit) -> None:
        """Work on one text."""
        self.unit = unit

    @abstractmethod
    def number(self, node: ast.expr) -> Expr | None:
        """Check an expression that must be a number."""

    def resolve(self, node: ast.expr) -> Thing | None:
        """Resolve a name, attribute or subscript. Return None if it has no meaning, which is reported."""
        if isinstance(node, ast.Name):
            return self._name(node)
        if isinstance(node, ast.Attribute):
            base = self.resolve(node.value)
            return None if base is None else self._member(base, node)
        if isinstance(node, ast.Subscript):
            text = node.value.value if isinstance(node.value, ast.Constant) else None
            base = Thing("this text", value=Text(text)) if isinstance(text, str) else self.resolve(node.value)
            return None if base is None else self._subscript(base, node)
        value = self.number(node)
        return None if value is None else Thing("this value", value=value)

    def load(self, thing: Thing, node: ast.expr) -> Expr | None:
        """Return the expression that reads a thing."""
        if thing.is_open:
            self.unit.report(NEEDS_INDEX, node, what=thing.what, name=thing.entry.name if thing.entry else "it")
            return None
        if isinstance(thing.place, LocalPlace):
            return Load(thing.place, self.unit.flow.locals[thing.place.name].range)
        if thing.place is not None and isinstance(thing.value, Load):
            known = self.unit.flow.stored.get(thing.place)
            return thing.value if known is None else Load(thing.value.place, known)
        if thing.value is None:
            self.unit.report(NOT_A_VALUE, node, what=thing.what, hint=value_hint(thing))
        return thing.value

    # --- plain names -------------------------------------------------------------------

    def _name(self, node: ast.Name) -> Thing | None:
        unit, name = self.unit, node.id
        number = element_number(name, unit.scope.shape)
        if number is not None:
            return Thing(name, width=ranges.bits_needed(number.range), value=number, readonly="is the element's number")
        local = unit.locals.get(name)
        if local is not None:
            width = ranges.bits_needed(local.range) if (local.range.lo or 0) >= 0 else WIDEST
            return Thing(name, place=LocalPlace(name), width=width, readonly=local.readonly)
        entry = unit.scope.lookup(name)
        if entry is not None:
            unit.program.used.add(name)
            return self._entry(entry)
        sibling = unit.scope.member(name)
        if sibling is not None:
            return self._in_file(sibling[1], sibling[0], self._own_index(sibling[0]))
        if name in LANGUAGE_CONSTANTS:
            return Thing(name, value=LANGUAGE_CONSTANTS[name], readonly="belongs to the language")
        hint, instead = self._meant(name)
        unit.report(UNKNOWN_NAME, node, name=name, hint=hint, instead=instead)
        return None

    def suggest(self, name: str) -> str:
        """Return what to write instead of an unknown name, or an empty string."""
        return self._meant(name)[0]

    def _meant(self, name: str) -> tuple[str, list[str]]:
        """Return a hint, and the names that may stand in place of an unknown one.

        A name that differs in capitals comes first, then what devgen has for a name of another language, then names
        that are close.
        """
        if self.unit.reporter.sink.full:
            return "", []
        from devgen.language.behaviour.other_languages import name_help

        known = (*self.unit.locals, *self.unit.scope.names(), *_SUGGESTED)
        near = nearest_names(name, known) if self.unit.reporter.sink.may_compare(len(known)) else []
        same = [word for word in near if word.casefold() == name.casefold()]
        told = "" if same else name_help(name)
        return told or offered(same or near), [] if told else same or near

    def several_values(self, node: ast.expr) -> tuple[Label, tuple[Label, ...]] | None:
        """Return a label that names several values, and all labels of its field. Return None for anything else."""
        if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Attribute):
            return None
        base = self.resolve(node.value)
        if base is None or not isinstance(base.entry, FieldEntry):
            return None
        found = (label for label in base.entry.labels if label.name == node.attr and not label.exact)
        return next(((label, base.entry.labels) for label in found), None)

    def _own_index(self, file: FileEntry) -> Expr | None:
        """Return the element of a register file to which the hook belongs, counted over all its dimensions."""
        if not file.depth:
            return None
        number = Load(LocalPlace("index"), self.unit.flow.locals["index"].range)
        return outer_number(number, self.unit.scope.shape, file.depth)

    def _in_file(self, entry: RegisterEntry | FileEntry, file: FileEntry, index: Expr | None) -> Thing:
        """Return a member of an element of a register file."""
        if isinstance(entry, RegisterEntry):
            return self._register(entry, file, index)
        found = Thing(title(entry), entry, index)
        return opened(found, entry.shape, entry.count)

    def _entry(self, entry: Entry) -> Thing:
        what = title(entry)
        match entry:
            case RegisterEntry():
                return self._register(entry, None, None)
            case PropertyEntry(name) if entry.count is None:
                value = Load(PropertyPlace(name), property_range(entry))
                return Thing(what, entry, value=value, readonly="is a property, set when the device is placed")
            case ConstantEntry(name, number):
                return Thing(what, entry, value=Int(number, name), readonly="never changes")
            case FunctionEntry() | ActionEntry() | EventEntry() | StreamEntry() | LocalEntry() | FifoEntry():
                return Thing(what, entry)
        if isinstance(entry, FileEntry):
            return opened(Thing(what, entry), entry.shape, entry.count)
        thing = Thing(what, entry, array=entry.count)
        return thing if entry.count is not None else self._element(thing, None)

    def _element(self, thing: Thing, index: Expr | None) -> Thing:
        """Return an element of an array, or the thing itself if it is not an array."""
        if thing.pending:
            return replace(thing, index=index, array=Int(thing.pending[0]), pending=thing.pending[1:], partial=True)
        found = Thing(thing.what, thing.entry, index, thing.array, readonly=thing.readonly, file=thing.file)
        match thing.entry:
            case RegisterEntry() as entry:
                return self._register(entry, thing.file, index, whole=False)
            case StateEntry(name, width):
                return stored_in(found, StatePlace(name, width, index), width, index)
            case CounterEntry(name, width):
                found.readonly = "counts by itself; use `.load(...)`"
                return stored_in(found, CounterPlace(name, index), width, index)
            case PropertyEntry(name):
                found.value, found.width = Load(PropertyPlace(name, index), _BYTE), 8
                found.readonly = "is a property, set when the device is placed"
                return found
            case LineEntry(kind, name, followed):
                found.readonly = line_readonly(kind, followed)
                return stored_in(found, LinePlace(kind, name, index), 1, index)
        return found

    def _register(
        self, entry: RegisterEntry, file: FileEntry | None, index: Expr | None, *, whole: bool = True
    ) -> Thing:
        """Return a register, or an element of an array (``whole`` False), of an element of a register file if any."""
        if file is not None:
            self.unit.program.used.add(f"{file.name}.{entry.name}")
        thing = Thing(title(entry), entry, index, readonly=entry.readonly, file=file)
        if whole and entry.count is not None:
            return opened(thing, entry.shape, entry.count)
        thing.array = entry.count
        if entry.window or entry.split:
            return thing
        place = stored_at(entry, file, index)
        if entry.computed:
            self.unit.costly = True
            self.unit.program.volatile.add(storage(place))
            self.unit.program.edge(self.unit.owner, ("read", storage(place)[1]))
        return stored_in(thing, place, entry.width, index)

    # --- after a dot -------------------------------------------------------------------

    def _member(self, base: Thing, node: ast.Attribute) -> Thing | None:
        if base.array is not None and base.is_open:
            self.unit.report(NEEDS_INDEX, node.value, what=base.what, name=base.entry.name if base.entry else "it")
            return None
        found = self._find_member(base, node.attr)
        if found is None:
            near = nearest_names(node.attr, known := members(base.entry))
            told: dict[str, Any] = {"what": base.what, "name": node.attr, "hint": offered(near) or member_help(node)}
            told |= {"instead": [*filter(str.isidentifier, near)], "tail": len(node.attr)}
            self.unit.report(UNKNOWN_MEMBER, node, allowed=known, **told)
        return found

    def _find_member(self, base: Thing, name: str) -> Thing | None:
        match base.entry:
            case FileEntry() as file:
                member = file.member(name)
                return None if member is None else self._in_file(member, file, base.index)
            case RegisterEntry(fields=fields) if isinstance(base.place, RegisterPlace | BitsPlace):
                whole, lsb = whole_register(base.place)
                for field in fields:
                    if field.name == name:
                        place = FieldPlace(whole, name, lsb + field.lsb, field.width)
                        what = f"field {base.entry.name}.{name}"
                        if not field.stored:
                            return Thing(what, field, readonly="has no storage: a read-only field has its bits")
                        return stored_in(Thing(what, field, readonly=base.readonly), place, field.width, None)
                return register_output(self.unit, base, name) if name in base.entry.outputs else None
            case FieldEntry(labels=labels, outputs=outputs):
                if name in outputs:
                    return field_output(self.unit, base, name)
                for label in labels:
                    if label.name == name:
                        value = Int(label.value) if label.exact else None
                        return Thing(f"label {name}", base.entry, value=value, readonly="is a constant", label=label)
            case TimerEntry(timer) if name in TIMER_QUERIES:
                self.unit.program.asked.add(timer)
                query = TimerQuery(timer, "armed" if name == "armed" else "deadline", base.index, TIMER_QUERIES[name])
                return Thing(f"{base.what}.{name}", value=query, readonly="follows from arming and cancelling")
            case FifoEntry() as fifo if name in FIFO_QUERIES:
                bounds = Range(0, fifo.depth.range.hi) if name in ("count", "free") else BOOL
                level = FifoQuery(fifo.name, FIFO_QUERIES[name], bounds)
                return Thing(f"{base.what}.{name}", value=level, readonly="follows from pushing and popping")
            case StreamEntry(stream) if name == "writable":
                amount = StreamQuery(stream, WRITABLE)
                return Thing(f"{base.what}.{name}", value=amount, readonly="is what the host takes")
        return None

    # --- in brackets -------------------------------------------------------------------

    def _subscript(self, base: Thing, node: ast.Subscript) -> Thing | None:
        if base.array is not None and base.is_open:
            return self._pick(base, base.array, node)
        if base.value is not None and is_text(base.value):
            return self._byte(base, base.value, node)
        if isinstance(base.entry, FifoEntry):
            return self._peek(base, base.entry, node)
        if base.place is None and base.value is None:
            self.unit.report(NO_INDEX, node, what=base.what)
            return None
        if isinstance(node.slice, ast.Slice):
            return self._bits(base, node, node.slice)
        return self._bit(base, node)

    def _pick(self, base: Thing, count: Expr, node: ast.Subscript) -> Thing | None:
        if isinstance(node.slice, ast.Slice | ast.Tuple):
            self.unit.report(NOT_IN_LANGUAGE, node, what="more than one element of an array at once")
            return None
        index = self.number(node.slice)
        if index is None or not self.check_index(index, count, base.what, node.slice):
            return None
        return self._element(base, index if base.index is None else element_of(base.index, count, index))

    def _peek(self, base: Thing, fifo: FifoEntry, node: ast.Subscript) -> Thing | None:
        """Return an entry of a FIFO, counted from the oldest."""
        entry = self._pick(base, fifo.depth, node)
        if entry is None or entry.index is None:
            return None
        place = FifoPlace(fifo.name, fifo.width, entry.index)
        readonly = "is an entry of a FIFO, which is pushed and popped"
        return stored_in(Thing(f"an entry of {base.what}", readonly=readonly), place, fifo.width, None)

    def _byte(self, base: Thing, text: Expr, node: ast.Subscript) -> Thing | None:
        if isinstance(node.slice, ast.Slice | ast.Tuple):
            self.unit.report(NOT_IN_LANGUAGE, node, what="more than one byte of a text at once")
            return None
        index = self.number(node.slice)
        if index is None or not self.unit.fits(index, Range.unsigned(64), "the number of a byte", node.slice):
            return None
        what = f"a byte of {base.what}"
        return Thing(what, width=8, value=TextByte(text, index), readonly="is part of a text")

    def check_index(self, index: Expr, count: Expr, what: str, node: ast.AST) -> bool:
        """Return whether an index always lies inside an array. Report it otherwise."""
        if inside(index, count, self.unit.flow.upper):
            return True
        self.unit.report(INDEX_RANGE, node, bounds=show(index.range), what=what, count=describe(count))
        return False

    def _bits(self, base: Thing, node: ast.Subscript, bits: ast.Slice) -> Thing | None:
        if bits.lower is None or bits.upper is None or bits.step is not None:
            self.unit.report(NOT_IN_LANGUAGE, node, what="a bit slice without both its ends, as `[7:0]`,")
            return None
        high, low = self.number(bits.lower), self.number(bits.upper)
        if high is None or low is None:
            return None
        if not (isinstance(high, Int) and isinstance(low, Int) and base.width > high.value >= low.value >= 0):
            shown = f"{show(high.range)}:{show(low.range)}"
            swapped = isinstance(high, Int) and isinstance(low, Int) and high.value < low.value
            hint = f"the higher bit stands first: `[{show(low.range)}:{show(high.range)}]`" if swapped else ""
            width = plural(base.width, "bit")
            self.unit.report(BIT_RANGE, node, bits=shown, what=base.what, width=width, hint=hint)
            return None
        return self._part(base, low.value, high.value - low.value + 1, node)

    def _bit(self, base: Thing, node: ast.Subscript) -> Thing | None:
        number = self.number(node.slice)
        if number is None:
            return None
        if not inside(number, Int(base.width), self.unit.flow.upper):
            self.unit.report(BIT_RANGE, node, bits=show(number.range), what=base.what, width=plural(base.width, "bit"))
            return None
        if isinstance(number, Int):
            return self._part(base, number.value, 1, node)
        value = self.load(base, node.value)
        if value is None:
            return None
        return Thing(f"bits of {base.what}", width=1, value=Slice(value, number, 1, BOOL), bit=number, of=base)

    def _part(self, base: Thing, lsb: int, width: int, node: ast.Subscript) -> Thing | None:
        """Return constant bits of a thing."""
        value = self.load(base, node.value)
        if value is None:
            return None
        place = BitsPlace(base.place, lsb, width) if base.place is not None else None
        what = f"{base.what}[{lsb + width - 1}:{lsb}]"
        return Thing(what, place=place, width=width, value=cut(value, lsb, width), readonly=base.readonly, of=base)
