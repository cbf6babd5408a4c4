"""Where the cursor is in a description that is being typed: at a key, in a value, or in a behaviour text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from devgen.editor.schema_guide import Place, place_of
from devgen.editor.source_file import SourceFile
from devgen.editor.yaml_outline import Node, node_at

_PREFIX = re.compile(r"[A-Za-z0-9_.:/\-]*\Z")
_NAME = re.compile(r"[A-Za-z0-9_]*\Z")


@dataclass(slots=True, frozen=True)
class Cursor:
    """The context of a place: ``node`` holds the value, or is the mapping that would get the key.

    ``start``: where the word being typed begins.
    """

    kind: Literal["key", "value", "behaviour"]
    node: Node
    place: Place | None
    start: int
    offset: int


def cursor_at(file: SourceFile, offset: int) -> Cursor:
    """Return the context of a place; every place has one."""
    line_start = file.text.rfind("\n", 0, offset) + 1
    before = file.text[line_start:offset]
    node = node_at(file.outline, offset)
    if not before.strip(" ") and not _in_brackets(node):
        return _on_blank(file, offset, len(before))
    if node is None:
        return _key(file, file.outline, offset)
    if not node.complete:
        parent = node.parent or file.outline
        return _value(file, parent, offset) if parent.style == "none" else _key(file, parent, offset)
    if node.key_start <= offset <= node.key_end and not node.is_element:
        return _key(file, node.parent or file.outline, offset)
    if node.style == "mapping" and (node.in_flow or file.text[node.start : node.start + 1] == "{"):
        return _key(file, node, offset)
    return _value(file, node, offset)


def _in_brackets(node: Node | None) -> bool:
    """Return whether a node is a collection in brackets, or lies in one."""
    return node is not None and (node.in_flow or any(child.in_flow for child in node.children))


def _on_blank(file: SourceFile, offset: int, column: int) -> Cursor:
    """Return the context of an empty place: the column says to which mapping a key would belong."""
    node = file.outline
    while True:
        last = next((child for child in reversed(node.children) if child.key_start < offset), None)
        if last is None or last.indent >= column or last.in_flow:
            break
        node = last
    place = place_of(file.schema, node.path)
    behaves = place is not None and place.is_behaviour and node.style != "mapping"
    return _value(file, node, offset) if behaves else _key(file, node, offset)


def _key(file: SourceFile, parent: Node, offset: int) -> Cursor:
    return Cursor("key", parent, place_of(file.schema, parent.path), _word(file, offset, _PREFIX), offset)


def _value(file: SourceFile, node: Node, offset: int) -> Cursor:
    place = place_of(file.schema, node.path)
    above = node.parent
    if node.is_element and above is not None:
        whole = place_of(file.schema, above.path)
        if whole is not None and whole.is_behaviour:
            node, place = above, whole
    kind: Literal["value", "behaviour"] = "behaviour" if place is not None and place.is_behaviour else "value"
    pattern = _NAME if kind == "behaviour" else _PREFIX
    return Cursor(kind, node, place, _word(file, offset, pattern), offset)


def _word(file: SourceFile, offset: int, pattern: re.Pattern[str]) -> int:
    start = max(file.text.rfind("\n", 0, offset) + 1, offset - 200)
    found = pattern.search(file.text, start, offset)
    return found.start() if found else offset
