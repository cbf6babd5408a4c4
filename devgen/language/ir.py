"""Typed form of the behaviour language: what a checked expression or statement is.

The parser (``devgen.language.behaviour``) makes these from text; the code generator
lowers them. Every expression carries the exact range of its value, so that a
consumer never has to ask whether a result fits.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(slots=True, frozen=True)
class Range:
    """Inclusive bounds of an integer; ``None`` is unbounded on that side."""

    lo: int | None
    hi: int | None

    @staticmethod
    def unsigned(width: int) -> Range:
        """The range of an unsigned number of ``width`` bits."""
        return Range(0, (1 << width) - 1)

    @staticmethod
    def signed(width: int) -> Range:
        """The range of a two's complement number of ``width`` bits."""
        return Range(-(1 << (width - 1)), (1 << (width - 1)) - 1)

    def within(self, other: Range) -> bool:
        """Whether every value of this range lies in ``other``."""
        low = other.lo is None or (self.lo is not None and self.lo >= other.lo)
        high = other.hi is None or (self.hi is not None and self.hi <= other.hi)
        return low and high


BOOL = Range(0, 1)

# --- places: what can be read, and mostly assigned -------------------------------------


@dataclass(slots=True, frozen=True)
class RegisterPlace:
    """A register's stored value. ``file`` names the register file it is a member of; ``index`` the element."""

    register: str
    width: int
    file: str | None = None
    index: Expr | None = None


@dataclass(slots=True, frozen=True)
class FieldPlace:
    """Bits ``lsb .. lsb+width-1`` of a register, under the field's name."""

    register: RegisterPlace
    field: str
    lsb: int
    width: int


@dataclass(slots=True, frozen=True)
class BitsPlace:
    """A constant bit slice ``[lsb + width - 1 : lsb]`` of another place."""

    of: Place
    lsb: int
    width: int


@dataclass(slots=True, frozen=True)
class WrittenPlace:
    """The write-once bits of a register that have been written since the reset (made by plans only)."""

    register: RegisterPlace


@dataclass(slots=True, frozen=True)
class StatePlace:
    """A hidden state variable, or one element of it."""

    name: str
    width: int
    index: Expr | None = None


@dataclass(slots=True, frozen=True)
class FifoPlace:
    """Entry ``index`` of a FIFO, the oldest being 0 (reading only): behind the newest, what a slot last held."""

    name: str
    width: int
    index: Expr


@dataclass(slots=True, frozen=True)
class LocalPlace:
    """A local, a parameter, a loop variable, or a hook's ``value``, ``mask``, ``old``, ``index``, ``count``."""

    name: str


@dataclass(slots=True, frozen=True)
class PropertyPlace:
    """A property of the placed device, or one byte of it; never assigned."""

    name: str
    index: Expr | None = None


@dataclass(slots=True, frozen=True)
class LinePlace:
    """An interrupt or GPIO line. ``kind`` says which table it is declared in."""

    kind: Literal["interrupt", "gpio_out", "gpio_in"]
    name: str
    index: Expr | None = None


@dataclass(slots=True, frozen=True)
class CounterPlace:
    """A counter's present value (reading only)."""

    name: str
    index: Expr | None = None


Place = (
    RegisterPlace
    | FieldPlace
    | BitsPlace
    | WrittenPlace
    | StatePlace
    | FifoPlace
    | LocalPlace
    | PropertyPlace
    | LinePlace
    | CounterPlace
)

# --- expressions -----------------------------------------------------------------------

BinaryOp = Literal["+", "-", "*", "//", "%", "&", "|", "^", "<<", ">>"]
CompareOp = Literal["==", "!=", "<", "<=", ">", ">="]


@dataclass(slots=True, frozen=True)
class Int:
    """A literal, an enumeration label's value, or a folded constant; ``name`` if the description declares it by one."""

    value: int
    name: str = field(default="", compare=False)

    @property
    def range(self) -> Range:
        """Just this value."""
        return Range(self.value, self.value)


@dataclass(slots=True, frozen=True)
class Text:
    """The value of a string property or a string literal (only compared with ``==`` and ``!=``)."""

    value: str
    range: Range = Range(None, None)


@dataclass(slots=True, frozen=True)
class Load:
    """The value of a place."""

    place: Place
    range: Range


@dataclass(slots=True, frozen=True)
class Unary:
    """``-x``, ``~x`` or ``not x``."""

    op: Literal["-", "~", "not"]
    operand: Expr
    range: Range


@dataclass(slots=True, frozen=True)
class Binary:
    """An arithmetic, bitwise or shift operation on unbounded integers."""

    op: BinaryOp
    left: Expr
    right: Expr
    range: Range


@dataclass(slots=True, frozen=True)
class Compare:
    """A comparison chain, as Python's: ``first op operand op operand ...``."""

    first: Expr
    rest: tuple[tuple[CompareOp, Expr], ...]
    range: Range = BOOL


@dataclass(slots=True, frozen=True)
class Logic:
    """``and`` or ``or`` of truth values; the result is a truth value, not an operand."""

    op: Literal["and", "or"]
    operands: tuple[Expr, ...]
    range: Range = BOOL


@dataclass(slots=True, frozen=True)
class Conditional:
    """``then if test else orelse``."""

    test: Expr
    then: Expr
    orelse: Expr
    range: Range


@dataclass(slots=True, frozen=True)
class Slice:
    """Bits ``lsb .. lsb+width-1`` of a value, shifted down to bit 0. ``lsb`` may be computed for single bits."""

    operand: Expr
    lsb: Expr
    width: int
    range: Range


@dataclass(slots=True, frozen=True)
class Wrap:
    """``uN(x)`` (``signed`` false: modulo 2^width) or ``sN(x)`` (two's complement reinterpretation)."""

    operand: Expr
    width: int
    signed: bool
    range: Range


@dataclass(slots=True, frozen=True)
class Builtin:
    """A call of a pure builtin: ``min``, ``max``, ``abs``, ``bool``, ``popcount``, ``bit_length``."""

    name: Literal["min", "max", "abs", "bool", "popcount", "bit_length"]
    arguments: tuple[Expr, ...]
    range: Range


@dataclass(slots=True, frozen=True)
class Apply:
    """A call of a function that the description declares."""

    function: str
    arguments: tuple[Expr, ...]
    range: Range


@dataclass(slots=True, frozen=True)
class Now:
    """The present time of a clock in nanoseconds."""

    clock: Literal["virtual", "rtc", "host"]
    range: Range = Range(0, (1 << 63) - 1)


@dataclass(slots=True, frozen=True)
class TimerQuery:
    """``t.armed`` (truth value) or ``t.deadline`` (ns on the timer's clock; 0 when not armed)."""

    timer: str
    query: Literal["armed", "deadline"]
    index: Expr | None
    range: Range


@dataclass(slots=True, frozen=True)
class FifoQuery:
    """``f.count`` (entries in it), ``f.free`` (those that fit in), ``f.empty`` or ``f.full`` (truth values)."""

    fifo: str
    query: Literal["count", "free", "empty", "full"]
    range: Range


@dataclass(slots=True, frozen=True)
class LoadMemory:
    """``loadN(address)``: a little-endian read of guest memory; ``size`` in bytes."""

    address: Expr
    size: int
    range: Range


@dataclass(slots=True, frozen=True)
class TextByte:
    """``text[n]``: a byte of a string in UTF-8; 0 past its end."""

    text: Expr
    index: Expr
    range: Range = Range(0, 255)


Expr = (
    Int
    | Text
    | Load
    | Unary
    | Binary
    | Compare
    | Logic
    | Conditional
    | Slice
    | Wrap
    | Builtin
    | Apply
    | Now
    | TimerQuery
    | FifoQuery
    | LoadMemory
    | TextByte
)

# --- statements ------------------------------------------------------------------------


@dataclass(slots=True, frozen=True)
class Assign:
    """``place = value``; an augmented assignment arrives here with its operation spelled out."""

    place: Place
    value: Expr


@dataclass(slots=True, frozen=True)
class Declare:
    """``name: type = value``: a new local."""

    name: str
    value: Expr


@dataclass(slots=True, frozen=True)
class If:
    """``if test: then else: orelse`` (``elif`` is an ``If`` in ``orelse``)."""

    test: Expr
    then: tuple[Stmt, ...]
    orelse: tuple[Stmt, ...] = ()


@dataclass(slots=True, frozen=True)
class For:
    """``for name in range(start, stop)``: at most ``max_trips`` turns, proven at build time."""

    name: str
    start: Expr
    stop: Expr
    body: tuple[Stmt, ...]
    max_trips: int


@dataclass(slots=True, frozen=True)
class Do:
    """A call of an action that the description declares."""

    action: str
    arguments: tuple[Expr, ...]


@dataclass(slots=True, frozen=True)
class TimerOp:
    """``t.arm()``, ``t.arm_at(ns)``, ``t.arm_in(ns)`` or ``t.cancel()``."""

    timer: str
    op: Literal["arm", "arm_at", "arm_in", "cancel"]
    index: Expr | None = None
    argument: Expr | None = None


@dataclass(slots=True, frozen=True)
class FifoOp:
    """``f.push(value)`` (lost when it is full), ``f.pop()`` (nothing when it is empty) or ``f.clear()``."""

    fifo: str
    op: Literal["push", "pop", "clear"]
    argument: Expr | None = None


@dataclass(slots=True, frozen=True)
class CounterOp:
    """``c.load(value)``, ``c.start()`` or ``c.stop()``."""

    counter: str
    op: Literal["load", "start", "stop"]
    index: Expr | None = None
    argument: Expr | None = None


@dataclass(slots=True, frozen=True)
class Pulse:
    """``pulse(line)``: the line goes high and low again at once."""

    line: LinePlace


@dataclass(slots=True, frozen=True)
class Emit:
    """A host-visible event with its named values."""

    event: str
    arguments: tuple[tuple[str, Expr], ...]


@dataclass(slots=True, frozen=True)
class Send:
    """``stream.send(byte)``."""

    stream: str
    value: Expr


@dataclass(slots=True, frozen=True)
class StoreMemory:
    """``storeN(address, value)``: a little-endian write of guest memory; ``size`` in bytes."""

    address: Expr
    value: Expr
    size: int


@dataclass(slots=True, frozen=True)
class CopyMemory:
    """``load_bytes(address, buffer[start], length)``, or ``store_bytes``: guest memory to or from an array of bytes.

    ``buffer`` is the first element. What would reach past the array's end is not copied; ``most`` is what remains of
    the bytes at most.
    """

    op: Literal["load", "store"]
    address: Expr
    buffer: StatePlace
    length: Expr
    most: int


@dataclass(slots=True, frozen=True)
class FillMemory:
    """``fill_bytes(buffer[start], length, value)``: one value into an array of bytes, from ``buffer`` on.

    What would reach past the array's end is not written; ``most`` is what remains of the bytes at most.
    """

    buffer: StatePlace
    length: Expr
    value: Expr
    most: int


Stmt = (
    Assign
    | Declare
    | If
    | For
    | Do
    | TimerOp
    | FifoOp
    | CounterOp
    | Pulse
    | Emit
    | Send
    | StoreMemory
    | CopyMemory
    | FillMemory
)
