"""How many steps a piece of behaviour may take: every expression and statement is one, loops and calls multiply."""

from __future__ import annotations

from collections.abc import Mapping

from devgen.language.behaviour.expression_parts import indices, whole
from devgen.language.behaviour.program import Owner
from devgen.language.ir import (
    Apply,
    Assign,
    CopyMemory,
    CounterOp,
    Declare,
    Do,
    Emit,
    Expr,
    FifoOp,
    FillMemory,
    For,
    If,
    Load,
    Pulse,
    Range,
    RegisterPlace,
    Send,
    Stmt,
    StoreMemory,
    TimerOp,
)

MOST_STEPS = 1_000_000
"""Steps of one entry point."""

_BYTES_A_STEP = 16
"""Of a block copied; of registers, which a device may be told to copy from, a byte costs more."""

_FILLED_A_STEP = 256
"""Bytes that are filled: there is nobody to ask for them."""

Costs = Mapping[Owner, int]
"""Steps of what can be called: functions, actions, computed registers, timers that may expire at once."""


def cost_of(body: Expr | tuple[Stmt, ...], costs: Costs) -> int:
    """Return the most steps that an expression or statements take."""
    if isinstance(body, tuple):
        return sum(_statement(one, costs) for one in body)
    return _expression(body, costs)


def _expression(expr: Expr, costs: Costs) -> int:
    total = 0
    for one in whole(expr):
        total += 1
        if isinstance(one, Apply):
            total += costs.get(("function", one.function), 0)
        elif isinstance(one, Load) and isinstance(one.place, RegisterPlace):
            name = f"{one.place.file}.{one.place.register}" if one.place.file else one.place.register
            total += costs.get(("read", name), 0)
    return total


def _statement(stmt: Stmt, costs: Costs) -> int:
    steps = 1 + sum(_expression(one, costs) for one in operands(stmt))
    match stmt:
        case If(_, then, orelse):
            return steps + max(cost_of(then, costs), cost_of(orelse, costs))
        case For(body=body, max_trips=trips):
            return steps + trips * (1 + cost_of(body, costs))
        case Do(action):
            return steps + costs.get(("action", action), 0)
        case TimerOp(timer, "arm"):
            return steps + costs.get(("expire", timer), 0)
        case CopyMemory(most=most):
            return steps + most // _BYTES_A_STEP
        case FillMemory(most=most):
            return steps + most // _FILLED_A_STEP
    return steps


def operands(stmt: Stmt) -> tuple[Expr, ...]:
    """Return the expressions that a statement itself evaluates, the indices of what it writes included."""
    match stmt:
        case Assign(place, value):
            return (*indices(place), value)
        case Declare(_, value) | Send(_, value):
            return (value,)
        case FifoOp(_, _, argument):
            return () if argument is None else (argument,)
        case If(test):
            return (test,)
        case For(_, start, stop):
            return (start, stop)
        case Do(_, arguments):
            return arguments
        case TimerOp(_, _, index, argument) | CounterOp(_, _, index, argument):
            return tuple(one for one in (index, argument) if one is not None)
        case Pulse(line):
            return indices(line)
        case Emit(_, named):
            return tuple(value for _, value in named)
        case StoreMemory(address, value):
            return (address, value)
        case CopyMemory("load", address, buffer, length):
            return (address, *indices(buffer), length)
        case CopyMemory(_, address, buffer, length):
            return (address, Load(buffer, Range.unsigned(8)), length)
        case FillMemory(buffer, length, value):
            return (*indices(buffer), length, value)


def blocks(stmt: Stmt) -> tuple[tuple[Stmt, ...], ...]:
    """Return the statements inside a statement."""
    match stmt:
        case If(_, then, orelse):
            return (then, orelse)
        case For(body=body):
            return (body,)
    return ()
