"""Things that a name in a behaviour text can refer to, and the built-in constants and members."""

from __future__ import annotations

import ast
from typing import get_args

from devgen.common.quick_dataclass import dataclass
from devgen.language.behaviour import ranges
from devgen.language.ir import BOOL, Expr, FifoQueryName, Int, Load, Now, Place, Range, Slice
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

WIDEST = 256
TIMER_QUERIES = {"armed": BOOL, "deadline": Range.unsigned(128)}
FIFO_QUERIES: dict[str, FifoQueryName] = {query: query for query in get_args(FifoQueryName)}
WRITABLE = Range(0, 1 << 20)
"""What a stream's ``writable`` may be: the runtime keeps up to 1 MiB of what the host's end does not take at once."""

LANGUAGE_CONSTANTS: dict[str, Expr] = {"now": Now("virtual"), "rtc_now": Now("rtc"), "true": Int(1), "false": Int(0)}
Declared = Entry | FieldEntry


@dataclass(slots=True)
class Thing:
    """The thing that a name refers to. Only an element of an array has a ``place`` or methods, not the whole array.

    ``value`` is the expression that reads it, and ``place`` its storage; both are None if there is none. ``bit`` is the
    computed number of a selected bit, and ``of`` the thing that the bit belongs to. ``label``: it is a label.
    ``index`` counts the elements of all dimensions together; ``array`` is the number of elements of the next dimension
    while one needs an index (``partial``, if it is not the first), and ``pending`` those of the dimensions inside it.
    """

    what: str
    entry: Declared | None = None
    index: Expr | None = None
    array: Expr | None = None
    place: Place | None = None
    width: int = WIDEST
    value: Expr | None = None
    readonly: str | None = None
    bit: Expr | None = None
    of: Thing | None = None
    file: FileEntry | None = None
    label: Label | None = None
    pending: tuple[int, ...] = ()
    partial: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it is an array that still needs an index."""
        return self.array is not None and (self.index is None or self.partial)


_KINDS: dict[type, str] = {
    PropertyEntry: "property",
    ConstantEntry: "constant",
    RegisterEntry: "register",
    FileEntry: "register file",
    StateEntry: "state",
    FifoEntry: "FIFO",
    CounterEntry: "counter",
    TimerEntry: "timer",
    LineEntry: "line",
    EventEntry: "event",
    StreamEntry: "stream",
    FunctionEntry: "function",
    ActionEntry: "action",
    LocalEntry: "local",
    FieldEntry: "field",
}


def title(entry: Declared) -> str:
    """Return the name of a declared thing for a message: ``register MR``."""
    return f"{_KINDS[type(entry)]} {entry.name}"


def members(entry: Declared | None) -> tuple[str, ...]:
    """Return the names that may follow a dot."""
    match entry:
        case FileEntry(registers=registers, files=files):
            return (*(register.name for register in registers), *(file.name.rpartition(".")[2] for file in files))
        case RegisterEntry(fields=fields, outputs=outputs):
            return (*(field.name for field in fields), *outputs)
        case FieldEntry(labels=labels, outputs=outputs, steps=steps):
            counted = ("incr()", "incr(amount)", "decr()", "decr(amount)") if steps else ()
            return (*(label.name for label in labels), *outputs, *counted)
        case TimerEntry(matched=matched):
            return ("arm()",) * matched + ("arm_at(ns)", "arm_in(ns)", "cancel()", "armed", "deadline")
        case CounterEntry():
            return ("load(value)", "start()", "stop()")
        case StreamEntry():
            return ("send(byte)", "send_bytes(array[first], length)", "writable")
        case FifoEntry():
            return ("push(value)", "pop()", "clear()", *FIFO_QUERIES)
    return ()


def member_help(node: ast.Attribute) -> str:
    """Return what to write for a member that things of other frameworks have, or an empty string."""
    from devgen.language.behaviour.other_languages import method_help

    return method_help(ast.unparse(node.value), node.attr)


def stored_in(thing: Thing, place: Place, width: int, index: Expr | None) -> Thing:
    """Return the thing with its storage and the expression that reads it."""
    thing.place, thing.width, thing.index = place, width, index
    thing.value = Load(place, Range.unsigned(width))
    return thing


def line_readonly(kind: str, followed: bool) -> str | None:
    """Return why a line cannot be assigned, None if it can."""
    if kind == "gpio_in":
        return "is an input"
    return "follows its `level:` by itself" if followed else None


def property_range(entry: PropertyEntry) -> Range:
    """Return the range of the values that a property can have."""
    if entry.type == "int":
        bounded = entry.range.lo is not None and entry.range.hi is not None
        return entry.range if bounded else Range.signed(64)  # an unbounded range has already been reported
    return BOOL if entry.type == "bool" else Range(None, None)


def value_hint(thing: Thing) -> str:
    """Return a hint for a name that has no value."""
    if thing.label is not None:
        return "it names several values: compare with it, by == or !="
    match thing.entry:
        case RegisterEntry(window=True):
            return "it is a window: name the register behind it"
        case FieldEntry(lsb=lsb, width=width, stored=False):
            return f"what is written to it is `value[{lsb + width - 1}:{lsb}]` in `on_write`"
        case RegisterEntry(split=True):
            return "some of its bytes are those of other registers: name these"
        case TimerEntry(name):
            return f"`{name}.armed` and `{name}.deadline` are values"
        case StreamEntry(name):
            return f"`{name}.writable` is how many bytes the host takes now"
        case FifoEntry(name):
            return f"`{name}[0]` is its oldest entry, `{name}.count` how many there are"
        case FunctionEntry(name):
            return f"call it: `{name}(...)`"
        case FileEntry(name, registers) if registers:
            return f"name a register of it: `{name}[n].{registers[0].name}`"
    return ""


def cut(value: Expr, lsb: int, width: int) -> Expr:
    """Return bits of a value shifted to bit 0, or the value itself if it has no other bits."""
    shifted = ranges.shift_right(value.range, ranges.exactly(lsb))
    bounds = ranges.wrap(shifted, width, signed=False)
    if lsb == 0 and value.range.within(Range.unsigned(width)):
        return value
    return Int(bounds.lo or 0) if isinstance(value, Int) else Slice(value, Int(lsb), width, bounds)
