"""Prints the tree of Python source: indentation, and the breaking of long lines the way common formatters do.

A line is broken only at a place that its tree offers: behind an opening bracket, behind a comma, or in front of an
operator inside brackets, which are added where there are none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from devgen.targets.python.python_literals import WIDTH
from devgen.targets.python.source_tree import Brackets, Chain, Line, Node, Statement

INDENT: Final = "    "


def print_statements(statements: Iterable[Statement], indent: int) -> list[str]:
    """The lines of statements, each with ``indent`` columns in front."""
    return list(_statements(statements, " " * indent))


def _statements(statements: Iterable[Statement], lead: str) -> Iterator[str]:
    for statement in statements:
        if isinstance(statement, Line):
            yield from print_line(statement, lead)
        else:
            yield from print_line(statement.header, lead)
            yield from _statements(statement.body, lead + INDENT)


def print_line(line: Line, lead: str) -> list[str]:
    """One statement on one line, or on several if it is too long behind ``lead``."""
    node = line.value
    text = f"{lead}{line.head}{'' if node is None else node.text}{line.tail}"
    lines = [text] if len(text) <= WIDTH or node is None else _broken(line.head, node, line.tail, lead)
    shown = _commented(lines, line.comment, lead) if line.comment else lines
    return _marked(shown, len(shown) - len(lines), line.origin) if line.origin else shown


def _marked(lines: list[str], first: int, origin: str) -> list[str]:
    """The lines, with the origin at the end of the first line of code and of the last."""
    last = len(lines) - 1
    return [f"{text}{origin}" if number in (first, last) else text for number, text in enumerate(lines)]


def _commented(lines: list[str], comment: str, lead: str) -> list[str]:
    """The comment behind a line, or above it where there is no room."""
    if len(lines) == 1 and len(lines[0]) + len(comment) + 4 <= WIDTH:
        return [f"{lines[0]}  # {comment}"]
    return [f"{lead}# {comment}"[:WIDTH], *lines]


def print_items(items: Sequence[Node], indent: int) -> list[str]:
    """Items of a list, one a line with its comma."""
    lead = " " * indent
    return [line for item in items for line in _item(item, lead)]


def fits_alone(head: str, items: Sequence[Node], tail: str, indent: int) -> bool:
    """Whether there is only one item, and it fits between ``head`` and ``tail``."""
    return len(items) == 1 and indent + len(head) + len(items[0].text) + len(tail) <= WIDTH


def _fitted(node: Node, tail: str, lead: str) -> list[str]:
    text = f"{lead}{node.text}{tail}"
    return [text] if len(text) <= WIDTH else _broken("", node, tail, lead)


def _broken(head: str, node: Node, tail: str, lead: str) -> list[str]:
    shape = node.shape
    if isinstance(shape, Brackets):
        inner = lead + INDENT
        parts = _items(shape, inner) if shape.commas else _operands(shape.items[0], inner)
        return [f"{lead}{head}{shape.before}{shape.opening}", *parts, f"{lead}{shape.closing}{tail}"]
    if not head:
        return [f"{lead}{node.text}{tail}"]
    return [f"{lead}{head}(", *_operands(node, lead + INDENT), f"{lead}){tail}"]


def _items(shape: Brackets, lead: str) -> list[str]:
    """Print the contents of brackets: on one line, or one item on each line, as always in a list, tuple or dict."""
    separator = " " if shape.clauses else ", "
    text = lead + separator.join([item.text for item in shape.items])
    if len(text) <= WIDTH and (shape.clauses or shape.before[-1:].isidentifier() or shape.before.endswith((")", "]"))):
        return [text]
    if shape.clauses:
        return [line for clause in shape.items for line in _fitted(clause, "", lead)]
    return [line for item in shape.items for line in _item(item, lead)]


def _item(item: Node, lead: str) -> list[str]:
    """One item between brackets with its comma, broken at its own brackets or else at its operators."""
    lines = _fitted(item, ",", lead)
    if len(lines) == 1 and len(lines[0]) > WIDTH:
        *before, last = _operands(item, lead)
        return [*before, f"{last},"]
    return lines


def _operands(node: Node, lead: str) -> list[str]:
    """An expression in brackets: on one line, broken in front of its operators, or filled."""
    if len(lead) + len(node.text) <= WIDTH:
        return [lead + node.text]
    if isinstance(node.shape, Chain):
        pieces = [
            f"{lead}{operator} {part.text}" if operator else lead + part.text for operator, part in node.shape.pieces()
        ]
        if all(len(piece) <= WIDTH for piece in pieces):
            return pieces
    return _filled(words(node), lead)


def _filled(found: Iterable[str], lead: str) -> list[str]:
    """The last resort: lines filled with the words of an expression."""
    lines: list[str] = []
    current = lead
    for word in found:
        if current != lead and len(current) + 1 + len(word) > WIDTH:
            lines.append(current)
            current = lead
        current += word if current == lead else f" {word}"
    return [*lines, current]


def words(node: Node) -> list[str]:
    """The text of a node, cut where a space may become a line's end inside brackets."""
    match node.shape:
        case Chain(_, operands):
            return [word for operator, part in operands for word in ([operator] if operator else []) + words(part)]
        case Brackets(before, opening, items, closing, _, clauses, single):
            parts = [words(item) for item in items]
            for part in parts[:-1]:
                part[-1] += "" if clauses else ","
            found = [word for part in parts for word in part]
            found[0] = before + opening + found[0]
            found[-1] += ("," if single else "") + closing
            return found
        case _:
            return [node.text]
