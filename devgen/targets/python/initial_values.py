"""Reset values as Python expressions."""

from __future__ import annotations

from devgen.language import ir
from devgen.language.typed_walk import names_local
from devgen.plan.reset_plan import Stored
from devgen.targets.python.lower_expr import Lowering
from devgen.targets.python.python_literals import hexadecimal
from devgen.targets.python.source_tree import MULTIPLY, UNARY, Node, call, chain, comprehension, listing


def initial_value(lowering: Lowering, stored: Stored) -> Node:
    """Return the reset value of an attribute: a number, a list of numbers, or an array of bytes."""
    if stored.resets:
        return listing("[", (Node(hexadecimal(value)) for value in stored.resets), "]")
    if stored.is_bytes and stored.count is not None:
        count = lowering.number(stored.count)
        return call("bytearray", (count if stored.reset == ir.Int(0) else _initial(lowering, stored),))
    return _initial(lowering, stored)


def _initial(lowering: Lowering, stored: Stored) -> Node:
    match stored.reset:
        case ir.Int(bits) if stored.kind == "register":
            value = Node(hexadecimal(bits))
        case reset:
            value = lowering.number(reset)
    if stored.count is None:
        return value
    if names_local(stored.reset, "index"):
        turns = Node(f"for index in range({lowering.number(stored.count).text})")
        return comprehension("", "[", (value, turns), "]")
    return chain(MULTIPLY, (("", listing("[", (value,), "]")), ("*", lowering.value(stored.count).at(UNARY))))
