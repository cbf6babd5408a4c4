"""Semantic tokens: what the names in behaviour texts are, so that an editor can colour them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from devgen.editor.occurrences import KEYWORDS, Occurrence, occurrences
from devgen.editor.project_names import ProjectNames
from devgen.editor.source_file import SourceFile

TYPES: Final = ("keyword", "function", "method", "variable", "property", "parameter", "enumMember", "event", "type")
"""The types of tokens, in the order in which the protocol numbers them."""

_BY_KIND: Final = {
    "function": "function",
    "action": "function",
    "register": "variable",
    "register file": "variable",
    "field": "property",
    "label": "enumMember",
    "constant": "enumMember",
    "event": "event",
    "error": "event",
    "parameter": "parameter",
    "property": "parameter",
}


@dataclass(slots=True, frozen=True)
class Coloured:
    """Characters of a file and the type of what they are."""

    start: int
    end: int
    type: str


def coloured(file: SourceFile, project: ProjectNames) -> list[Coloured]:
    """Return the names in the behaviour texts of a file, in the order of the text."""
    if file.kind == "board":
        return []
    found = {
        occurrence.start: Coloured(occurrence.start, occurrence.end, _type(occurrence))
        for occurrence in occurrences(file, project.names_in(file))
        if occurrence.token is not None
    }
    return [found[start] for start in sorted(found)]


def _type(occurrence: Occurrence) -> str:
    if occurrence.entry is None:
        return "keyword" if occurrence.name in KEYWORDS else "function"
    return _BY_KIND.get(occurrence.entry.kind, "variable")
