"""Text of a stranger stays inside its literal, whatever it is."""

from __future__ import annotations

import ast
import tokenize
from io import BytesIO

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from devgen.build.source_paths import quoted_path, unquoted_path
from devgen.targets.python.python_literals import docstring, hexadecimal, plain, string

HOSTILE = [
    '"""\nimport os\n"""',
    "'''",
    "\\",
    'ends in a quote"',
    'ends in two ""',
    '\\"\\"\\"',
    "a\nb\r\nc\x0bd\x0ce\x85f\u2028g",
    "\x00\x1b[31m",
    "\ud800",
    "\u202e\u2066",
    "{{ 7 * 7 }} {% for x in y %}",
    "# comment: \r import os",
    "f'{1}'",
    "\\N{BULLET} \\x41 \\u0041",
    '  a\n    b"""\n  c \\\n  d"',
]


def test_an_indented_paragraph_of_a_docstring_keeps_its_lines() -> None:
    lines = docstring(["A table:", "  0x00  source\n    0x10  length\n  0x14  control", "The end."], 4)
    assert lines[2:6] == ("    0x00  source", "      0x10  length", "    0x14  control", "")


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("indent", [0, 4, 8])
def test_a_docstring_is_one_string_constant(text: str, indent: int) -> None:
    lines = docstring([text, text * 30], indent)
    tree = ast.parse("def f():\n" + "\n".join(f"    {line}" if line else "" for line in lines))
    (statement,) = tree.body[0].body  # type: ignore[attr-defined]
    assert isinstance(statement, ast.Expr)
    assert isinstance(statement.value, ast.Constant)


@given(st.lists(st.text(), max_size=4))
@example(HOSTILE)
def test_any_docstring_is_at_most_one_string_constant(paragraphs: list[str]) -> None:
    lines = docstring(paragraphs, 4)
    body = ast.parse("def f():\n" + "\n".join(f"    {line}" if line else "" for line in (*lines, "0"))).body[0].body  # type: ignore[attr-defined]
    assert len(body) == 1 + bool(lines)
    assert all(isinstance(one.value, ast.Constant) for one in body)


@given(st.text())
def test_a_string_literal_gives_the_text_back(text: str) -> None:
    literal = string(text)
    assert ast.literal_eval(literal) == text
    assert literal.isprintable()


@given(st.text())
@example("\n".join(HOSTILE))
def test_plain_text_stays_on_its_line(text: str) -> None:
    source = f"x = 1  # {plain(text)}\ny = 2\n"
    kinds = [token.type for token in tokenize.tokenize(BytesIO(source.encode()).readline)]
    assert kinds.count(tokenize.NAME) == 2
    assert kinds.count(tokenize.COMMENT) == 1


@given(st.text(st.characters(exclude_characters="\0")))
def test_a_path_survives_being_quoted(path: str) -> None:
    quoted = quoted_path(path.encode("utf-8", "replace").decode())
    assert quoted.isprintable()
    assert unquoted_path(quoted) == path.encode("utf-8", "replace").decode()


@pytest.mark.parametrize(("value", "text"), [(0, "0"), (9, "9"), (10, "0xA"), (0xDEAD, "0xDEAD")])
def test_numbers_from_ten_are_hexadecimal(value: int, text: str) -> None:
    assert hexadecimal(value) == text
