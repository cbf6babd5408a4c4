"""Breaking a line never changes what it says."""

from __future__ import annotations

import ast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from devgen.targets.python.line_breaking import fit
from devgen.targets.python.python_literals import WIDTH

NAMES = st.sampled_from(["a", "self.REGISTER", "value", "mask", "0xFFFF_FFFF", '"text, (with] = : if for"', "'it\\'s'"])


SHAPES = [
    *(f"{{0}} {operator} {{1}}" for operator in ("+", "&", "|", "<<", "and", "or", "!=", "*", "-")),
    "({0})", "~({0})", "(not ({0}))", "self.ARRAY[{0}]", "call({0})", "call({0}).level", "({0},)",
    "call({0}, key={1})", "[{0}, {1}]", "[{0} for index in range({1})]", "({0} if {1} else {2})",
]  # fmt: skip


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(str.format, st.sampled_from(SHAPES), inner, inner, inner)


EXPRESSIONS = st.recursive(NAMES, grown, max_leaves=14)
STATEMENTS = [
    "self.X = {}", "self.X &= {}", "self.X[i] |= {}", "x = {}", "return {}", "self.call({})", "if {}:", "elif {}:",
]  # fmt: skip


def parsed(lines: list[str], statement: str) -> str:
    body = "".join(f"  {line}\n" for line in lines)
    if statement.startswith("elif"):
        text = f"def f():\n  if x:\n    pass\n{body}    pass\n"
    else:
        text = f"def f():\n{body}" + ("    pass\n" if statement.endswith(":") else "")
    return ast.dump(ast.parse(text))


@settings(max_examples=400, deadline=None)
@given(EXPRESSIONS, st.sampled_from(STATEMENTS), st.integers(10, 100))
@example("a != b and c", "self.call({})", 10)
@example("a <= b or c", "self.X = call({})", 10)
@example("(a & b) | c", "self.X &= ~({})", 10)
def test_a_broken_line_means_the_same(expression: str, statement: str, room: int) -> None:
    line = statement.format(expression)
    assert parsed(fit([line], WIDTH - room), statement) == parsed([line], statement)


@pytest.mark.parametrize(
    ("line", "broken"),
    [
        ("self.X &= ~((aaaa & bbbb) | (cccc & dddd))", ["self.X &= ~(", "    (aaaa & bbbb) | (cccc & dddd)", ")"]),
        ("x = self.A[first + second + third]", ["x = self.A[", "    first + second + third", "]"]),
        ("self.call(first, second, third)", ["self.call(", "    first, second, third", ")"]),
        ("if first_one and second_one:", ["if (", "    first_one", "    and second_one", "):"]),
    ],
)
def test_where_a_line_breaks(line: str, broken: list[str]) -> None:
    room = max(len(line) - 1, 1) if "if" not in line else 20
    assert fit([line], WIDTH - room) == broken
