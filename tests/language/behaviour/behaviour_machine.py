"""A small interpreter of the IR over Python's integers, which checks every range that the compiler claimed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from devgen.language.behaviour.storage import storage
from devgen.language.ir import (
    Apply,
    Assign,
    Binary,
    BitsPlace,
    Builtin,
    Compare,
    Conditional,
    Declare,
    Do,
    Expr,
    FieldPlace,
    FirstNonzero,
    For,
    If,
    Int,
    Load,
    LocalPlace,
    Logic,
    Place,
    PropertyPlace,
    RegisterPlace,
    Slice,
    StatePlace,
    Stmt,
    Unary,
    Wrap,
)
from devgen.language.model import Action, Function
from devgen.language.typed_walk import operands

OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
    "&": lambda a, b: a & b,
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
    "<<": lambda a, b: a << b,
    ">>": lambda a, b: a >> b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
CALLS: dict[str, Callable[..., int]] = {
    "min": min,
    "max": max,
    "abs": abs,
    "bool": lambda a: int(bool(a)),
    "popcount": lambda a: a.bit_count(),
    "bit_length": lambda a: a.bit_length(),
}


@dataclass
class Machine:
    """Values by storage and element. ``draw(key, width)`` makes one that is met for the first time."""

    draw: Callable[[tuple[object, ...], int], int]
    properties: dict[str, int]
    counts: dict[tuple[str, str], int] = field(default_factory=dict)
    functions: dict[str, Function] = field(default_factory=dict)
    actions: dict[str, Action] = field(default_factory=dict)
    values: dict[tuple[object, ...], int] = field(default_factory=dict)
    locals: dict[str, int] = field(default_factory=dict)

    def value(self, expr: Expr) -> int:
        result = self.compute(expr)
        low, high = expr.range.lo, expr.range.hi
        assert (low is None or low <= result) and (high is None or result <= high), (expr, result)
        return result

    def compute(self, expr: Expr) -> int:
        match expr:
            case Int(value):
                return value
            case Load(place):
                return self.load(place)
            case Unary(op, operand):
                value = self.value(operand)
                return -value if op == "-" else ~value if op == "~" else int(not value)
            case Binary(op, left, right):
                return OPERATIONS[op](self.value(left), self.value(right))
            case Compare(first, rest):
                left = self.value(first)
                for op, second in rest:
                    right = self.value(second)
                    if not OPERATIONS[op](left, right):
                        return 0
                    left = right
                return 1
            case Logic("and", operands):
                return int(all(self.value(one) for one in operands))
            case Logic("or", operands):
                return int(any(self.value(one) for one in operands))
            case FirstNonzero(operands):
                return next((value for one in operands if (value := self.value(one))), 0)
            case Conditional(test, then, orelse):
                return self.value(then) if self.value(test) else self.value(orelse)
            case Slice(operand, lsb, width):
                return (self.value(operand) >> self.value(lsb)) & ((1 << width) - 1)
            case Wrap(operand, width, signed):
                value = self.value(operand) & ((1 << width) - 1)
                return value - (1 << width) if signed and value >> (width - 1) else value
            case Builtin(name, arguments):
                return CALLS[name](*map(self.value, arguments))
            case Apply(name, arguments):
                return self.apply(self.functions[name], [self.value(one) for one in arguments])
        raise AssertionError(expr)

    def apply(self, function: Function, arguments: list[int]) -> int:
        outer, self.locals = self.locals, dict(zip(function.parameters, arguments, strict=True))
        result = self.value(function.body)
        self.locals = outer
        return result

    # --- places ------------------------------------------------------------------------

    def key(self, place: Place) -> tuple[object, ...]:
        index = [self.value(one) for one in operands(place)]
        key = storage(place)
        if index:
            assert 0 <= index[0] < self.counts[key], (place, index)
        return (*key, *index)

    def load(self, place: Place) -> int:
        match place:
            case LocalPlace(name):
                return self.locals[name]
            case PropertyPlace(name):
                return self.properties[name]
            case FieldPlace(register, _, lsb, width):
                return (self.load(register) >> lsb) & ((1 << width) - 1)
            case BitsPlace(of, lsb, width):
                return (self.load(of) >> lsb) & ((1 << width) - 1)
        width = place.width if isinstance(place, RegisterPlace | StatePlace) else 1
        key = self.key(place)
        if key not in self.values:
            self.values[key] = self.draw(key, width)
        return self.values[key]

    def store(self, place: Place, value: int) -> None:
        match place:
            case LocalPlace(name):
                self.locals[name] = value
                return
            case FieldPlace(register=of, lsb=lsb, width=width) | BitsPlace(of=of, lsb=lsb, width=width):
                assert 0 <= value < 1 << width
                self.store(of, self.load(of) & ~(((1 << width) - 1) << lsb) | value << lsb)
                return
        width = place.width if isinstance(place, RegisterPlace | StatePlace) else 1
        assert 0 <= value < 1 << width
        self.values[self.key(place)] = value

    # --- statements --------------------------------------------------------------------

    def run(self, stmts: tuple[Stmt, ...]) -> None:
        for stmt in stmts:
            self.step(stmt)

    def step(self, stmt: Stmt) -> None:
        match stmt:
            case Assign(place, value):
                self.store(place, self.value(value))
            case Declare(name, value):
                self.locals[name] = self.value(value)
            case If(test, then, orelse):
                self.run(then if self.value(test) else orelse)
            case For(name, start, stop, body, trips):
                turns = range(self.value(start), self.value(stop))
                assert len(turns) <= trips
                for turn in turns:
                    self.locals[name] = turn
                    self.run(body)
            case Do(action, arguments):
                given = [self.value(one) for one in arguments]
                outer, self.locals = self.locals, dict(zip(self.actions[action].parameters, given, strict=True))
                self.run(self.actions[action].body)
                self.locals = outer
            case _:
                raise AssertionError(stmt)
