"""Walks the typed form of behaviour (``devgen.language.ir``), from a table of the children of each kind of node.

A node is a statement, an expression or a place. ``children`` gives the nodes directly inside one, ``walk`` all of them,
and ``match`` tells the kinds apart:

    >>> from devgen.language import ir
    >>> from devgen.language.typed_walk import walk
    >>> assignment = ir.Assign(ir.StatePlace("credits", 8), ir.Int(3))
    >>> [type(node).__name__ for node in walk(assignment)]
    ['Assign', 'StatePlace', 'Int']

A new kind of node needs an entry in ``INSIDE``; a test compares the table with the dataclasses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias, cast, get_args

from devgen.language import ir

Node: TypeAlias = ir.Stmt | ir.Expr | ir.Place
Nodes: TypeAlias = Node | tuple["Nodes", ...] | None
"""A node, none, or several: a hook's statements, or tuples of them."""

INSIDE: Final[Mapping[type, tuple[str, ...]]] = {
    # places
    ir.RegisterPlace: ("index",),
    ir.FieldPlace: ("register",),
    ir.BitsPlace: ("of",),
    ir.WrittenPlace: ("register",),
    ir.StatePlace: ("index",),
    ir.FifoPlace: ("index",),
    ir.LocalPlace: (),
    ir.PropertyPlace: ("index",),
    ir.LinePlace: ("index",),
    ir.CounterPlace: ("index",),
    # expressions
    ir.Int: (),
    ir.Text: (),
    ir.Load: ("place",),
    ir.Unary: ("operand",),
    ir.Binary: ("left", "right"),
    ir.Compare: ("first", "rest"),
    ir.Logic: ("operands",),
    ir.FirstNonzero: ("operands",),
    ir.Conditional: ("test", "then", "orelse"),
    ir.Slice: ("operand", "lsb"),
    ir.Wrap: ("operand",),
    ir.Builtin: ("arguments",),
    ir.Apply: ("arguments",),
    ir.Now: (),
    ir.TimerQuery: ("index",),
    ir.FifoQuery: (),
    ir.StreamQuery: (),
    ir.LoadMemory: ("address",),
    ir.TextByte: ("text", "index"),
    # statements
    ir.Assign: ("place", "value"),
    ir.Declare: ("value",),
    ir.If: ("test", "then", "orelse"),
    ir.For: ("start", "stop", "body"),
    ir.Do: ("arguments",),
    ir.TimerOp: ("index", "argument"),
    ir.FifoOp: ("argument",),
    ir.CounterOp: ("index", "argument"),
    ir.Pulse: ("line",),
    ir.Emit: ("arguments",),
    ir.Send: ("value",),
    ir.SendBytes: ("buffer", "length"),
    ir.StoreMemory: ("address", "value"),
    ir.CopyMemory: ("address", "buffer", "length"),
    ir.FillMemory: ("buffer", "length", "value"),
}
"""For each kind of node, the attributes that hold nodes or tuples with nodes in them."""

_BACKWARDS: Final = {kind: names[::-1] for kind, names in INSIDE.items()}
_EXPRESSIONS: Final = frozenset(get_args(ir.Expr))
_PLACES: Final = frozenset(get_args(ir.Place))
_NO_NODES: Final = (str, type(None))
"""What an attribute may hold beside nodes: an operator, the name of an argument, or nothing."""


def children(node: Node) -> tuple[Node, ...]:
    """Return the nodes directly inside a node, in the order of its attributes."""
    found: list[Node] = []
    for name in INSIDE[type(node)]:
        _collect(getattr(node, name), found)
    return tuple(found)


def _collect(value: object, found: list[Node]) -> None:
    kind = type(value)
    if kind is tuple:
        for item in cast("tuple[object, ...]", value):
            _collect(item, found)
    elif kind not in _NO_NODES:
        found.append(cast("Node", value))


def walk(nodes: Nodes) -> Iterator[Node]:
    """Yield each node and everything inside it, in order, parents before children."""
    pending: list[Any] = [nodes]
    while pending:
        node = pending.pop()
        kind = type(node)
        if kind is tuple:
            pending.extend(reversed(node))
        elif kind not in _NO_NODES:
            yield node
            for name in _BACKWARDS[kind]:
                pending.append(getattr(node, name))


def expressions(node: Node) -> Iterator[ir.Expr]:
    """Yield every expression in a node, including itself and the indices of places."""
    for inner in walk(node):
        if type(inner) in _EXPRESSIONS:
            yield cast("ir.Expr", inner)


def operands(node: Node) -> tuple[ir.Expr, ...]:
    """Return the expressions that a node evaluates directly, including the indices of its places."""
    found: list[ir.Expr] = []
    for child in children(node):
        if type(child) in _EXPRESSIONS:
            found.append(cast("ir.Expr", child))
        elif type(child) in _PLACES:
            found += operands(child)
    return tuple(found)


def names_local(nodes: Nodes, name: str) -> bool:
    """Whether behaviour reads, assigns or declares a local, a parameter, or a name of a hook such as ``value``."""
    if not nodes:
        return False
    for node in walk(nodes):
        match node:
            case ir.LocalPlace(found) | ir.Declare(found) | ir.For(found) if found == name:
                return True
    return False
