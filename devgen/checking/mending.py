"""Applies the changes that diagnostics offer, round after round, until no finding can be mended by a program.

A finding with a single fix is mended; several fixes are alternatives, between which a person must choose. Only the
characters of a fix change: comments, layout and line ends stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from devgen.language.diagnostics.diagnostic import Diagnostic
from devgen.language.diagnostics.places import Fix, Span

_ROUNDS: Final = 8
"""Most rounds: a mended key can show the next mistake below it."""

Texts = dict[str, str]
"""Texts by the file's own path."""

Check = Callable[[Mapping[str, str]], list[Diagnostic]]
"""Returns the findings in texts that replace files."""


@dataclass(slots=True)
class Mended:
    """The result: texts that changed, the titles of what was done in each, and the findings that are left."""

    texts: Texts = field(default_factory=dict)
    done: dict[str, list[str]] = field(default_factory=dict)
    left: list[Diagnostic] = field(default_factory=list)
    refused: dict[str, None] = field(default_factory=dict)
    """Files with fixes that may not be changed, in the order of the findings."""


Owner = Callable[[str], str | None]
"""Returns the key in the texts for the name of a file in a finding; None if the file may not be changed."""


def mend(texts: Texts, owner: Owner, check: Check, chosen: Callable[[Diagnostic], bool]) -> Mended:
    """Mend the ``texts`` of files.

    Only findings for which ``chosen`` is true are mended.
    """
    result = Mended(left=check({}))
    for _ in range(_ROUNDS):
        changes = _changes(filter(chosen, result.left), owner, result)
        made = {file: text for file, spans in changes.items() if (text := _apply(texts[file], spans)) != texts[file]}
        if not made:
            break
        left = check({**result.texts, **made})
        made = {file: text for file, text in made.items() if not _is_worse(file, result.left, left, owner)}
        if not made:
            break
        texts.update(made)
        result.texts.update(made)
        for file in made:
            result.done.setdefault(file, []).extend(fix.title for fix in changes[file])
        result.left = check(result.texts)
    return result


def _changes(found: Iterable[Diagnostic], owner: Owner, result: Mended) -> dict[str, list[Fix]]:
    """Return the fixes of each file, without those that overlap an earlier one."""
    changes: dict[str, list[Fix]] = {}
    for diagnostic in found:
        if len(diagnostic.fixes) != 1:
            continue
        fix = diagnostic.fixes[0]
        file = owner(fix.span.mark.file)
        if file is None:
            result.refused[fix.span.mark.file] = None
        elif not any(_overlap(fix.span, other.span) for other in changes.get(file, ())):
            changes.setdefault(file, []).append(fix)
    return changes


def _overlap(first: Span, second: Span) -> bool:
    if first.mark.line != second.mark.line:
        return False
    start, other = first.mark.column, second.mark.column
    return start == other or (start < other + second.length and other < start + first.length)


def _apply(text: str, fixes: Sequence[Fix]) -> str:
    """Return the text with the replacements; places are lines and columns of the text as it is."""
    lines = text.split("\n")
    for fix in sorted(fixes, key=lambda fix: (fix.span.mark.line, fix.span.mark.column), reverse=True):
        row, start = fix.span.mark.line - 1, fix.span.mark.column - 1
        if row < len(lines) and start + fix.span.length <= len(lines[row]):
            lines[row] = lines[row][:start] + fix.replacement + lines[row][start + fix.span.length :]
    return "\n".join(lines)


_UNREADABLE: Final = ("DG0104", "DG0105")
"""Not text, not YAML."""


def _is_worse(file: str, before: list[Diagnostic], after: list[Diagnostic], owner: Owner) -> bool:
    """Whether a changed file can no longer be read: such a change is not made."""

    def unreadable(found: list[Diagnostic]) -> bool:
        return any(diagnostic.code in _UNREADABLE and owner(diagnostic.mark.file) == file for diagnostic in found)

    return unreadable(after) and not unreadable(before)
