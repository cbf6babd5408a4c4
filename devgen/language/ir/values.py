"""Typed form of expressions: places that can be read or assigned, and what can be computed from them.

A place can have an index, which is an expression, and an expression can load a place: so both are in one file.
"""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from devgen.common.quick_dataclass import dataclass
from devgen.language.ir.number_range import BOOL, BYTE, NANOSECONDS, UNBOUNDED, Range

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


LineKind = Literal["interrupt", "gpio_out", "gpio_in"]


@dataclass(slots=True, frozen=True)
class LinePlace:
    """An interrupt or GPIO line. ``kind`` says which table it is declared in."""

    kind: LineKind
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
    range: Range = UNBOUNDED


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
    """``and`` or ``or`` of truth values; the result is a truth value. See `FirstNonzero` for numbers."""

    op: Literal["and", "or"]
    operands: tuple[Expr, ...]
    range: Range = BOOL


@dataclass(slots=True, frozen=True)
class FirstNonzero:
    """``a or b`` of numbers, as Python's: the first operand that is not 0, or the last. Each is computed once."""

    operands: tuple[Expr, ...]
    range: Range


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


BuiltinName = Literal["min", "max", "abs", "bool", "popcount", "bit_length"]
"""The built-in functions: a name here is the language's own word, is suggested, and needs a check and a lowering."""


@dataclass(slots=True, frozen=True)
class Builtin:
    """A call of a built-in function, which has no side effects."""

    name: BuiltinName
    arguments: tuple[Expr, ...]
    range: Range


@dataclass(slots=True, frozen=True)
class Apply:
    """A call of a function that the description declares."""

    function: str
    arguments: tuple[Expr, ...]
    range: Range


ClockName = Literal["virtual", "rtc", "host"]


@dataclass(slots=True, frozen=True)
class Now:
    """The present time of a clock in nanoseconds."""

    clock: ClockName
    range: Range = NANOSECONDS


@dataclass(slots=True, frozen=True)
class TimerQuery:
    """``t.armed`` (truth value) or ``t.deadline`` (ns on the timer's clock; 0 when not armed)."""

    timer: str
    query: Literal["armed", "deadline"]
    index: Expr | None
    range: Range


FifoQueryName = Literal["count", "free", "empty", "full"]


@dataclass(slots=True, frozen=True)
class FifoQuery:
    """``f.count`` (entries in it), ``f.free`` (those that fit in), ``f.empty`` or ``f.full`` (truth values)."""

    fifo: str
    query: FifoQueryName
    range: Range


@dataclass(slots=True, frozen=True)
class StreamQuery:
    """``s.writable``: how many bytes the host's end of a stream takes now."""

    stream: str
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
    range: Range = BYTE


Expr = (
    Int
    | Text
    | Load
    | Unary
    | Binary
    | Compare
    | Logic
    | FirstNonzero
    | Conditional
    | Slice
    | Wrap
    | Builtin
    | Apply
    | Now
    | TimerQuery
    | FifoQuery
    | StreamQuery
    | LoadMemory
    | TextByte
)
