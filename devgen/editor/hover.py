"""Hover: what the key, value or name under the pointer is, as Markdown."""

from __future__ import annotations

from dataclasses import dataclass

from devgen.editor.behaviour_words import METHODS, meaning
from devgen.editor.entry_pages import EntryPages
from devgen.editor.occurrences import Occurrence
from devgen.editor.project_names import ProjectNames
from devgen.editor.schema_guide import place_of
from devgen.editor.source_file import SourceFile, Span
from devgen.editor.yaml_outline import Node, node_at


@dataclass(slots=True, frozen=True)
class Hover:
    """A text about a place."""

    span: Span
    text: str


def hover(file: SourceFile, offset: int, project: ProjectNames, pages: EntryPages) -> Hover | None:
    """Return what is at a place; None where there is nothing to say."""
    node = node_at(file.outline, offset)
    if node is None:
        return None
    occurrence = project.occurrence_at(file, offset)
    if occurrence is not None:
        text = _of_occurrence(occurrence, pages)
        if text and occurrence.start == node.start:
            text = "\n\n".join(part for part in (text, _of_key(file, node)) if part)
        if text:
            return Hover(file.span(occurrence.start, occurrence.end), text)
    return _of_method(file, node, offset, project) or _of_place(file, node, offset)


def _of_occurrence(occurrence: Occurrence, pages: EntryPages) -> str:
    if occurrence.entry is None:
        return meaning(occurrence.name)
    return pages.page(occurrence.entry)


def _of_method(file: SourceFile, node: Node, offset: int, project: ProjectNames) -> Hover | None:
    """Return the meaning of ``arm`` in ``alarm.arm()``."""
    for token in project.words_of(file, node):
        if token.kind == "name" and token.start <= offset <= token.end and token.text in METHODS:
            return Hover(file.span(token.start, token.end), METHODS[token.text])
    return None


def _of_place(file: SourceFile, node: Node, offset: int) -> Hover | None:
    """Return what the schema says about a key, or about the key of a value."""
    text = _of_key(file, node)
    if not text:
        return None
    in_key = node.key_start <= offset <= node.key_end
    start, end = (node.key_start, node.key_end) if in_key else (node.start, node.end)
    return Hover(file.span(start, end), text)


def _of_key(file: SourceFile, node: Node) -> str:
    place = place_of(file.schema, node.path)
    return f"`{node.key}`: {place.text()}" if place is not None and place.text() else ""
