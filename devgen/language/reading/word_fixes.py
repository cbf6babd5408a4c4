"""Suggests the right word for a wrong one: as a sentence, and as a change of the file that a program can make."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TypedDict

from devgen.common.near_names import nearest_names
from devgen.language.diagnostics.places import Fix, Span
from devgen.language.diagnostics.reporting import offered
from devgen.language.model import Mark
from devgen.language.reading.source_map import Sources

_PLAIN_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
"""A word that YAML reads as itself wherever it stands, unless it is one of `_SPECIAL`."""

_SPECIAL = frozenset(("true", "false", "null"))


class Suggestion(TypedDict):
    """The parts of a diagnostic that suggest something: pass them on as ``**suggestion``."""

    hint: str
    fixes: Sequence[Fix]


def suggestion(sources: Sources, mark: Mark, word: str, known: Iterable[str]) -> Suggestion:
    """Return "did you mean" for the names that are close to ``word``, which stands at ``mark``, and the changes."""
    near = nearest_names(word, known)
    return {"hint": offered(near), "fixes": word_fixes(sources, mark, word, near)}


def word_fixes(sources: Sources, mark: Mark, word: str, names: Iterable[str]) -> tuple[Fix, ...]:
    """Return a change of ``word`` to each of ``names``, or none where the file does not have the word as it is."""
    line = sources.line(mark.file, mark.line)[mark.column - 1 :]
    quoted = line[:1] in ("'", '"')
    if not word or not line[quoted:].startswith(word):
        return ()
    span = Span(Mark(mark.file, mark.line, mark.column + quoted), len(word))
    return tuple(Fix(span, name, f"write '{name}'") for name in names if quoted or _is_plain(name))


def _is_plain(name: str) -> bool:
    return _PLAIN_WORD.fullmatch(name) is not None and name not in _SPECIAL
