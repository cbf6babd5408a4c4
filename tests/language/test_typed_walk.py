"""The walk over the typed form: it reaches every node, and its table holds every attribute that can have one."""

from __future__ import annotations

import dataclasses
from typing import get_args, get_type_hints

import pytest

from devgen.language import ir
from devgen.language.typed_walk import INSIDE, Node, children, names_local, operands, walk

KINDS = get_args(Node)
INDEX = ir.Load(ir.LocalPlace("index"), ir.Range(0, 3))
ELEMENT = ir.RegisterPlace("COUNT", 32, "CHANNEL", INDEX)


def may_hold_a_node(hint: object) -> bool:
    return hint in KINDS or any(may_hold_a_node(inner) for inner in get_args(hint))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_the_table_names_every_attribute_that_can_hold_a_node(kind: type) -> None:
    hints = get_type_hints(kind)
    held = tuple(field.name for field in dataclasses.fields(kind) if may_hold_a_node(hints[field.name]))
    assert INSIDE[kind] == held


def test_the_table_has_no_other_kinds() -> None:
    assert set(INSIDE) == set(KINDS)


def test_parents_come_first_and_the_rest_in_order() -> None:
    body = ir.If(
        INDEX, (ir.Assign(ir.FieldPlace(ELEMENT, "EN", 0, 1), ir.Int(1)),), (ir.Emit("DONE", (("x", ir.Int(2)),)),)
    )
    names = [type(node).__name__ for node in walk((None, (body,)))]
    assert names == [
        *(
            "If",
            "Load",
            "LocalPlace",
            "Assign",
            "FieldPlace",
            "RegisterPlace",
            "Load",
            "LocalPlace",
            "Int",
            "Emit",
            "Int",
        )
    ]


def test_a_chain_of_comparisons_gives_its_operands_and_not_its_operators() -> None:
    assert children(ir.Compare(ir.Int(1), (("<", ir.Int(2)), ("<", ir.Int(3))))) == (ir.Int(1), ir.Int(2), ir.Int(3))


def test_operands_are_what_a_statement_evaluates_itself() -> None:
    inner = ir.Assign(ELEMENT, ir.Int(5))
    assert operands(inner) == (INDEX, ir.Int(5))
    assert operands(ir.If(ir.Int(1), (inner,))) == (ir.Int(1),)


@pytest.mark.parametrize(
    ("nodes", "name", "named"),
    [
        (INDEX, "index", True),
        (INDEX, "value", False),
        ((ir.Declare("n", ir.Int(0)),), "n", True),
        (((), (ir.For("i", ir.Int(0), ir.Int(4), (), 4),)), "i", True),
        (ir.StatePlace("index", 8), "index", False),
    ],
)
def test_names_of_locals_are_found_and_no_others(nodes: Node, name: str, named: bool) -> None:
    assert names_local(nodes, name) is named


def test_depth_is_no_limit() -> None:
    deep: ir.Expr = ir.Int(1)
    for _ in range(10_000):
        deep = ir.Unary("-", deep, ir.Range(-1, 1))
    assert sum(1 for _ in walk(deep)) == 10_001
