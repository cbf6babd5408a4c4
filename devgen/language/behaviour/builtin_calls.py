"""Checks calls of the built-in functions: ``min(...)``, ``popcount(...)``, ``u8(...)``, ``load32(...)``."""

from __future__ import annotations

import ast
from collections.abc import Callable

from devgen.language.behaviour import ranges
from devgen.language.behaviour.function_calls import FunctionCalls
from devgen.language.behaviour.number_types import as_bit
from devgen.language.ir import Builtin, Expr, Int, LoadMemory, Range, Wrap

ADDRESS = Range.unsigned(64)
"""Range of a guest physical address."""


def _extreme(calls: FunctionCalls, node: ast.Call, name: str) -> Expr | None:
    values = calls.arguments(node, 2, 16, f"{name}()")
    if values is None:
        return None
    pick, combine = (min, ranges.minimum) if name == "min" else (max, ranges.maximum)
    if all(isinstance(value, Int) for value in values):
        return Int(pick(value.range.lo or 0 for value in values))
    bounds = values[0].range
    for value in values[1:]:
        bounds = combine(bounds, value.range)
    return Builtin("min" if name == "min" else "max", tuple(values), bounds)


def _abs(calls: FunctionCalls, node: ast.Call, name: str) -> Expr | None:
    values = calls.arguments(node, 1, 1, f"{name}()")
    if values is None:
        return None
    value = Builtin("abs", tuple(values), ranges.absolute(values[0].range))
    return calls.folded(value, values[0], node)


def _bool(calls: FunctionCalls, node: ast.Call, name: str) -> Expr | None:
    if len(node.args) == 1 and not node.keywords:
        value = calls.truth(node.args[0])
        return None if value is None else as_bit(value)
    values = calls.arguments(node, 1, 1, f"{name}()")
    return None if values is None else as_bit(values[0])


def _popcount(calls: FunctionCalls, node: ast.Call, name: str) -> Expr | None:
    values = calls.arguments(node, 1, 1, f"{name}()")
    if values is None or not calls.unit.fits(values[0], Range.unsigned(256), "popcount()", node.args[0]):
        return None
    if isinstance(values[0], Int):
        return Int(values[0].value.bit_count())
    return Builtin("popcount", tuple(values), ranges.ones(values[0].range))


def _bit_length(calls: FunctionCalls, node: ast.Call, name: str) -> Expr | None:
    values = calls.arguments(node, 1, 1, f"{name}()")
    if values is None or not calls.unit.fits(values[0], Range.unsigned(256), "bit_length()", node.args[0]):
        return None
    if isinstance(values[0], Int):
        return Int(values[0].value.bit_length())
    return Builtin("bit_length", tuple(values), ranges.length(values[0].range))


def wrap_to_type(calls: FunctionCalls, node: ast.Call, name: str) -> Expr | None:
    """Check ``u8(x)`` or ``s8(x)``; ``name`` is the type."""
    values = calls.arguments(node, 1, 1, f"{name}()")
    if values is None:
        return None
    value, width, signed = values[0], int(name[1:]), name[0] == "s"
    whole = Range.signed(width) if signed else Range.unsigned(width)
    bounds = ranges.wrap(value.range, width, signed)
    if isinstance(value, Int):
        return Int(bounds.lo or 0)
    return value if value.range.within(whole) else Wrap(value, width, signed, bounds)


def load_memory(calls: FunctionCalls, node: ast.Call, name: str) -> Expr | None:
    """Check ``loadN(address)``."""
    values = calls.arguments(node, 1, 1, f"{name}()")
    if values is None or not calls.unit.fits(values[0], ADDRESS, "an address", node.args[0]):
        return None
    calls.unit.outward = True
    bits = int(name.removeprefix("load"))
    return LoadMemory(values[0], bits // 8, Range.unsigned(bits))


BUILTINS: dict[str, Callable[[FunctionCalls, ast.Call, str], Expr | None]] = {
    "min": _extreme,
    "max": _extreme,
    "abs": _abs,
    "bool": _bool,
    "popcount": _popcount,
    "bit_length": _bit_length,
}
