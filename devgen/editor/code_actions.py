"""Code actions: the changes that diagnostics offer."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from devgen.editor.rename import Edit
from devgen.editor.source_file import SourceFile
from devgen.editor.workspace import Workspace
from devgen.language.diagnostics.diagnostic import Diagnostic
from devgen.language.diagnostics.places import Span


@dataclass(slots=True, frozen=True)
class Action:
    """A change that mends a diagnostic. ``preferred``: there is no other."""

    title: str
    diagnostic: Diagnostic
    edits: tuple[Edit, ...]
    preferred: bool


def code_actions(
    file: SourceFile, start: int, end: int, diagnostics: Iterable[Diagnostic], workspace: Workspace
) -> list[Action]:
    """Return the changes for the diagnostics between two places."""
    found = []
    for diagnostic in diagnostics:
        low, high = bounds(file, Span(diagnostic.mark, diagnostic.length))
        if low <= end and start <= high:
            for fix in diagnostic.fixes:
                target = workspace.file(Path(os.path.abspath(fix.span.mark.file)))
                if target is not None and workspace.is_own(target.path):
                    edit = Edit(target.span(*bounds(target, fix.span)), fix.replacement)
                    title = fix.title[:1].upper() + fix.title[1:]
                    found.append(Action(title, diagnostic, (edit,), len(diagnostic.fixes) == 1))
    return found


def bounds(file: SourceFile, span: Span) -> tuple[int, int]:
    """Return the characters of a diagnostic's place; it never reaches behind the end of its line."""
    start = file.lines.marked(span.mark.line, span.mark.column)
    stop = file.text.find("\n", start)
    stop = len(file.text) if stop < 0 else stop
    return start, max(start, min(start + span.length, stop))
