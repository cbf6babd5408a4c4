"""Upper bound of the steps of behaviour: each expression and statement is one step, and loops and calls multiply."""

from __future__ import annotations

from collections.abc import Mapping

from devgen.language.behaviour.program import Owner
from devgen.language.ir import (
    Apply,
    CopyMemory,
    Do,
    Expr,
    FillMemory,
    For,
    If,
    Load,
    RegisterPlace,
    SendBytes,
    Stmt,
    TimerOp,
)
from devgen.language.typed_walk import expressions, operands

MOST_STEPS = 1_000_000
"""Most steps of an entry point."""

_BYTES_A_STEP = 16
"""Bytes of a copied block that count as one step; the address may be that of another device's registers."""

_FILLED_A_STEP = 256
"""Bytes of a filled block that count as one step: filling needs no access outside the device."""

Costs = Mapping[Owner, int]
"""Steps of each callee: functions, actions, computed registers, timers that may expire at once."""


def cost_of(body: Expr | tuple[Stmt, ...], costs: Costs) -> int:
    """Return the most steps that an expression or statements take."""
    if isinstance(body, tuple):
        return sum(_statement(statement, costs) for statement in body)
    return _expression(body, costs)


def _expression(expr: Expr, costs: Costs) -> int:
    total = 0
    for inner in expressions(expr):
        total += 1
        if isinstance(inner, Apply):
            total += costs.get(("function", inner.function), 0)
        elif isinstance(inner, Load) and isinstance(inner.place, RegisterPlace):
            name = f"{inner.place.file}.{inner.place.register}" if inner.place.file else inner.place.register
            total += costs.get(("read", name), 0)
    return total


def _statement(stmt: Stmt, costs: Costs) -> int:
    steps = 1 + sum(_expression(operand, costs) for operand in operands(stmt))
    match stmt:
        case If(_, then, orelse):
            return steps + max(cost_of(then, costs), cost_of(orelse, costs))
        case For(body=body, max_trips=trips):
            return steps + trips * (1 + cost_of(body, costs))
        case Do(action):
            return steps + costs.get(("action", action), 0)
        case TimerOp(timer, "arm"):
            return steps + costs.get(("expire", timer), 0)
        case CopyMemory(most=most) | SendBytes(most=most):
            return steps + most // _BYTES_A_STEP
        case FillMemory(most=most):
            return steps + most // _FILLED_A_STEP
    return steps
