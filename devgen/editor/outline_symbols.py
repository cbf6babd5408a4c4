"""The outline of a file: its named parts, as a tree."""

from __future__ import annotations

from dataclasses import dataclass

from devgen.editor.device_names import ENUMERATIONS, SECTIONS
from devgen.editor.source_file import SourceFile, Span
from devgen.editor.yaml_outline import Node

_LIMIT = 20_000
_BELOW = {"registers": "register", "fields": "field", "doorbells": "doorbell", **dict.fromkeys(ENUMERATIONS, "label")}
_TOP = {
    **SECTIONS,
    "regions": "region",
    "devices": "device on the board",
    "bars": "BAR",
    "deviations": "deviation",
    "enumerations": "enumeration",
    "types": "type",
}


@dataclass(slots=True, frozen=True)
class Symbol:
    """A named part: its name, what it is, its whole text and the place of its name, and the parts in it."""

    name: str
    kind: str
    detail: str
    whole: Span
    span: Span
    children: tuple[Symbol, ...] = ()


def symbols(file: SourceFile) -> list[Symbol]:
    """Return the parts of a file, in the order of the text."""
    budget = [_LIMIT]
    return [
        _symbol(file, part, _TOP[node.key], budget)
        for node in file.outline.children
        if node.key in _TOP
        for part in node.children
        if part.complete and not part.is_element
    ]


def _symbol(file: SourceFile, node: Node, kind: str, budget: list[int]) -> Symbol:
    budget[0] -= 1
    children = tuple(
        _symbol(file, part, _BELOW[group.key], budget)
        for group in node.children
        if group.key in _BELOW and budget[0] > 0
        for part in group.children
        if part.complete and not part.is_element
    )
    whole = file.span(node.key_start, max(node.key_end, node.end))
    if kind == "register" and any(group.key == "registers" for group in node.children):
        kind = "register file"
    return Symbol(node.key or " ", kind, _detail(file, node), whole, file.span(node.key_start, node.key_end), children)


def _detail(file: SourceFile, node: Node) -> str:
    """Return what an outline shows beside a name: where it is, or its value."""
    for key in ("at", "bits", "device", "space", "title"):
        child = node.child(key)
        if child is not None:
            value = child.value(file.text)
            return value if key != "at" or value else ""
    return " ".join(node.value(file.text).split())[:40]
