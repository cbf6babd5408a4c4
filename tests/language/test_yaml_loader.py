"""From text to a plain tree: what scalars mean, and where everything stands."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devgen.language.diagnostics.diagnostic import Kind
from devgen.language.diagnostics.reporting import Diagnostics
from devgen.language.reading.source_map import Sources
from devgen.language.reading.yaml_scalars import parse_scalar
from devgen.language.reading.yaml_tree import load_tree


def load(text: str) -> tuple[dict[str, Any], Sources, Diagnostics]:
    sources = Sources()
    sink = Diagnostics(lines=sources.line)
    tree = load_tree(sources.add("x.yaml", text), sources, sink)
    assert tree is not None, [str(one) for one in sink.finish()]
    sources.keep.append(tree)
    return tree, sources, sink


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        ("-12", -12),
        ("0", 0),
        ("0x1c", 28),
        ("0xFE00_1000", 0xFE001000),
        ("0b101", 5),
        ("0o17", 15),
        ("1_000", 1000),
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("'12'", "12"),
        ('"true"', "true"),
        *((word, word) for word in ("on", "off", "yes", "no", "True", "FALSE", "NULL", "y")),
        *((word, word) for word in ("12:30:45", "1.5", "1e3", "2024-01-01", "4 KiB", "1..4", "7:0", "+5")),
        *((word, word) for word in ("0x", "0xg", "0b2", "1_", "_1", "1__0", ".inf", "0X1C")),
    ],
)
def test_scalars(text: str, value: object) -> None:
    tree, _, sink = load(f"a: {text}")
    assert tree["a"] == value
    assert type(tree["a"]) is type(value)
    assert not sink.failed


@pytest.mark.parametrize("text", ["010", "-010", "00", "0_1", "0777"])
def test_leading_zeros_are_refused(text: str) -> None:
    assert [one.code for one in load(f"a: {text}")[2].finish()] == ["DG0301"]


@pytest.mark.parametrize("text", ["0x10000000000000000", "-9223372036854775809", "9" * 5000, "0x" + "f" * 5000])
def test_numbers_over_64_bits_are_refused(text: str) -> None:
    assert [one.code for one in load(f"a: {text}")[2].finish()] == ["DG0302"]


@pytest.mark.parametrize("text", ["0xffffffffffffffff", "-9223372036854775808"])
def test_numbers_of_64_bits_are_not(text: str) -> None:
    assert load(f"a: {text}")[0]["a"] == int(text, 0)


@given(st.integers(-(1 << 63), (1 << 64) - 1))
def test_every_way_to_write_a_number(value: int) -> None:
    sign = "-" if value < 0 else ""
    for text in (
        f"{value}",
        f"{sign}{abs(value):#x}",
        f"{value:_}",
        f"{sign}{abs(value):#o}",
        f"{sign}{abs(value):#b}",
    ):
        assert parse_scalar(text) == value


@given(st.text(max_size=30))
def test_any_text_is_something(text: str) -> None:
    assert isinstance(parse_scalar(text), str | int | bool | None | Kind)


def test_keys_are_text_as_written() -> None:
    assert list(load("0: a\n0x1: b\ntrue: c\nrom: d\n'': e\n")[0]) == ["0", "0x1", "true", "rom", ""]


def test_aliases_share_and_point_to_their_anchor() -> None:
    tree, sources, _ = load("a: &x {k: 1}\nb: *x\nc: &s word\nd: *s\n")
    assert tree["b"] is tree["a"]
    assert sources.value_mark(tree, "b").line == 1
    assert tree["d"] == "word"
    assert sources.value_mark(tree, "d").line == 3


def test_marks_of_keys_and_values() -> None:
    tree, sources, _ = load("a: 1\nbc:\n  - x\n  - {d: 'e'}\n")
    place = {}
    for node, key in ((tree, "a"), (tree, "bc"), (tree["bc"], 0), (tree["bc"], 1), (tree["bc"][1], "d")):
        mark, value = sources.key_mark(node, key), sources.value_mark(node, key)
        place[key] = (mark.line, mark.column, value.line, value.column)
    assert place == {"a": (1, 1, 1, 4), "bc": (2, 1, 3, 3), 0: (3, 5, 3, 5), 1: (4, 5, 4, 5), "d": (4, 6, 4, 9)}


BLOCKS = [
    ("plain", "k: one two @ three\n", (1, 9), (1, 12)),
    ("plain over lines", "k:\n  one\n  two @\n  three\n", (1, 9), (3, 7)),
    ("single quotes", "k: 'it''s one @ two'\n", (1, 10), (1, 15)),
    ("double quotes", 'k: "a \\"b\\" \\u0041 @"\n', (1, 9), (1, 20)),
    ("double quotes over lines", 'k: "one\n  two\\\n  @"\n', (1, 8), (3, 3)),
    ("literal", "k: |\n  one\n    two @\n\n  three\n", (2, 7), (3, 9)),
    ("literal with blank lines", "k: |\n\n  one\n\n  @\n", (4, 1), (5, 3)),
    ("literal with indicator", "k: |2\n    one @\n", (1, 7), (2, 9)),
    ("literal, stripped and with a comment", "k: |-  # why\n  one @\n", (1, 5), (2, 7)),
    ("folded", "k: >\n  one\n  two @\n", (1, 9), (3, 7)),
    ("anchored", "k: &x |\n  @\n", (1, 1), (2, 3)),
    ("carriage returns", "k: |\r\n  one\r\n  @\r\n", (2, 1), (3, 3)),
    ("beyond the basic plane", "k: '\U0001f600 @'\n", (1, 3), (1, 7)),
]


@pytest.mark.parametrize(("name", "text", "inside", "outside"), BLOCKS, ids=[block[0] for block in BLOCKS])
def test_a_place_inside_a_scalar(name: str, text: str, inside: tuple[int, int], outside: tuple[int, int]) -> None:
    tree, sources, _ = load(text)
    value = tree["k"]
    lines = value[: value.index("@")].split("\n")
    assert (len(lines), len(lines[-1]) + 1) == inside
    mark = sources.text(tree, "k", value).at(*inside)
    assert (mark.line, mark.column) == outside


@given(st.text(alphabet="ab \n'\"\\:#", max_size=40), st.integers(1, 5), st.integers(1, 40))
def test_a_place_inside_any_scalar_is_a_place_in_the_file(value: str, line: int, column: int) -> None:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    tree, sources, _ = load(f'k: "{escaped}"\n')
    assert tree["k"] == value
    mark = sources.text(tree, "k", value).at(line, column)
    assert mark.line == 1
    assert 4 <= mark.column <= len(f'k: "{escaped}"') + 1


def test_nothing_of_a_tag_is_run(tmp_path: object) -> None:
    for tag in ("!!python/object/apply:os._exit [1]", "!!python/name:os.system", "!!binary aGk=", "!local x"):
        assert [one.code for one in load(f"a: {tag}\nb: 1\n")[2].finish()] == ["DG0108"]


def test_problems_are_read_past() -> None:
    tree, _, sink = load("a: 1\na: 2\nb: !x 3\nc: 010\nd: *none\n? [x]\n: 1\n<<: {}\n")
    assert tree == {"a": 1, "b": 3, "c": None, "d": None}
    assert [one.code for one in sink.finish()] == ["DG0109", "DG0108", "DG0301", "DG0113", "DG0115", "DG0114"]
