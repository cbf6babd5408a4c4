from __future__ import annotations

import pytest

from devgen.editor.text_lines import Encoding, TextLines

EMOJI = "\U0001f600"
TEXT = f"abc\r\né{EMOJI}x\rlast"


@pytest.mark.parametrize(
    ("encoding", "character"), [("utf-8", 6), ("utf-16", 3), ("utf-32", 2)], ids=["utf-8", "utf-16", "utf-32"]
)
def test_positions_count_the_units_of_their_encoding(encoding: Encoding, character: int) -> None:
    lines = TextLines(TEXT, encoding)
    assert lines.position(TEXT.index("x")) == (1, character)
    assert lines.offset(1, character) == TEXT.index("x")


@pytest.mark.parametrize(
    ("line", "character", "offset"),
    [
        (0, 0, 0),
        (0, 99, 3),
        (-3, 5, 0),
        (0, -3, 0),
        (1, 2, TEXT.index(EMOJI)),  # in the middle of a character: at its start
        (2, 4, len(TEXT)),
        (2**31, 2**31, len(TEXT)),
    ],
)
def test_positions_outside_the_text_move_into_it(line: int, character: int, offset: int) -> None:
    assert TextLines(TEXT).offset(line, character) == offset


def test_the_three_ends_of_lines_count_as_one_each() -> None:
    assert [TextLines(TEXT).line(number) for number in range(-1, 4)] == ["", "abc", f"é{EMOJI}x", "last", ""]


@pytest.mark.parametrize("text", ["ab\ncd\nef", "ab\r\ncd\r\nef", "ab\rx\ncd\ref"])
def test_the_place_of_a_diagnostic_counts_line_feeds(text: str) -> None:
    assert text[TextLines(text).marked(2, 2)] == "d"


def test_a_place_behind_the_end_is_the_end() -> None:
    assert TextLines("ab\r\ncd").marked(99, 99) == 6
