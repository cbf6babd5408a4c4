"""When an expression that follows time may change: the moments at which a level or an enable must be looked at again.

A level like ``mtime >= MTIMECMP`` changes without any access. Its value depends on a *ramp*, a value that counts up
with a counter or a clock. A comparison of a ramp with anything that stands still changes where the ramp reaches it
and where the ramp wraps around. `Follower.changes` finds these moments for a whole expression, through functions and
registers with a ``read``; a target arms a timer for the first of them, and looks again when it expires.

| expression (C counts modulo 2^w, T stands still) | may change when C reaches       |
|--------------------------------------------------|---------------------------------|
| ``C >= T``, ``C < T``                            | T, 0                            |
| ``C > T``, ``C <= T``                            | T + 1, 0                        |
| ``C == T``, ``C != T``                           | T, T + 1, 0                     |
| ``C >> s >= T``                                  | T << s, 0                       |
| ``s32(C - T) >= 0``                              | T and T + 2^31, both modulo 2^32 |
| ``C[7]``                                         | 0 and 2^7, both modulo 2^8      |
| ``C % m < T``                                    | T and 0 modulo m, 0             |

A moment may be one at which nothing changes; that costs a look and is otherwise harmless. What is not a comparison or
a bit of a ramp (``C ^ X``), compares two ramps, or reads guest memory, is refused with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import gcd
from typing import Final, Literal

from devgen.language.behaviour import ranges
from devgen.language.behaviour.expression_parts import indices
from devgen.language.behaviour.substitution import substitute
from devgen.language.ir import (
    BOOL,
    Apply,
    Binary,
    BinaryOp,
    BitsPlace,
    Builtin,
    Compare,
    CompareOp,
    Conditional,
    CounterPlace,
    Expr,
    FieldPlace,
    FifoQuery,
    Int,
    Load,
    LoadMemory,
    Logic,
    Now,
    Place,
    Range,
    RegisterPlace,
    Slice,
    Text,
    TextByte,
    TimerQuery,
    Unary,
    Wrap,
)
from devgen.language.model import Counter, Function, Register

MOST_NODES: Final = 20_000
"""Parts of one expression that are looked at, calls of functions included; a larger one is refused."""

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


Changes = tuple[Change, ...]


class NotFollowedError(Exception):
    """The expression cannot be followed; the message says why, as the end of a sentence."""


@dataclass(slots=True, frozen=True)
class _Ramp:
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
        return Change(self.source, self.reaches(threshold), self.modulus)


_Value = _Ramp | Changes


@dataclass(slots=True)
class Follower:
    """Finds the changes of one device's expressions. ``registers`` are by (file or None, name)."""

    functions: Mapping[str, Function]
    registers: Mapping[tuple[str | None, str], Register]
    counters: Mapping[str, Counter]
    _budget: int = field(default=MOST_NODES)
    _reading: list[tuple[str | None, str]] = field(default_factory=list)

    def changes(self, expr: Expr) -> Changes:
        """Return the moments at which the truth of ``expr`` may change by time alone; none if it depends on no time.

        Raises:
            NotFollowedError: there is no bounded set of such moments.
        """
        self._budget = MOST_NODES
        return tuple(dict.fromkeys(self._truth(expr)))

    # --- values ----------------------------------------------------------------------------

    def _truth(self, expr: Expr) -> Changes:
        value = self._value(expr)
        return _against(value, "!=", Int(0)) if isinstance(value, _Ramp) else value

    def _steps(self, expr: Expr, where: str) -> Changes:
        """The changes of an operand that may not be a ramp."""
        value = self._value(expr)
        if isinstance(value, _Ramp):
            raise NotFollowedError(f"{where} changes with every tick")
        return value

    def _value(self, expr: Expr) -> _Value:
        self._budget -= 1
        if self._budget < 0:
            raise NotFollowedError(f"it has more than {MOST_NODES:,} parts, functions included")
        match expr:
            case Int() | Text():
                return ()
            case Now():
                return _Ramp(expr, _same, None, Int(1), expr.range)
            case Load(place):
                return self._load(place)
            case Apply(function, arguments):
                body = self.functions.get(function)
                return () if body is None else self._value(_call(body, arguments))
            case Wrap(operand, width, signed):
                return self._wrap(self._value(operand), width, signed, operand.range)
            case Slice(operand, lsb, width):
                return self._slice(operand, lsb, width)
            case Unary("not", operand):
                return self._truth(operand)
            case Unary("-", operand):
                return self._falling(self._value(operand), Int(0))
            case Unary("~", operand):
                return self._falling(self._value(operand), Int(-1))
            case Binary():
                return self._binary(expr)
            case Compare(first, rest):
                return self._compare(first, rest)
            case _:
                return self._choice(expr)

    def _choice(self, expr: Expr) -> _Value:
        match expr:
            case Logic(op, operands):
                return self._short_circuit(op, operands)
            case Conditional(test, then, orelse):
                first = _guarded(self._steps(then, "a branch"), test)
                return self._truth(test) + first + _guarded(self._steps(orelse, "a branch"), _negated(test))
            case Builtin("bool", (operand,)):
                return self._truth(operand)
            case Builtin("min" | "max", arguments):
                return self._bounded(arguments)
            case Builtin(name, arguments):
                return _union(self._steps(one, f"the argument of {name}()") for one in arguments)
            case TimerQuery(index=index):
                return () if index is None else self._steps(index, "an index")
            case TextByte(_, index):
                return self._steps(index, "an index")
            case LoadMemory():
                raise NotFollowedError("it reads guest memory, which changes without the device's knowledge")
        assert isinstance(expr, FifoQuery)
        return ()

    def _short_circuit(self, op: Literal["and", "or"], operands: tuple[Expr, ...]) -> Changes:
        """An operand matters only while those before it are true (``and``) or false (``or``)."""
        found = self._truth(operands[0])
        for position, operand in enumerate(operands[1:], 1):
            before = operands[0] if position == 1 else Logic(op, operands[:position])
            found += _guarded(self._truth(operand), before if op == "and" else _negated(before))
        return found

    def _load(self, place: Place) -> _Value:
        match place:
            case CounterPlace(name, index):
                moved = () if index is None else self._steps(index, "an index")
                width = self.counters[name].width
                jumps = (Change(place, Int(0), Int(1 << width)), *moved)
                return _Ramp(place, _same, Int(1 << width), Int(1), Range.unsigned(width), jumps)
            case RegisterPlace():
                return self._register(place)
            case FieldPlace(register, _, lsb, width):
                return self._bits(self._load(register), Int(lsb), width, Range.unsigned(register.width))
            case BitsPlace(of, lsb, width):
                return self._bits(self._load(of), Int(lsb), width, Range(None, None))
        return _union(self._steps(one, "an index") for one in indices(place))

    def _register(self, place: RegisterPlace) -> _Value:
        """A register with a ``read`` is what that gives; inside its own ``read`` it is its storage."""
        key = (place.file, place.register)
        register = self.registers.get(key)
        moved = () if place.index is None else self._steps(place.index, "an index")
        if register is None or register.read is None or key in self._reading:
            return moved
        self._reading.append(key)
        try:
            value = self._value(substitute(register.read, {} if place.index is None else {"index": place.index}))
        finally:
            self._reading.pop()
        return replace(value, jumps=value.jumps + moved) if isinstance(value, _Ramp) else value + moved

    # --- arithmetic on ramps ------------------------------------------------------------------

    def _binary(self, expr: Binary) -> _Value:
        left, right = self._value(expr.left), self._value(expr.right)
        if isinstance(left, _Ramp) and isinstance(right, _Ramp):
            raise NotFollowedError("it computes with two values that both change with every tick")
        if isinstance(right, _Ramp):
            assert not isinstance(left, _Ramp)
            return self._mirrored(expr, right, left)
        if not isinstance(left, _Ramp):
            return left + right
        shifted = self._shifted(expr.op, left, expr.right)
        return replace(shifted, jumps=self._jumps(expr.op, left, expr.right) + right)

    def _mirrored(self, expr: Binary, ramp: _Ramp, steps: Changes) -> _Value:
        """The ramp stands on the right."""
        match expr.op:
            case "+" | "*" | "&":
                swapped = self._shifted(expr.op, ramp, expr.left)
                return replace(swapped, jumps=self._jumps(expr.op, ramp, expr.left) + steps)
            case "-":
                fallen = self._falling(ramp, expr.left)
                assert isinstance(fallen, _Ramp)
                return replace(fallen, jumps=fallen.jumps + steps)
        raise NotFollowedError(f"the right operand of '{expr.op}' changes with every tick")

    def _jumps(self, op: BinaryOp, ramp: _Ramp, operand: Expr) -> Changes:
        """The wraps of ``ramp op operand`` that `_shifted` does not know of yet."""
        if op != "%":
            return self._shifted(op, ramp, operand).jumps
        assert ramp.scale is not None  # else '%' is refused
        return (*ramp.jumps, Change(ramp.source, ramp.reaches(Int(0)), _lap(ramp, _op("*", ramp.scale, operand))))

    def _shifted(self, op: BinaryOp, ramp: _Ramp, operand: Expr) -> _Ramp:
        """``ramp op operand``, of an operand that stands still."""
        reaches, scale = ramp.reaches, ramp.scale
        match op:
            case "+":
                moved: Callable[[Expr], Expr] = lambda t: reaches(_op("-", t, operand))  # noqa: E731
                return replace(ramp, reaches=moved, range=ranges.add(ramp.range, operand.range))
            case "-":
                moved = lambda t: reaches(_op("+", t, operand))  # noqa: E731
                return replace(ramp, reaches=moved, range=ranges.subtract(ramp.range, operand.range))
            case "//" if _positive(operand):
                moved = lambda t: reaches(_op("*", t, operand))  # noqa: E731
                found = ranges.divide(ramp.range, operand.range)
                return replace(ramp, reaches=moved, scale=_times(scale, operand), range=found)
            case ">>":
                step = _op("<<", Int(1), operand)
                moved = lambda t: reaches(_op("<<", t, operand))  # noqa: E731
                found = ranges.shift_right(ramp.range, operand.range)
                return replace(ramp, reaches=moved, scale=_times(scale, step), range=found)
            case "*" if isinstance(operand, Int) and operand.value > 0:
                moved = lambda t: reaches(_op("-", Int(0), _op("//", _op("-", Int(0), t), operand)))  # noqa: E731
                return replace(ramp, reaches=moved, scale=None, range=ranges.multiply(ramp.range, operand.range))
            case "<<" if isinstance(operand, Int):
                return self._shifted("*", ramp, Int(1 << operand.value))
            case "%" if _positive(operand) and scale is not None:
                found = ranges.modulo(ramp.range, operand.range)
                return replace(ramp, modulus=_lap(ramp, _op("*", scale, operand)), range=found, wrapped=True)
            case "&" if isinstance(operand, Int) and operand.value > 0:
                return self._masked(ramp, operand.value)
        raise NotFollowedError(f"'{op}' of a value that changes with every tick has no simple moments of change")

    def _masked(self, ramp: _Ramp, mask: int) -> _Ramp:
        """``ramp & mask`` with ones side by side, which is a slice at its place."""
        low = (mask & -mask).bit_length() - 1
        width = (mask >> low).bit_length()
        if mask >> low != (1 << width) - 1:
            raise NotFollowedError("a mask on a value that changes with every tick needs its ones side by side")
        bits = self._bits(ramp, Int(low), width, ramp.range)
        assert isinstance(bits, _Ramp)
        return self._shifted("<<", bits, Int(low)) if low else bits

    def _falling(self, value: _Value, constant: Expr) -> _Value:
        """``constant - value``."""
        if not isinstance(value, _Ramp):
            return value
        reaches = value.reaches
        return replace(
            value,
            reaches=lambda t: reaches(_op("+", _op("-", constant, t), Int(1))),
            range=ranges.subtract(constant.range, value.range),
        )

    def _wrap(self, value: _Value, width: int, signed: bool, operand: Range) -> _Value:
        """``uN(value)`` or ``sN(value)``."""
        if not isinstance(value, _Ramp):
            return value
        result = Range.signed(width) if signed else Range.unsigned(width)
        if value.range.within(result):
            return value
        if value.scale is None:
            raise NotFollowedError("it wraps the multiple of a value that changes with every tick")
        modulus = _lap(value, _op("*", value.scale, Int(1 << width)))
        jump = Change(value.source, value.reaches(Int(1 << (width - 1) if signed else 0)), modulus)
        found = ranges.wrap(operand, width, signed)
        return replace(value, modulus=modulus, range=found, jumps=(*value.jumps, jump), wrapped=True)

    def _slice(self, operand: Expr, lsb: Expr, width: int) -> _Value:
        moved = self._steps(lsb, "the number of a bit")
        value = self._bits(self._value(operand), lsb, width, operand.range)
        return replace(value, jumps=value.jumps + moved) if isinstance(value, _Ramp) else value + moved

    def _bits(self, value: _Value, lsb: Expr, width: int, operand: Range) -> _Value:
        if not isinstance(value, _Ramp):
            return value
        shifted = value if lsb == Int(0) else self._shifted(">>", value, lsb)
        return self._wrap(shifted, width, False, shifted.range)

    def _bounded(self, arguments: tuple[Expr, ...]) -> _Value:
        """``min`` and ``max``: where the result crosses a threshold, its ramp crosses it too."""
        values = [self._value(one) for one in arguments]
        ramps = [one for one in values if isinstance(one, _Ramp)]
        steps = _union(one for one in values if not isinstance(one, _Ramp))
        if not ramps:
            return steps
        if len(ramps) > 1:
            raise NotFollowedError("it compares two values that both change with every tick")
        return replace(ramps[0], jumps=ramps[0].jumps + steps)

    def _compare(self, first: Expr, rest: tuple[tuple[CompareOp, Expr], ...]) -> Changes:
        (op, right), *others = rest
        found, left = self._pair(first, op, right), right
        for position, (op, right) in enumerate(others, 1):
            found += _guarded(self._pair(left, op, right), Compare(first, tuple(rest[:position])))
            left = right
        return found

    def _pair(self, left: Expr, op: CompareOp, right: Expr) -> Changes:
        one, two = self._value(left), self._value(right)
        if isinstance(one, _Ramp) and isinstance(two, _Ramp):
            raise NotFollowedError("it compares two values that both change with every tick")
        if isinstance(one, _Ramp):
            assert not isinstance(two, _Ramp)
            return _against(one, op, right) + two
        if isinstance(two, _Ramp):
            return _against(two, _MIRRORED[op], left) + one
        return one + two


_MIRRORED: Final[Mapping[CompareOp, CompareOp]] = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}


def _against(ramp: _Ramp, op: CompareOp, threshold: Expr) -> Changes:
    """``ramp op threshold``, of a threshold that stands still."""
    here, above = ramp.crossing(threshold), ramp.crossing(_op("+", threshold, Int(1)))
    match op:
        case ">=" | "<":
            return (here, *ramp.jumps)
        case ">" | "<=":
            return (above, *ramp.jumps)
        case _:
            return (here, above, *ramp.jumps)


def _call(function: Function, arguments: tuple[Expr, ...]) -> Expr:
    return substitute(function.body, dict(zip(function.parameters, arguments, strict=True)))


def _lap(ramp: _Ramp, modulus: Expr) -> Expr:
    """After how many counts a ramp repeats that is now taken modulo something: the smaller lap, if it fits."""
    if not ramp.wrapped:
        return modulus
    if isinstance(ramp.modulus, Int) and isinstance(modulus, Int):
        common = gcd(ramp.modulus.value, modulus.value)
        if common in (ramp.modulus.value, modulus.value):
            return Int(common)
    raise NotFollowedError("it takes a remainder of a remainder of a value that changes with every tick")


def _guarded(changes: Changes, guard: Expr) -> Changes:
    return tuple(
        replace(one, guard=guard if one.guard is None else Logic("and", (guard, one.guard))) for one in changes
    )


def _negated(test: Expr) -> Expr:
    return Unary("not", test, BOOL)


def _union(several: Iterable[Changes]) -> Changes:
    return tuple(change for changes in several for change in changes)


def _same(threshold: Expr) -> Expr:
    return threshold


def _positive(expr: Expr) -> bool:
    return expr.range.lo is not None and expr.range.lo > 0


def _times(scale: Expr | None, factor: Expr) -> Expr | None:
    return None if scale is None else _op("*", scale, factor)


def _op(op: BinaryOp, left: Expr, right: Expr) -> Expr:
    """The operation, computed where both operands are known."""
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
