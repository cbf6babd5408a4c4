"""The value of an expression right after a reset, where it is certain."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from devgen.common.quick_dataclass import dataclass
from devgen.language import ir

Certain = int | None
"""A value, or None if it is not certain."""

_BINARY: Final[Mapping[str, Callable[[int, int], int]]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "&": lambda left, right: left & right,
    "|": lambda left, right: left | right,
    "^": lambda left, right: left ^ right,
    ">>": lambda left, right: left >> right,
}
_COMPARE: Final[Mapping[str, Callable[[int, int], bool]]] = {
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


@dataclass(slots=True, frozen=True)
class ResetValues:
    """Evaluates expressions. ``registers`` and ``states`` have the resets that are certain, for all elements."""

    registers: Mapping[tuple[str | None, str], int]
    states: Mapping[str, int]

    def of(self, expr: ir.Expr) -> Certain:
        """Return the value of an expression."""
        match expr:
            case ir.Int(value):
                return value
            case ir.Load(place):
                return self._place(place)
            case ir.Slice(operand, ir.Int(lsb), width):
                found = self.of(operand)
                return None if found is None else found >> lsb & (1 << width) - 1
            case ir.Unary(op, operand):
                return _unary(op, self.of(operand))
            case ir.Binary(op, left, right) if op in _BINARY:
                return _both(_BINARY[op], self.of(left), self.of(right))
            case ir.Compare(first, ((op, right),)):
                return _both(_COMPARE[op], self.of(first), self.of(right))
            case ir.Logic(op, operands):
                return _logic(op, [self.of(operand) for operand in operands])
            case _:
                return None

    def _place(self, place: ir.Place) -> Certain:
        match place:
            case ir.RegisterPlace(name, _, file):
                return self.registers.get((file, name))
            case ir.FieldPlace(register, _, lsb, width):
                return _bits(self._place(register), lsb, width)
            case ir.BitsPlace(of, lsb, width):
                return _bits(self._place(of), lsb, width)
            case ir.StatePlace(name):
                return self.states.get(name)
            case _:
                return None


def _bits(value: Certain, lsb: int, width: int) -> Certain:
    return None if value is None else value >> lsb & (1 << width) - 1


def _unary(op: str, value: Certain) -> Certain:
    if value is None:
        return None
    return int(not value) if op == "not" else -value if op == "-" else ~value


def _both(combine: Callable[[int, int], int], left: Certain, right: Certain) -> Certain:
    return None if left is None or right is None else int(combine(left, right))


def _logic(op: str, values: list[Certain]) -> Certain:
    """Return a truth value: one operand may decide it alone."""
    deciding = op == "or"
    if any(value is not None and bool(value) == deciding for value in values):
        return int(deciding)
    return None if None in values else int(not deciding)
