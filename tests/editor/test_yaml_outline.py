from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from devgen.editor.yaml_outline import DEPTH_LIMIT, Node, node_at, scan

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted([*ROOT.glob("devices/*.yaml"), *ROOT.glob("examples/boards/*.yaml")])


def plain(node: Node, text: str) -> Any:
    """The node as plain data; a block of text is an empty text."""
    if node.style == "list":
        return [plain(child, text) for child in node.children]
    if node.style == "mapping":
        return {child.key: plain(child, text) for child in node.children}
    return " ".join(node.value(text).split()) if node.style != "block" else ""


def yaml_form(node: Any) -> Any:
    """The same of PyYAML's nodes."""
    if isinstance(node, yaml.SequenceNode):
        return [yaml_form(child) for child in node.value]
    if isinstance(node, yaml.MappingNode):
        return {key.value: yaml_form(value) for key, value in node.value}
    return " ".join(node.value.split()) if node.style not in ("|", ">") else ""


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_valid_text_has_the_outline_that_yaml_has(path: Path) -> None:
    text = path.read_text()
    assert plain(scan(text), text) == yaml_form(yaml.compose(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1 # why\nb: x # y", {"a": "1", "b": "x"}),
        ("a: 'it''s: #1'\nb: \"q: \\\" r\"", {"a": "it's: #1", "b": 'q: " r'}),
        ("a: |\n  x: 1\n\n  y\nb: 2", {"a": "", "b": "2"}),
        ("a:\n- x\n- y: 1\n  z: 2\nb: 3", {"a": ["x", {"y": "1", "z": "2"}], "b": "3"}),
        (
            "a: {b: [1, {c: 2}], 'd e': 3,\n  f: 4}\ng: 5",
            {"a": {"b": ["1", {"c": "2"}], "d e": "3", "f": "4"}, "g": "5"},
        ),
        ("a: one\n  two\nb: 1", {"a": "one two", "b": "1"}),
        ("a: &x {b: 1}\nc: *x", {"a": {"b": "1"}, "c": ""}),
        ("---\na: x:y\r\nb: 2\r\n", {"a": "x:y", "b": "2"}),
    ],
)
def test_a_text_has_these_keys_and_values(text: str, expected: object) -> None:
    assert plain(scan(text), text) == expected


@pytest.mark.parametrize(
    "broken",
    [
        "  A: {at: 0",
        "  A: {at: 0, fields: {E",
        "  A: 'not closed",
        '  A: "not closed',
        "  A: [1, 2",
        "  A",
        "  A: }",
        "\tA: 1",
        "  A: *",
        "  - A",
    ],
)
def test_a_broken_line_does_not_hide_the_lines_after_it(broken: str) -> None:
    text = f"registers:\n{broken}\n  B: {{at: 4}}\nstate:\n  s: {{width: 8}}\n"
    root = scan(text)
    assert root.child("registers", "B", "at") is not None
    assert root.child("state", "s", "width") is not None


def test_a_key_without_its_colon_is_incomplete() -> None:
    root = scan("a:\n  b: 1\n  acc\n")
    last = root.children[0].children[-1]
    assert (last.key, last.complete) == ("acc", False)


def test_the_deepest_node_at_a_place_is_found() -> None:
    text = "a: {b: {c: 12}}\nd: 3\n"
    found = node_at(scan(text), text.index("12"))
    assert found is not None and found.path == ("a", "b", "c")
    assert node_at(scan(text), len(text)) is None


@pytest.mark.parametrize("opening", ["{a: ", "[", "- ", "a:\n  "], ids=["braces", "brackets", "dashes", "keys"])
def test_nesting_is_followed_to_a_limit(opening: str) -> None:
    text = opening * 5000
    assert sum(1 for _ in scan(text).walk()) < 20_000
    assert DEPTH_LIMIT < 100


@pytest.mark.parametrize(
    "line", [" " * 200_000 + "a", "a" * 400_000, "'" * 200_000, "a: " + "{" * 100_000, ": " * 100_000]
)
def test_a_long_line_takes_time_in_proportion(line: str) -> None:
    """The test's own time limit is the assertion: a scan of quadratic cost would take minutes."""
    scan(line + "\nb: 1")


@given(st.text(alphabet="ab:-{}[]'\"#|>&*!,\n\r\t \\`é\U0001f600", max_size=60))
def test_no_text_fails_and_places_are_inside(text: str) -> None:
    for node in scan(text).walk():
        assert 0 <= node.start <= node.end <= len(text)
        assert 0 <= node.key_start <= node.key_end <= len(text)


@pytest.mark.parametrize("path", FILES[::4], ids=lambda path: path.name)
def test_every_beginning_of_a_file_can_be_scanned(path: Path) -> None:
    text = path.read_text()[:1500]
    for end in range(0, len(text), 7):
        scan(text[:end])
