"""Finds the moments at which an expression over time may change, so that a level or an enable is evaluated again.

A level like ``mtime >= MTIMECMP`` changes without any access. Its value depends on a *ramp*, a value that counts up
with a counter or a clock. A comparison of a ramp with a value that does not depend on time changes when the ramp
reaches this value and when the ramp wraps around. `ChangeFinder.changes` finds these moments for a whole expression,
through functions and registers with a ``read``; a target arms a timer for the first of them, and evaluates the
expression again when it expires.

| expression (C counts modulo 2^w, T is constant) | may change when C reaches       |
|--------------------------------------------------|---------------------------------|
| ``C >= T``, ``C < T``                            | T, 0                            |
| ``C > T``, ``C <= T``                            | T + 1, 0                        |
| ``C == T``, ``C != T``                           | T, T + 1, 0                     |
| ``C >> s >= T``                                  | T << s, 0                       |
| ``s32(C - T) >= 0``                              | T and T + 2^31, both modulo 2^32 |
| ``C[7]``                                         | 0 and 2^7, both modulo 2^8      |
| ``C % m < T``                                    | T and 0 modulo m, 0             |

The expression may be unchanged at such a moment, which only costs an evaluation. Other uses of a ramp (``C ^ X``),
comparisons of two ramps, and reads of guest memory are refused with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from typing import Final, Literal

from devgen.common.quick_dataclass import dataclass
from devgen.language.behaviour import ramps
from devgen.language.behaviour.ramps import Change, Changes, NotFollowedError, Ramp, Value
from devgen.language.behaviour.substitution import substitute
from devgen.language.ir import (
    Apply,
    Binary,
    BitsPlace,
    Builtin,
    Compare,
    CompareOp,
    Conditional,
    CounterPlace,
    Expr,
    FieldPlace,
    FifoQuery,
    FirstNonzero,
    Int,
    Load,
    LoadMemory,
    Logic,
    Now,
    Place,
    Range,
    RegisterPlace,
    Slice,
    StreamQuery,
    Text,
    TextByte,
    TimerQuery,
    Unary,
    Wrap,
)
from devgen.language.model import Counter, Device, Function, Register, RegisterFile
from devgen.language.typed_walk import operands

MOST_NODES: Final = 20_000
"""Most parts of an expression, including called functions; a larger expression is refused."""


@dataclass(slots=True)
class ChangeFinder:
    """Finds the changes of one device's expressions. ``registers`` are by (file or None, name)."""

    functions: Mapping[str, Function]
    registers: Mapping[tuple[str | None, str], Register]
    counters: Mapping[str, Counter]
    _budget: int = field(default=MOST_NODES)
    _reading: list[tuple[str | None, str]] = field(default_factory=list)

    def changes(self, expr: Expr, *, whole: bool = False) -> Changes:
        """Return the moments at which the truth of ``expr`` may change by time alone; none if it depends on no time.

        ``whole``: those at which its value may change.

        Raises:
            NotFollowedError: there is no bounded set of such moments.
        """
        self._budget = MOST_NODES
        return tuple(dict.fromkeys(self._steps(expr, "its value") if whole else self._truth(expr)))

    # --- values ----------------------------------------------------------------------------

    def _truth(self, expr: Expr) -> Changes:
        value = self._value(expr)
        return ramps.against(value, "!=", Int(0)) if isinstance(value, Ramp) else value

    def _steps(self, expr: Expr, where: str) -> Changes:
        """Return the changes of an operand that must not be a ramp."""
        value = self._value(expr)
        if isinstance(value, Ramp):
            raise NotFollowedError(f"{where} changes with every tick")
        return value

    def _value(self, expr: Expr) -> Value:
        self._budget -= 1
        if self._budget < 0:
            raise NotFollowedError(f"it has more than {MOST_NODES:,} parts, functions included")
        match expr:
            case Int() | Text():
                return ()
            case Now():
                return Ramp(expr, ramps.same, None, Int(1), expr.range)
            case Load(place):
                return self._load(place)
            case Apply(function, arguments):
                body = self.functions.get(function)
                return () if body is None else self._value(_call(body, arguments))
            case Wrap(operand, width, signed):
                return ramps.wrapped(self._value(operand), width, signed, operand.range)
            case Slice(operand, lsb, width):
                return self._slice(operand, lsb, width)
            case Unary("not", operand):
                return self._truth(operand)
            case Unary("-", operand):
                return ramps.falling(self._value(operand), Int(0))
            case Unary("~", operand):
                return ramps.falling(self._value(operand), Int(-1))
            case Binary():
                return self._binary(expr)
            case Compare(first, rest):
                return self._compare(first, rest)
            case _:
                return self._choice(expr)

    def _choice(self, expr: Expr) -> Value:
        match expr:
            case Logic(op, operands):
                return self._short_circuit(op, operands)
            case FirstNonzero((start, *others)):
                rest = others[0] if len(others) == 1 else FirstNonzero(tuple(others), expr.range)
                return self._choice(Conditional(start, start, rest, expr.range))
            case Conditional(test, then, orelse):
                first = ramps.guarded(self._steps(then, "a branch"), test)
                return self._truth(test) + first + ramps.guarded(self._steps(orelse, "a branch"), ramps.negated(test))
            case Builtin("bool", (operand,)):
                return self._truth(operand)
            case Builtin("min" | "max", arguments):
                return self._bounded(arguments)
            case Builtin(name, arguments):
                return _union(self._steps(argument, f"the argument of {name}()") for argument in arguments)
            case TimerQuery(index=index):
                return () if index is None else self._steps(index, "an index")
            case TextByte(_, index):
                return self._steps(index, "an index")
            case LoadMemory():
                raise NotFollowedError("it reads guest memory, which changes without the device's knowledge")
            case StreamQuery():
                raise NotFollowedError("it asks what the host takes, which changes without the device's knowledge")
        assert isinstance(expr, FifoQuery)
        return ()

    def _short_circuit(self, op: Literal["and", "or"], operands: tuple[Expr, ...]) -> Changes:
        """Return the changes of ``and`` or ``or``.

        An operand matters only if the operands before it do not decide the result.
        """
        found = self._truth(operands[0])
        for position, operand in enumerate(operands[1:], 1):
            before = operands[0] if position == 1 else Logic(op, operands[:position])
            found += ramps.guarded(self._truth(operand), before if op == "and" else ramps.negated(before))
        return found

    def _load(self, place: Place) -> Value:
        match place:
            case CounterPlace(name, index):
                moved = () if index is None else self._steps(index, "an index")
                width = self.counters[name].width
                jumps = (Change(place, Int(0), Int(1 << width)), *moved)
                return Ramp(place, ramps.same, Int(1 << width), Int(1), Range.unsigned(width), jumps)
            case RegisterPlace():
                return self._register(place)
            case FieldPlace(register, _, lsb, width):
                return ramps.bits(self._load(register), Int(lsb), width)
            case BitsPlace(of, lsb, width):
                return ramps.bits(self._load(of), Int(lsb), width)
        return _union(self._steps(operand, "an index") for operand in operands(place))

    def _register(self, place: RegisterPlace) -> Value:
        """Return the value of a register: the result of its ``read``, or its storage inside its own ``read``."""
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
        return replace(value, jumps=value.jumps + moved) if isinstance(value, Ramp) else value + moved

    # --- arithmetic on ramps ------------------------------------------------------------------

    def _binary(self, expr: Binary) -> Value:
        left, right = self._value(expr.left), self._value(expr.right)
        if isinstance(left, Ramp) and isinstance(right, Ramp):
            raise NotFollowedError("it computes with two values that both change with every tick")
        if isinstance(right, Ramp):
            assert not isinstance(left, Ramp)
            return self._mirrored(expr, right, left)
        if not isinstance(left, Ramp):
            return left + right
        shifted = ramps.shifted(expr.op, left, expr.right)
        return replace(shifted, jumps=shifted.jumps + right)

    def _mirrored(self, expr: Binary, ramp: Ramp, steps: Changes) -> Value:
        """Return ``operand op ramp``, with the ramp on the right."""
        match expr.op:
            case "+" | "*" | "&":
                swapped = ramps.shifted(expr.op, ramp, expr.left)
                return replace(swapped, jumps=swapped.jumps + steps)
            case "-":
                fallen = ramps.falling(ramp, expr.left)
                assert isinstance(fallen, Ramp)
                return replace(fallen, jumps=fallen.jumps + steps)
        raise NotFollowedError(f"the right operand of '{expr.op}' changes with every tick")

    def _slice(self, operand: Expr, lsb: Expr, width: int) -> Value:
        moved = self._steps(lsb, "the number of a bit")
        value = ramps.bits(self._value(operand), lsb, width)
        return replace(value, jumps=value.jumps + moved) if isinstance(value, Ramp) else value + moved

    def _bounded(self, arguments: tuple[Expr, ...]) -> Value:
        """Return ``min`` or ``max`` of a ramp: when the result crosses a threshold, the ramp crosses it too."""
        values = [self._value(argument) for argument in arguments]
        found = [value for value in values if isinstance(value, Ramp)]
        steps = _union(value for value in values if not isinstance(value, Ramp))
        if not found:
            return steps
        if len(found) > 1:
            raise NotFollowedError("it compares two values that both change with every tick")
        return replace(found[0], jumps=found[0].jumps + steps)

    def _compare(self, first: Expr, rest: tuple[tuple[CompareOp, Expr], ...]) -> Changes:
        (op, right), *others = rest
        found, left = self._pair(first, op, right), right
        for position, (op, right) in enumerate(others, 1):
            found += ramps.guarded(self._pair(left, op, right), Compare(first, tuple(rest[:position])))
            left = right
        return found

    def _pair(self, left: Expr, op: CompareOp, right: Expr) -> Changes:
        left_value, right_value = self._value(left), self._value(right)
        if isinstance(left_value, Ramp) and isinstance(right_value, Ramp):
            raise NotFollowedError("it compares two values that both change with every tick")
        if isinstance(left_value, Ramp):
            assert not isinstance(right_value, Ramp)
            return ramps.against(left_value, op, right) + right_value
        if isinstance(right_value, Ramp):
            return ramps.against(right_value, _MIRRORED[op], left) + left_value
        return left_value + right_value


def change_finder(device: Device) -> ChangeFinder:
    """Return the finder for the expressions of a checked device."""
    registers: dict[tuple[str | None, str], Register] = {}
    for region in device.regions:
        for entry in region.entries:
            match entry:
                case Register(name=name):
                    registers[None, name] = entry
                case RegisterFile(name=name, registers=members):
                    registers.update({(name, member.name): member for member in members})
    functions = {function.name: function for function in (*device.functions, *device.outputs)}
    return ChangeFinder(functions, registers, {counter.name: counter for counter in device.counters})


def _call(function: Function, arguments: tuple[Expr, ...]) -> Expr:
    return substitute(function.body, dict(zip(function.parameters, arguments, strict=True)))


def _union(several: Iterable[Changes]) -> Changes:
    return tuple(change for changes in several for change in changes)


_MIRRORED: Final[Mapping[CompareOp, CompareOp]] = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}
