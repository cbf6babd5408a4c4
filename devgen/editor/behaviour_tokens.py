"""Words of a behaviour text and their places in the YAML file, for each style of scalar."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from devgen.editor.yaml_outline import Style

TokenKind = Literal["name", "number", "string", "operator", "comment"]

_TOKEN = re.compile(
    r"(?P<space>\s+)|(?P<comment>\#[^\n]*)|(?P<number>[0-9][0-9A-Za-z_.]*)|`(?P<quoted>[^`\n]*)`"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<operator><<=?|>>=?|//=?|[=!<>+\-*%&|^]=|[^\s\w])"
)
_DOUBLE_ESCAPE = re.compile(r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.DOTALL)
_HEADER = re.compile(r"[|>][^\n]*\n?")
_STRING = {
    "plain": re.compile(r"'[^'\n]*'|\"[^\"\n]*\""),
    "block": re.compile(r"'[^'\n]*'|\"[^\"\n]*\""),
    "single": re.compile(r"''[^'\n]*''|\"[^\"\n]*\""),
    "double": re.compile(r"'[^'\n]*'|\\\"[^\"\n]*\\\""),
}


@dataclass(slots=True, frozen=True)
class Token:
    """A word with its place in the file. ``text`` of a quoted name is the name; the place includes the backticks."""

    kind: TokenKind
    text: str
    start: int
    end: int
    quoted: bool = False


def tokens(text: str, start: int, end: int, style: Style) -> Iterator[Token]:
    """Yield the tokens of the scalar that stands from ``start`` to ``end`` of a file's text."""
    position, end = _content(text, start, end, style)
    strings = _STRING.get(style)
    while position < end:
        if style == "double" and text[position] == "\\" and text[position + 1 : position + 2] != '"':
            escape = _DOUBLE_ESCAPE.match(text, position, end)
            position = escape.end() if escape else end
            continue
        string = strings.match(text, position, end) if strings is not None else None
        if string is not None:
            yield Token("string", string.group(), position, string.end())
            position = string.end()
            continue
        match = _TOKEN.match(text, position, end)
        if match is None:
            position += 1
            continue
        position = match.end()
        if match.lastgroup != "space":
            yield _token(match)


def _token(match: re.Match[str]) -> Token:
    if match.lastgroup == "quoted":
        return Token("name", match["quoted"], match.start(), match.end(), quoted=True)
    kind: TokenKind = match.lastgroup  # type: ignore[assignment]  # the groups have the names of the kinds
    return Token(kind, match.group(), match.start(), match.end())


def _content(text: str, start: int, end: int, style: Style) -> tuple[int, int]:
    """Return the bounds of a scalar without its quotes or the header of a block."""
    if style == "block":
        header = _HEADER.match(text, start, end)
        return (header.end() if header else start), end
    if style in ("single", "double"):
        closed = end > start + 1 and text[end - 1] == text[start]
        return start + 1, end - 1 if closed else end
    return start, end
