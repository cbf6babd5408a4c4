"""Text for a terminal from values that come from a description.

Values are truncated and control characters are replaced, so that a description cannot manipulate a terminal or a log.
This belongs to the language and not to the command, since the API, the pytest plugin and the command show the same
messages.
"""

from __future__ import annotations

from collections.abc import Sequence

_VALUE_LIMIT = 80
_SENTENCE = 3
"""How many times the length of a word a text of several words may have."""

_EXCERPT_LIMIT = 110
_ALLOWED_LIMIT = 12


def plural(number: int, noun: str) -> str:
    """Return a number with its noun: ``no entries``, ``1 entry``, ``2 entries``."""
    if number == 1:
        return f"1 {noun}"
    many = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number or 'no'} {many}"


def printable(value: object, limit: int = _VALUE_LIMIT) -> str:
    """Return ``value`` as text of bounded length without control characters (they show as ``\\xNN``).

    A text of words may be three times as long as a single word, and is cut between two words.
    """
    text = value if isinstance(value, str) else _number_or_text(value)
    if len(text) > limit:
        text = _shortened(text, limit)
    return text if text.isprintable() else "".join(map(_escaped, text))


def _shortened(text: str, limit: int) -> str:
    if len(text) <= _SENTENCE * limit and max(map(len, text.split(" "))) <= limit:
        return text
    words = text[: _SENTENCE * limit - 3].rpartition(" ")[0]
    fits = bool(words) and max(map(len, words.split(" "))) <= limit
    return f"{words} ..." if fits else f"{text[: limit - 3]}..."


def _number_or_text(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 256:
        return f"a number of {value.bit_length()} bits"
    return str(value)


def _escaped(char: str) -> str:
    return char if char.isprintable() else ascii(char)[1:-1]


def visible(line: str) -> str:
    """Return a source line in which each character has one column: tabs and control characters become a space."""
    return line if line.isprintable() else "".join(char if char.isprintable() else " " for char in line)


def window_of(text: str, column: int) -> tuple[str, int]:
    """Cut a long line to the part around ``column`` (from 0); return it with the column inside it."""
    column = min(column, len(text))
    if len(text) <= _EXCERPT_LIMIT:
        return text, column
    start = max(0, column - _EXCERPT_LIMIT // 2)
    return text[start : start + _EXCERPT_LIMIT], column - start


def joined(words: Sequence[str]) -> str:
    """Return words separated by commas. A long list is truncated and ends with the number of omitted words."""
    more = len(words) - _ALLOWED_LIMIT
    return ", ".join(words[:_ALLOWED_LIMIT]) + (f" and {more} more" if more > 0 else "")
