"""Lines of Python: indentation, and the breaking of long ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from devgen.codegen.literals import WIDTH

INDENT: Final = "    "
_OPENING: Final = "([{"
_CLOSING: Final = ")]}"
_STATEMENTS: Final = ("if ", "elif ", "for ", "return ")


def indented(lines: Iterable[str]) -> list[str]:
    """The lines one level further in; empty ones stay empty."""
    return [INDENT + line if line else line for line in lines]


def fit(lines: Iterable[str], indent: int) -> list[str]:
    """Break the lines that would be too long behind ``indent`` more columns.

    A line is only ever broken at a space inside brackets and outside string literals, so what it means stays.
    """
    room = WIDTH - indent
    return [part for line in lines for part in ((line,) if len(line) <= room else _broken(line, room))]


def call(head: str, arguments: Iterable[str], room: int) -> list[str]:
    """``head(a, b)`` on one line if it fits into ``room`` columns, else one argument a line with a trailing comma."""
    parts = list(arguments)
    line = f"{head}({', '.join(parts)})"
    if len(line) <= room:
        return [line]
    return [f"{head}(", *(f"{INDENT}{part}," for part in parts), ")"]


def _broken(line: str, room: int) -> list[str]:
    body = line.lstrip(" ")
    lead = line[: len(line) - len(body)]
    head, expression, tail = _parts(body)
    if expression is None:
        return [line]
    inner = lead + INDENT
    return [f"{lead}{head}(", *_filled(expression, inner, room), f"{lead}){tail}"]


def _parts(body: str) -> tuple[str, str | None, str]:
    """Cut a statement into what comes before its expression, the expression, and what comes behind."""
    tail = ":" if body.endswith(":") else ""
    text = body[: len(body) - len(tail)]
    for word in _STATEMENTS:
        if text.startswith(word) and word != "for ":
            return word, text[len(word) :], tail
    for position, char, depth in _characters(text):
        if depth == 0 and char == "=" and text[position + 1 : position + 2] == " ":
            return text[: position + 2], text[position + 2 :], tail
        if depth == 0 and char == "(" and text.endswith(")"):
            return text[:position], text[position + 1 : -1], tail
    return body, None, ""


def _characters(text: str) -> Iterator[tuple[int, str, int]]:
    """Yield position, character and bracket depth of what is outside string literals."""
    depth, quote, position = 0, "", 0
    while position < len(text):
        char = text[position]
        if quote:
            if char == "\\":
                position += 1
            elif char == quote:
                quote = ""
        elif char in "\"'":
            quote = char
        else:
            yield position, char, depth
            depth += (char in _OPENING) - (char in _CLOSING)
        position += 1


def _filled(text: str, lead: str, room: int) -> list[str]:
    """Fill lines with the words of an expression; a break comes before an operator, behind a comma."""
    lines, current = [], lead
    for word in _words(text):
        if len(current) + len(word) + 1 > room and current != lead:
            lines.append(current.rstrip())
            current = lead
        current += word if current == lead else f" {word}"
    return [*lines, current]


def _words(text: str) -> Iterator[str]:
    """Cut at spaces outside strings, an operator staying with the operand behind it."""
    start = 0
    pending = ""
    for position in [*(at for at, char, _ in _characters(text) if char == " "), len(text)]:
        word = text[start:position]
        start = position + 1
        if word and not any(char.isalnum() or char in "\"'" for char in word) and word[-1] not in "([{,)":
            pending = f"{pending} {word}".strip()
            continue
        if word in ("and", "or", "if", "else", "not", "in", "is"):
            pending = f"{pending} {word}".strip()
            continue
        yield f"{pending} {word}" if pending else word
        pending = ""
    if pending:
        yield pending
