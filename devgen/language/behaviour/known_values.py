"""Facts about values at one point of a text, and the facts that follow from a true or false test."""

from __future__ import annotations

from dataclasses import field

from devgen.common.quick_dataclass import dataclass
from devgen.language.behaviour import ranges
from devgen.language.behaviour.property_bounds import MOST, Fact, Linear, exact, uppers
from devgen.language.behaviour.storage import Storage, loads, storage
from devgen.language.ir import (
    Apply,
    Builtin,
    Compare,
    CompareOp,
    CounterPlace,
    Expr,
    FieldPlace,
    FifoPlace,
    FifoQuery,
    Load,
    LoadMemory,
    LocalPlace,
    Logic,
    Now,
    Place,
    Range,
    RegisterPlace,
    StatePlace,
    StreamQuery,
    TimerQuery,
    Unary,
)
from devgen.language.typed_walk import expressions, operands

_OPPOSITE: dict[CompareOp, CompareOp] = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_MIRRORED: dict[CompareOp, CompareOp] = {"==": "==", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}


@dataclass(slots=True)
class Flow:
    """Facts about locals by name, and about stored things by place.

    Facts about a place are dropped when it may have been written. Registers in ``volatile`` are computed and have no
    facts.
    """

    volatile: set[Storage]
    locals: dict[str, Fact] = field(default_factory=dict)
    stored: dict[Place, Range] = field(default_factory=dict)

    def copy(self) -> Flow:
        """Return an independent copy."""
        return Flow(self.volatile, dict(self.locals), dict(self.stored))

    def join(self, other: Flow) -> Flow:
        """Return the facts that hold after either of two paths. A local of only one path is out of scope."""
        named = {
            name: fact if fact is other.locals[name] else fact.join(other.locals[name])
            for name, fact in self.locals.items()
            if name in other.locals
        }
        stored = {
            place: ranges.join(bounds, other.stored[place])
            for place, bounds in self.stored.items()
            if place in other.stored
        }
        return Flow(self.volatile, named, stored)

    def forget(self, written: Storage) -> None:
        """Drop the facts that a write may have invalidated."""
        if self.stored:
            self.stored = {place: bounds for place, bounds in self.stored.items() if written not in _depends(place)}

    def upper(self, name: str) -> tuple[Linear, ...]:
        """Return the forms that bound a local."""
        fact = self.locals.get(name)
        return fact.upper if fact else ()

    def fact(self, value: Expr) -> Fact:
        """Return the facts about a value."""
        symbolic = tuple(form for form in uppers(value, self.upper) if form.terms)
        return Fact(value.range, symbolic[:MOST])

    def learn(self, place: Place, fact: Fact) -> None:
        """Record the value of a place, if the place keeps its value."""
        if isinstance(place, LocalPlace):
            self.locals[place.name] = fact
        elif isinstance(place, RegisterPlace | FieldPlace | StatePlace) and self._keeps(place):
            self.stored[place] = fact.range

    def _keeps(self, place: Place) -> bool:
        """Whether the place keeps its value until it, or something that its index depends on, is written."""
        named = list(expressions(place))
        return storage(place) not in self.volatile and not any(map(self._moves, named))

    def _moves(self, expr: Expr) -> bool:
        """Whether an expression may change without a write to a place in it: with time or by a called function."""
        if isinstance(expr, Load):
            return isinstance(expr.place, CounterPlace | FifoPlace) or storage(expr.place) in self.volatile
        return isinstance(expr, Apply | Now | TimerQuery | FifoQuery | StreamQuery | LoadMemory)


def _depends(place: Place) -> set[Storage]:
    """Return the storage whose writes invalidate facts about the place."""
    return {storage(place), *(stored for index in operands(place) for stored in loads(index))}


def assume(test: Expr, holds: bool, flow: Flow) -> None:
    """Add the facts that follow from ``test`` being true or false to ``flow``."""
    match test:
        case Unary("not", operand):
            assume(operand, not holds, flow)
        case Builtin("bool", (operand,)):
            assume(operand, holds, flow)
        case Logic(op, operands) if (op == "and") == holds:
            for operand in operands:
                assume(operand, holds, flow)
        case Logic(_, operands):
            _assume_any(operands, holds, flow)
        case Compare(first, ((op, second),)):
            _compare(first, op if holds else _OPPOSITE[op], second, flow)
        case Compare(first, rest) if holds:
            for op, second in rest:
                _compare(first, op, second, flow)
                first = second
        case Load(place, bounds):
            narrowed = _without(bounds, 0) if holds else ranges.exactly(0)
            _narrow(place, bounds, narrowed, (), flow)


def _assume_any(operands: tuple[Expr, ...], holds: bool, flow: Flow) -> None:
    """Add the facts that follow when at least one operand is true (or false): operands are tested in order."""
    result: Flow | None = None
    for operand in operands:
        branch = flow.copy()
        assume(operand, holds, branch)
        result = branch if result is None else result.join(branch)
        assume(operand, not holds, flow)
    if result is not None:
        flow.locals, flow.stored = result.locals, result.stored


def _compare(first: Expr, op: CompareOp, second: Expr, flow: Flow) -> None:
    before = flow.upper
    upper_first, upper_second = uppers(first, before), uppers(second, before)
    if isinstance(first, Load):
        _narrow_by(first, op, second, upper_second, flow)
    if isinstance(second, Load):
        _narrow_by(second, _MIRRORED[op], first, upper_first, flow)


def _narrow_by(load: Load, op: CompareOp, other: Expr, forms: tuple[Linear, ...], flow: Flow) -> None:
    """Narrow a load by ``load op other``, where ``other`` never exceeds any of ``forms``."""
    low, high = other.range.lo, other.range.hi
    symbolic = tuple(form for form in forms if form.terms)
    match op:
        case "<":
            allowed = Range(None, None if high is None else high - 1)
            symbolic = tuple(form.offset(-1) for form in symbolic)
        case "<=":
            allowed = Range(None, high)
        case ">" | ">=":
            allowed = Range(None if low is None else low + (op == ">"), None)
            symbolic = ()
        case "==":
            allowed = other.range
        case "!=":
            allowed = load.range if low is None or low != high else _without(load.range, low)
            symbolic = _excluded(load, other, flow)
    _narrow(load.place, load.range, allowed, symbolic, flow)


def _excluded(load: Load, other: Expr, flow: Flow) -> tuple[Linear, ...]:
    """Return the bounds of ``load != other``: a form that equals ``other`` goes down by one."""
    form = exact(other)
    if form is None or not form.terms or not isinstance(load.place, LocalPlace):
        return ()
    return (form.offset(-1),) if form in flow.upper(load.place.name) else ()


def _without(bounds: Range, value: int) -> Range:
    """Return the range without ``value``, if that is at one of its ends."""
    if bounds.lo == value:
        return Range(value + 1, bounds.hi)
    return Range(bounds.lo, value - 1) if bounds.hi == value else bounds


def _narrow(place: Place, bounds: Range, allowed: Range, symbolic: tuple[Linear, ...], flow: Flow) -> None:
    """Restrict a place's value to ``allowed``. A test that can never be true adds no facts."""
    if isinstance(place, LocalPlace):
        known = flow.locals.get(place.name)
        if known is None:
            return
        shared = ranges.meet(known.range, allowed)
        forms = tuple(dict.fromkeys((*symbolic, *known.upper)))[:MOST]
        flow.learn(place, Fact(shared or known.range, forms))
        return
    known_range = flow.stored.get(place, bounds)
    shared = ranges.meet(known_range, allowed)
    if shared is not None and shared != known_range:
        flow.learn(place, Fact(shared))
