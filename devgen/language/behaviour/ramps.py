"""Ramps: values that rise or fall with a counter or a clock, and the moments at which they cross a threshold or wrap.

A ramp may be shifted, divided, wrapped and cut like any number; each of these keeps it a ramp and adds the moments at
which it wraps. `devgen.language.behaviour.time_changes` builds them from expressions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import gcd
from typing import Final

from devgen.common.quick_dataclass import dataclass
from devgen.language.behaviour import ranges
from devgen.language.ir import BOOL, Binary, BinaryOp, CompareOp, CounterPlace, Expr, Int, Logic, Now, Range, Unary

_RANGES: Final[Mapping[BinaryOp, Callable[[Range, Range], Range]]] = {
    "+": ranges.add,
    "-": ranges.subtract,
    "*": ranges.multiply,
    "//": ranges.divide,
    "<<": ranges.shift_left,
}


@dataclass(slots=True, frozen=True)
class Change:
    """``source`` reaches ``at``: a counter modulo ``modulus``, a clock (``modulus`` None) once.

    ``at`` may be any integer; only its remainder matters where there is a modulus. Where ``guard`` is false the change
    does not matter, and ``at`` may not be computed: its ranges hold behind the guard only.
    """

    source: CounterPlace | Now
    at: Expr
    modulus: Expr | None
    guard: Expr | None = None

    def parts(self) -> tuple[CounterPlace | Expr, ...]:
        """All expressions in it, and its source."""
        return tuple(part for part in (self.source, self.at, self.modulus, self.guard) if part is not None)


Changes = tuple[Change, ...]


class NotFollowedError(Exception):
    """The changes of an expression over time cannot be determined. The message is the reason."""


@dataclass(slots=True, frozen=True)
class Ramp:
    """A value that rises or falls with ``source``.

    ``reaches(t)`` is the count of the source at which the value crosses ``t``: from below ``t`` to ``t`` or more on a
    rising ramp, the other way on a falling one. ``scale`` is how many counts one step of the value takes, None where
    that is no whole number. ``jumps`` are the moments at which it wraps, or at which anything else in it changes.
    ``wrapped``: it wraps by itself, not just where its counter does.
    """

    source: CounterPlace | Now
    reaches: Callable[[Expr], Expr]
    modulus: Expr | None
    scale: Expr | None
    range: Range
    jumps: Changes = ()
    wrapped: bool = False

    def crossing(self, threshold: Expr) -> Change:
        """Return the change at which the value crosses ``threshold``."""
        return Change(self.source, self.reaches(threshold), self.modulus)


Value = Ramp | Changes
"""How an expression depends on time: it is a ramp, or it changes at certain moments."""


def shifted(op: BinaryOp, ramp: Ramp, operand: Expr) -> Ramp:
    """Return ``ramp op operand`` for an operand that does not depend on time."""
    reaches, scale = ramp.reaches, ramp.scale
    match op:
        case "+":
            moved: Callable[[Expr], Expr] = lambda t: reaches(operation("-", t, operand))  # noqa: E731
            return replace(ramp, reaches=moved, range=ranges.add(ramp.range, operand.range))
        case "-":
            moved = lambda t: reaches(operation("+", t, operand))  # noqa: E731
            return replace(ramp, reaches=moved, range=ranges.subtract(ramp.range, operand.range))
        case "//" if _positive(operand):
            moved = lambda t: reaches(operation("*", t, operand))  # noqa: E731
            found = ranges.divide(ramp.range, operand.range)
            return replace(ramp, reaches=moved, scale=_times(scale, operand), range=found)
        case ">>":
            step = operation("<<", Int(1), operand)
            moved = lambda t: reaches(operation("<<", t, operand))  # noqa: E731
            found = ranges.shift_right(ramp.range, operand.range)
            return replace(ramp, reaches=moved, scale=_times(scale, step), range=found)
        case "*" if isinstance(operand, Int) and operand.value > 0:
            moved = lambda t: reaches(operation("-", Int(0), operation("//", operation("-", Int(0), t), operand)))  # noqa: E731
            return replace(ramp, reaches=moved, scale=None, range=ranges.multiply(ramp.range, operand.range))
        case "<<" if isinstance(operand, Int):
            return shifted("*", ramp, Int(1 << operand.value))
        case "%" if _positive(operand) and scale is not None:
            found = ranges.modulo(ramp.range, operand.range)
            lap = _lap(ramp, operation("*", scale, operand))
            jump = Change(ramp.source, reaches(Int(0)), lap)
            return replace(ramp, modulus=lap, range=found, wrapped=True, jumps=(*ramp.jumps, jump))
        case "&" if isinstance(operand, Int) and operand.value > 0:
            return _masked(ramp, operand.value)
    raise NotFollowedError(f"'{op}' of a value that changes with every tick has no simple moments of change")


def _masked(ramp: Ramp, mask: int) -> Ramp:
    """Return ``ramp & mask`` for a mask of adjacent ones, which is a slice at its original position."""
    low = (mask & -mask).bit_length() - 1
    width = (mask >> low).bit_length()
    if mask >> low != (1 << width) - 1:
        raise NotFollowedError("a mask on a value that changes with every tick needs its ones side by side")
    cut = bits(ramp, Int(low), width)
    assert isinstance(cut, Ramp)
    return shifted("<<", cut, Int(low)) if low else cut


def falling(value: Value, constant: Expr) -> Value:
    """``constant - value``."""
    if not isinstance(value, Ramp):
        return value
    reaches = value.reaches
    return replace(
        value,
        reaches=lambda t: reaches(operation("+", operation("-", constant, t), Int(1))),
        range=ranges.subtract(constant.range, value.range),
    )


def wrapped(value: Value, width: int, signed: bool, operand: Range) -> Value:
    """``uN(value)`` or ``sN(value)``."""
    if not isinstance(value, Ramp):
        return value
    result = Range.signed(width) if signed else Range.unsigned(width)
    if value.range.within(result):
        return value
    if value.scale is None:
        raise NotFollowedError("it wraps the multiple of a value that changes with every tick")
    modulus = _lap(value, operation("*", value.scale, Int(1 << width)))
    jump = Change(value.source, value.reaches(Int(1 << (width - 1) if signed else 0)), modulus)
    found = ranges.wrap(operand, width, signed)
    return replace(value, modulus=modulus, range=found, jumps=(*value.jumps, jump), wrapped=True)


def bits(value: Value, lsb: Expr, width: int) -> Value:
    """Bits ``lsb .. lsb+width-1`` of the value."""
    if not isinstance(value, Ramp):
        return value
    moved = value if lsb == Int(0) else shifted(">>", value, lsb)
    return wrapped(moved, width, False, moved.range)


def against(ramp: Ramp, op: CompareOp, threshold: Expr) -> Changes:
    """Return ``ramp op threshold`` for a threshold that does not depend on time."""
    here, above = ramp.crossing(threshold), ramp.crossing(operation("+", threshold, Int(1)))
    match op:
        case ">=" | "<":
            return (here, *ramp.jumps)
        case ">" | "<=":
            return (above, *ramp.jumps)
        case _:
            return (here, above, *ramp.jumps)


def same(threshold: Expr) -> Expr:
    """The ``reaches`` of a plain counter or clock."""
    return threshold


def _positive(expr: Expr) -> bool:
    return expr.range.lo is not None and expr.range.lo > 0


def _lap(ramp: Ramp, modulus: Expr) -> Expr:
    """Return the number of counts after which a ramp repeats once it is taken modulo something."""
    if not ramp.wrapped:
        return modulus
    if isinstance(ramp.modulus, Int) and isinstance(modulus, Int):
        common = gcd(ramp.modulus.value, modulus.value)
        if common in (ramp.modulus.value, modulus.value):
            return Int(common)
    raise NotFollowedError("it takes a remainder of a remainder of a value that changes with every tick")


def guarded(changes: Changes, guard: Expr) -> Changes:
    """Return the changes with ``guard`` added to the guard of each."""
    return tuple(
        replace(change, guard=guard if change.guard is None else Logic("and", (guard, change.guard)))
        for change in changes
    )


def negated(test: Expr) -> Expr:
    """``not test``."""
    return Unary("not", test, BOOL)


def _times(scale: Expr | None, factor: Expr) -> Expr | None:
    return None if scale is None else operation("*", scale, factor)


def operation(op: BinaryOp, left: Expr, right: Expr) -> Expr:
    """Return the operation, folded if both operands are constant."""
    if isinstance(left, Int) and isinstance(right, Int):
        return Int(_FOLD[op](left.value, right.value))
    if (op in "+-" and right == Int(0)) or (op in ("*", "//") and right == Int(1)) or (op == "<<" and right == Int(0)):
        return left
    if (op == "+" and left == Int(0)) or (op == "*" and left == Int(1)):
        return right
    return Binary(op, left, right, _RANGES[op](left.range, right.range))


_FOLD: Final[Mapping[BinaryOp, Callable[[int, int], int]]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "//": lambda a, b: a // b,
    "<<": lambda a, b: a << b,
}
