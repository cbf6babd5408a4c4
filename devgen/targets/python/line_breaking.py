"""Lines of Python: indentation, and the breaking of long ones the way common formatters do.

A line is only ever broken at a space or bracket outside string literals, inside brackets that stand there or that are
put there for it, so its meaning stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from devgen.targets.python.python_literals import WIDTH

INDENT: Final = "    "
_OPENING: Final = "([{"
_CLOSING: Final = ")]}"
_WORDS: Final = ("return ", "if ", "elif ")
_ASSIGNMENTS: Final = frozenset(("=", "|=", "&=", "^=", "+=", "-=", "*=", "//=", "%=", "<<=", ">>="))

# Where an expression is broken first: at its weakest operators, each of which then begins a line.
_WEAKEST_FIRST: Final = (
    ("if", "else"),
    ("or",),
    ("and",),
    ("==", "!=", "<", "<=", ">", ">="),
    ("|",),
    ("^",),
    ("&",),
    ("<<", ">>"),
    ("+", "-"),
    ("*", "//", "%"),
)


def indented(lines: Iterable[str]) -> list[str]:
    """The lines one level further in; empty ones stay empty."""
    return [INDENT + line if line else line for line in lines]


def fit(lines: Iterable[str], indent: int) -> list[str]:
    """Break the lines that would be too long behind ``indent`` more columns."""
    room = WIDTH - indent
    return [part for line in lines for part in ((line,) if len(line) <= room else _broken(line, room))]


def enclosed(head: str, items: list[str], tail: str, room: int) -> list[str]:
    """``head`` (ending in its bracket), ``items``, ``tail``: on one line if there is room and but one item.

    With more, each has a line of its own.
    """
    comma = "" if tail == "}" else ","  # a tuple of one needs it; a mapping of one would be broken for it
    line = f"{head}{items[0]}{comma}{tail}" if len(items) == 1 else ""
    if line and len(line) <= room:
        return [line]
    return [head, *fit((f"{INDENT}{one}," for one in items), WIDTH - room), tail]


def _broken(line: str, room: int) -> list[str]:
    body = line.lstrip(" ")
    lead = line[: len(line) - len(body)]
    head, expression, tail = _cut(body)
    bracket = _last_bracket(expression)
    if bracket is not None and not _operators(expression):
        before, inner = expression[: bracket + 1], expression[bracket + 1 : -1]
        listed = _takes_commas(expression, bracket)
        parts = _items(inner, lead + INDENT, room) if listed else _operands(inner, lead + INDENT, room)
        return [f"{lead}{head}{before}", *parts, f"{lead}{expression[-1]}{tail}"]
    if not head:
        return [line]
    return [f"{lead}{head}(", *_operands(expression, lead + INDENT, room), f"{lead}){tail}"]


def _cut(body: str) -> tuple[str, str, str]:
    """A statement's beginning, its expression, and what stands behind that."""
    tail = body[-1] if body[-1] in ":," else ""
    text = body[: len(body) - len(tail)]
    for word in _WORDS:
        if text.startswith(word):
            return word, text[len(word) :], tail
    for position, char, depth in _characters(text):
        if depth == 0 and char == "=" and text[: position + 1].rpartition(" ")[2] in _ASSIGNMENTS:
            return text[: position + 2], text[position + 2 :], tail
        if depth == 0 and char == ":" and text[position + 1 : position + 2] == " ":
            return text[: position + 2], text[position + 2 :], tail
        if char == "(":
            break
    return "", text, tail


def _last_bracket(text: str) -> int | None:
    """The position of the bracket that the text's last character closes."""
    if text[-1:] not in _CLOSING:
        return None
    return max((at for at, char, depth in _characters(text) if depth == 0 and char in _OPENING), default=None)


def _takes_commas(text: str, bracket: int) -> bool:
    """Whether a comma may follow the last item: in a call or a list, but not in a subscript or a mere grouping."""
    behind_a_name = text[:bracket][-1:].isalnum() or text[:bracket][-1:] in ("_", ")", "]")
    match text[bracket]:
        case "(":
            return behind_a_name or len(_arguments(text[bracket + 1 : -1])) > 1 or text[-2:] == ",)"
        case "[":
            return not behind_a_name
        case _:
            return True


def _items(text: str, lead: str, room: int) -> list[str]:
    """What stands between brackets: on one line, or one item a line."""
    if len(lead) + len(text) <= room:
        return [lead + text]
    clauses = _pieces(text, ("for", "if"))
    if len(clauses) > 1 and clauses[1].startswith("for "):
        return [part for one in clauses for part in _fitted(one, lead, room)]
    return [part for one in _arguments(text) for part in _item(one, lead, room)]


def _item(text: str, lead: str, room: int) -> list[str]:
    """One item between brackets with its comma, broken at its own last bracket or else at its operators."""
    lines = _fitted(f"{text},", lead, room)
    if len(lines) == 1 and len(lines[0]) > room:
        *before, last = _operands(text, lead, room)
        return [*before, f"{last},"]
    return lines


def _fitted(text: str, lead: str, room: int) -> list[str]:
    line = lead + text
    return [line] if len(line) <= room else _broken(line, room)


def _operands(text: str, lead: str, room: int) -> list[str]:
    """An expression in brackets of its own: on one line, broken at its weakest operators, or filled."""
    if len(lead) + len(text) <= room:
        return [lead + text]
    pieces = next((found for words in _WEAKEST_FIRST if len(found := _pieces(text, words)) > 1), [text])
    if all(len(lead) + len(one) <= room for one in pieces):
        return [lead + one for one in pieces]
    return _filled(text, lead, room)


def _operators(text: str) -> bool:
    """Whether the expression has an operator outside all brackets."""
    return any(char == " " and depth == 0 for _, char, depth in _characters(text))


def _pieces(text: str, words: tuple[str, ...]) -> list[str]:
    """Cut in front of each of ``words`` that stands outside brackets and strings."""
    cuts = [
        at
        for at, char, depth in _characters(text)
        if char == " " and depth == 0 and text[at + 1 :].split(" ", 1)[0] in words
    ]
    return [text[start:end].strip() for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]


def _arguments(text: str) -> list[str]:
    """Cut at the commas outside inner brackets and strings."""
    cuts = [at for at, char, depth in _characters(text) if char == "," and depth == 0]
    starts = [0, *(at + 1 for at in cuts)]
    parts = [text[start:end].strip() for start, end in zip(starts, [*cuts, len(text)], strict=True)]
    return [one for one in parts if one]


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
            depth -= char in _CLOSING
            yield position, char, depth
            depth += char in _OPENING
        position += 1


def _filled(text: str, lead: str, room: int) -> list[str]:
    """The last resort: fill lines with the words of an expression."""
    lines, current, start = [], lead, 0
    for end in [*(at for at, char, _ in _characters(text) if char == " "), len(text)]:
        word = text[start:end]
        start = end + 1
        if len(current) + len(word) + 1 > room and current != lead:
            lines.append(current)
            current = lead
        current += word if current == lead else f" {word}"
    return [*lines, current]
