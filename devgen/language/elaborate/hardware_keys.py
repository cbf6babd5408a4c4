"""The hardware's side of a field: interrupts, enables and masks, set and clear (SystemRDL 2.0, 9.5, 9.7, 9.9)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from devgen.language.diagnostics import codes_hardware as kinds
from devgen.language.diagnostics.text_form import plural
from devgen.language.elaborate.counting_fields import build_counter
from devgen.language.elaborate.elaboration import Context, Tree, entries
from devgen.language.elaborate.register_drafts import Draft, RegisterDraft, all_registers
from devgen.language.ir import (
    BitsPlace,
    Expr,
    FieldPlace,
    LinePlace,
    Load,
    Place,
    Range,
    RegisterPlace,
    Slice,
    StatePlace,
)
from devgen.language.model import AccessType, Edge, Field, FieldCounter, Hardware, Sticky, outputs_of
from devgen.language.scope import Scope

_LIMITS: Final = ("enable", "mask", "haltenable", "haltmask")
_KEYS: Final = frozenset(("intr", "next", "we", "sticky", "hwset", "hwclr", "counter", *_LIMITS))
_EDGES: Final[tuple[Edge, ...]] = ("level", "posedge", "negedge", "bothedge")
_EXCLUSIVE: Final = (
    ("enable", "mask", "an interrupt has one or the other: a mask is an inverted enable (SystemRDL 2.0, 9.9)"),
    ("haltenable", "haltmask", "there is one or the other: a mask is an inverted enable (SystemRDL 2.0, 9.9)"),
    ("intr", "next", "the source of an interrupt stands under `intr`"),
    ("counter", "intr", "a field counts or is an interrupt: let an interrupt follow an output of the counter"),
    ("counter", "next", "a field counts or takes a value"),
    ("sticky", "we", "a sticky field decides itself when it takes a value"),
)
_NO_STORAGE: Final = (
    ("constant", "a constant has no storage"),
    ("intent", "a register with an intent has no behaviour"),
    ("window", "its value is that of the registers behind the window"),
    ("alternate", "its bits belong to another register: give the key to the field there"),
)
_FOLLOWS: Final = "the field follows its source at once, so that a written value would be lost"


def draft_hardware(ctx: Context, register: Tree, spec: Tree, access: AccessType) -> Hardware | None:
    """Return what the keys of a field say without their expressions, None without such keys, and check them."""
    keys = _KEYS & spec.keys()
    if not keys:
        return None
    ctx.moved = True
    for key in sorted(keys):
        for other, reason in _NO_STORAGE:
            if other in register:
                ctx.contradiction(spec, key, other, reason)
    _check_pairs(ctx, spec)
    edge = _edge(spec)
    halts = "haltenable" in spec or "haltmask" in spec
    hardware = Hardware(intr="intr" in spec, edge=edge, sticky=_sticky(ctx, spec, edge), halts=halts)
    sourced = "next" in spec or spec.get("intr", True) is not True
    if sourced and hardware.sticky is None and "we" not in spec and access != "ro":
        ctx.contradiction(spec, "next" if "next" in spec else "sticky", f"access: {access}", _FOLLOWS)
    if "counter" in keys and access in ("wo", "w1"):
        ctx.contradiction(spec, "counter", f"access: {access}", "software cannot read what the field counts")
    return hardware


def hardware_key(spec: Tree) -> str:
    """Return the first key of a field that says what hardware does."""
    return next(key for key in spec if key in _KEYS)


def _check_pairs(ctx: Context, spec: Tree) -> None:
    """Report keys that exclude each other, and keys without the one that they belong to."""
    for key, other, reason in _EXCLUSIVE:
        if key in spec and other in spec:
            ctx.contradiction(spec, other, key, reason)
    for key in _LIMITS:
        if key in spec and not ctx.knows(spec, "intr"):
            ctx.not_here(spec, key, "the field is no interrupt: it has no `intr`")
    if "sticky" in spec and not (ctx.knows(spec, "intr") or ctx.knows(spec, "next")):
        ctx.not_here(spec, "sticky", "nothing would be kept: the field has neither `intr` nor `next`")
    if "we" in spec and not ctx.knows(spec, "next"):
        ctx.not_here(spec, "we", "it says when the field takes its `next`, which is missing")
    if spec.get("singlepulse"):
        for key in sorted(_KEYS & spec.keys()):
            ctx.contradiction(spec, key, "singlepulse", "the bit is 0 but in the write that sets it")


def _edge(spec: Tree) -> Edge:
    given = spec.get("intr")
    found = (edge for edge in _EDGES if isinstance(given, dict) and edge in given)
    return next(found, "level")


def _sticky(ctx: Context, spec: Tree, edge: Edge) -> Sticky | None:
    given = spec.get("sticky", "bit" if "intr" in spec else False)
    if edge != "level" and given != "bit":
        reason = "an edge has no duration: the bit must stay until it is cleared"
        if given == "field":
            reason = "edges are of single bits (SystemRDL 2.0, 9.9)"
        ctx.contradiction(spec, "sticky", edge, reason)
        return "bit"
    return None if given is False else "field" if given == "field" else "bit"


def compile_hardware(ctx: Context, draft: RegisterDraft, fields: Iterable[Field], scope: Scope) -> tuple[Field, ...]:
    """Return the fields of a register with the expressions of their hardware's side, compiled in ``scope``."""
    declared = entries(draft.spec, "fields")
    return tuple(
        field
        if field.hardware is None
        else replace(field, hardware=_Compiler(ctx, draft, field, scope, declared[field.name]).hardware(field.hardware))
        for field in fields
    )


class _Compiler:
    """Compiles the expressions of one field."""

    __slots__ = ("ctx", "draft", "field", "scope", "spec")

    def __init__(self, ctx: Context, draft: RegisterDraft, field: Field, scope: Scope, spec: Tree) -> None:
        self.ctx, self.draft, self.field, self.scope, self.spec = ctx, draft, field, scope, spec

    def hardware(self, drafted: Hardware) -> Hardware:
        self._check_storage()
        given = self.spec.get("intr")
        return replace(
            drafted,
            source=self._value(given, drafted.edge) if isinstance(given, dict) else self._source(given),
            we=self._truth("we"),
            hwset=self._truth("hwset"),
            hwclr=self._truth("hwclr"),
            enable=self._limit("enable"),
            mask=self._limit("mask"),
            haltenable=self._limit("haltenable"),
            haltmask=self._limit("haltmask"),
            counter=self._counter(),
        )

    def _counter(self) -> FieldCounter | None:
        if "counter" not in self.spec:
            return None
        return build_counter(self.ctx, self.spec, self.field, self.scope, self._name)

    def _check_storage(self) -> None:
        """Report a field that has no bits of its own, or whose register's `read` leaves them out."""
        key = hardware_key(self.spec)
        read = self.draft.spec.get("read")
        if not self.field.stored:
            self.ctx.not_here(self.spec, key, "the field has no storage: a read-only field has its bits")
        elif self.draft.view is not None and "alternate" not in self.draft.spec:
            self.ctx.not_here(self.spec, key, f"its bits belong to {self.draft.view.owner.label}: give it there")
        elif read is not None and not re.search(rf"\b{self.draft.name}\b", str(read)):
            self.ctx.contradiction(self.spec, key, "read", "`read` replaces the storage, and nothing could be seen")

    def _source(self, given: object) -> Expr | None:
        if "next" in self.spec:
            return self._value(self.spec, "next")
        return None if given is None or given is True else self._value(self.spec, "intr")

    def _value(self, node: Tree, key: str) -> Expr | None:
        """Compile a value of the field's width; for a field of one bit only its truth counts."""
        expect = "bool" if self.field.width == 1 else Range.unsigned(self.field.width)
        return self.ctx.expression(node, key, self.scope, expect, ("hardware", self._name))  # type: ignore[arg-type]

    def _truth(self, key: str) -> Expr | None:
        return self.ctx.expression(self.spec, key, self.scope, "bool", ("hardware", self._name))

    def _limit(self, key: str) -> Expr | None:
        """Compile an enable or a mask, which must be as wide as the field."""
        output = "halt" if key in ("haltenable", "haltmask") else "intr"
        found = self.ctx.expression(self.spec, key, self.scope, None, ("function", f"{self.draft.label}.{output}"))
        if found is None:
            return None
        width = _width(found)
        wanted = self.field.width
        if width != wanted if width is not None else not found.range.within(Range.unsigned(wanted)):
            bits = width if width is not None else (found.range.hi or 0).bit_length()
            told = {"bits": plural(bits, "bit"), "name": self._name, "width": plural(wanted, "bit")}
            self.ctx.at_value(kinds.ENABLE_WIDTH, self.spec, key, key=key, **told)
            return None
        return found

    @property
    def _name(self) -> str:
        return f"{self.draft.label}.{self.field.name}"


def _width(expr: Expr) -> int | None:
    """Return the width of a part of the device; None of anything that is computed."""
    match expr:
        case Load(place):
            return _place_width(place)
        case Slice(width=width):
            return width
    return None


def _place_width(place: Place) -> int | None:
    match place:
        case FieldPlace(width=width) | BitsPlace(width=width) | RegisterPlace(width=width) | StatePlace(width=width):
            return width
        case LinePlace():
            return 1
    return None


def check_interrupt_use(ctx: Context, drafts: Iterable[Draft], used: frozenset[str]) -> None:
    """Warn of interrupt registers whose output nothing uses. ``used``: the names that behaviour mentions."""
    for draft in all_registers(drafts):
        if not draft.external:
            for output in outputs_of(draft.fields):
                if f"{draft.label}.{output}" not in used:
                    name = f"{draft.label}.{output}"
                    line = "interrupts" if output == "intr" else "gpio_out"
                    ctx.at_key(kinds.UNUSED_INTERRUPT, draft.parent, draft.name, name=name, line=line)
