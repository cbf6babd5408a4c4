"""A file as the editor sees it: its text, its outline, and what kind of description it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from devgen.editor.text_lines import Encoding, TextLines
from devgen.editor.yaml_outline import Node, scan
from devgen.language.reading.schema_engines import SchemaName

FileKind = Literal["device", "fragment", "board", "other"]

_MODELINE = re.compile(r"\A(?:[ \t]*(?:#[^\n]*)?\n)*?#[^\n]*\$schema=\S*?(device|board)\.schema\.json")
_HEADING = re.compile(r"^[\"']?(device|fragment|board|include)[\"']?[ \t]*:(?=[ \t\r\n]|\Z)([^#\n]*)", re.MULTILINE)


@dataclass(frozen=True)
class Span:
    """Characters ``start`` to ``end`` of a file."""

    file: Path
    start: int
    end: int


@dataclass(frozen=True, eq=False)
class SourceFile:
    """One file. The outline and the lines are made when they are first needed."""

    path: Path
    text: str
    encoding: Encoding = "utf-16"

    @cached_property
    def outline(self) -> Node:
        """The keys and values of the text."""
        return scan(self.text)

    @cached_property
    def lines(self) -> TextLines:
        """The lines of the text."""
        return TextLines(self.text, self.encoding)

    @cached_property
    def _headings(self) -> dict[str, str]:
        """The outermost keys that say what the file is, with their values."""
        if self.text.lstrip()[:1] == "{":  # the whole file in brackets
            keys = {node.key: node.value(self.text) for node in self.outline.children if node.complete}
            return {key: value for key, value in keys.items() if key in ("device", "fragment", "board", "include")}
        return {match[1]: match[2].strip("\"' \t\r") for match in _HEADING.finditer(self.text)}

    @cached_property
    def kind(self) -> FileKind:
        """What the outermost keys, or else a modeline that names a schema, say that the file is."""
        kinds: tuple[FileKind, ...] = ("device", "fragment", "board")
        found = next((kind for kind in kinds if kind in self._headings), None)
        if found is not None:
            return found
        modeline = _MODELINE.match(self.text[:4096])
        if modeline is None:
            return "other"
        return "board" if modeline[1] == "board" else "device"

    @property
    def schema(self) -> SchemaName:
        """The schema of the file. A file that does not say yet what it is, is taken for a device."""
        return "board" if self.kind == "board" else "device"

    @property
    def name(self) -> str:
        """The name of the device or board; empty if it has none."""
        return self._headings.get("board" if self.kind == "board" else "device", "")

    @cached_property
    def includes(self) -> tuple[str, ...]:
        """The files that this file includes, as written."""
        node = self.outline.child("include") if "include" in self._headings else None
        return tuple(child.value(self.text) for child in node.children) if node is not None else ()

    def span(self, start: int, end: int) -> Span:
        """Return a place in this file."""
        return Span(self.path, start, end)
