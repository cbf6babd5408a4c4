"""Breaking a line never changes what it says; what a tree uses goes with it."""

from __future__ import annotations

import ast
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devgen.targets.python import source_tree as tree
from devgen.targets.python.lower_expr import conditional
from devgen.targets.python.printer import print_statements
from devgen.targets.python.python_literals import WIDTH
from devgen.targets.python.source_tree import Line, Node

NAMES = st.sampled_from(["a", "self.REGISTER", "value", "mask", "0xFFFF_FFFF", '"text, (with] = : if for"', "'it\\'s'"])


def listed(items: Sequence[Node]) -> Node:
    return tree.listing("[", items, "]")


def joined(op: str, level: int, left: Node, right: Node) -> Node:
    return tree.chain(level, (("", left.at(level + 1)), (op, right.at(level + 1))))


def turns(element: Node, count: Node) -> Node:
    return tree.comprehension("", "[", (element, Node(f"for index in range({count.text})")), "]")


def grown(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(inner, max_size=4)
    return st.one_of(
        st.builds(tree.binary, st.sampled_from(list(tree.LEVELS)), inner, inner),
        st.builds(joined, st.just("and"), st.just(tree.AND), inner, inner),
        st.builds(joined, st.just("or"), st.just(tree.OR), inner, inner),
        st.builds(joined, st.just("!="), st.just(tree.COMPARE), inner, inner),
        st.builds(conditional, inner, inner, inner),
        st.builds(tree.negation, inner),
        st.builds(tree.grouped, inner),
        st.builds(lambda node: tree.prefixed("~", node.at(tree.UNARY), tree.UNARY), inner),
        st.builds(tree.call, st.sampled_from(["call", "self.call"]), several),
        st.builds(lambda node: tree.call("call", (tree.keyword("key", node),)), inner),
        st.builds(lambda node: tree.suffixed(tree.call("call", (node,)), ".level"), inner),
        st.builds(tree.subscript, st.just("self.ARRAY"), inner),
        st.builds(listed, several),
        st.builds(lambda items: tree.listing("(", items, ")"), several),
        st.builds(turns, inner, inner),
    )


EXPRESSIONS = st.recursive(NAMES.map(Node), grown, max_leaves=14)
HEADS = [("self.X = ", ""), ("self.X &= ", ""), ("x = ", ""), ("return ", ""), ("if ", ":")]


def parsed(lines: list[str]) -> str:
    body = "".join(f"  {line}\n" for line in lines)
    return ast.dump(ast.parse(f"def f():\n{body}" + ("    pass\n" if lines[-1].endswith(":") else "")))


@settings(max_examples=400, deadline=None)
@given(EXPRESSIONS, st.sampled_from(HEADS), st.integers(10, 100))
def test_a_broken_line_means_the_same(node: Node, around: tuple[str, str], room: int) -> None:
    head, tail = around
    printed = print_statements([Line(head, node, tail)], WIDTH - room)
    assert parsed([line[WIDTH - room :] for line in printed]) == parsed([f"{head}{node.text}{tail}"])


def named(*names: str) -> list[Node]:
    return [Node(name) for name in names]


A, B, C, D = named("aaaa", "bbbb", "cccc", "dddd")
UNION = tree.binary("|", tree.binary("&", A, B), tree.binary("&", C, D))
SUM = tree.binary("+", tree.binary("+", A, B), C)
BREAKS = [
    ("self.X &= ", tree.prefixed("~", tree.grouped(UNION)), ["self.X &= ~(", "    (aaaa & bbbb) | (cccc & dddd)", ")"]),
    ("x = ", tree.subscript("self.A", SUM), ["x = self.A[", "    aaaa + bbbb + cccc", "]"]),
    ("", tree.call("self.call", (A, B, C)), ["self.call(", "    aaaa, bbbb, cccc", ")"]),
    ("x = ", tree.listing("(", (SUM,), ")"), ["x = (", "    aaaa + bbbb + cccc,", ")"]),
]


@pytest.mark.parametrize(("head", "node", "broken"), BREAKS, ids=[broken[0] for _, _, broken in BREAKS])
def test_where_a_line_breaks(head: str, node: Node, broken: list[str]) -> None:
    room = len(head) + len(node.text) - 1
    assert [text[WIDTH - room :] for text in print_statements([Line(head, node)], WIDTH - room)] == broken


def test_operands_stand_below_each_other_where_one_line_is_too_short() -> None:
    node = tree.chain(tree.AND, (("", Node("first_one")), ("and", Node("second_one"))))
    printed = print_statements([Line("if ", node, ":")], WIDTH - 20)
    assert [line[WIDTH - 20 :] for line in printed] == ["if (", "    first_one", "    and second_one", "):"]


def test_statements_know_the_locals_and_imports_that_they_use() -> None:
    made = tree.call("Counter", (tree.local("value"),), frozenset((tree.Import("m", "Counter"),)))
    body = (tree.block("if ", tree.local("mask"), (Line("self.x = ", made),)),)
    assert tree.uses(body) == {"mask", "value", tree.Import("m", "Counter")}


def test_a_comment_stands_behind_its_line_or_above_it() -> None:
    assert print_statements([Line("return ", Node("1"), comment="GO")], 4) == ["    return 1  # GO"]
    long = Line("return ", Node("x" * 105), comment="a long name")
    assert print_statements([long], 4) == ["    # a long name", f"    return {'x' * 105}"]


def test_a_tuple_that_fits_on_an_inner_line_only_has_a_line_for_each_item() -> None:
    items = [Node(f'("FIELD_{number}", {number}, 1)') for number in range(6)]
    lines = print_statements([Line("self.FIELDS = ", tree.listing("(", items, ")"))], 0)
    assert lines == ["self.FIELDS = (", *(f"    {item.text}," for item in items), ")"]
