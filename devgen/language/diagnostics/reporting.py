"""The sink that collects the diagnostics of a run, and texts that know their place in a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import field, replace
from typing import Any

from devgen.common.near_names import nearest_names
from devgen.common.quick_dataclass import dataclass
from devgen.language.diagnostics.codes_files import AND_MORE
from devgen.language.diagnostics.diagnostic import Diagnostic, Kind
from devgen.language.diagnostics.places import Fix, Related
from devgen.language.diagnostics.text_form import visible
from devgen.language.model import Mark

LIMIT = 200
"""Most diagnostics that a run keeps; further ones are only counted."""

COMPARISONS = 150_000
"""Most comparisons of names for suggestions in a run."""


@dataclass(slots=True)
class Diagnostics:
    """The sink of one run. ``lines`` looks up a line of a source file for the excerpt."""

    lines: Callable[[str, int], str] | None = None
    limit: int = LIMIT
    comparisons: int = COMPARISONS
    errors: int = 0
    incomplete: bool = False
    """Whether a check stopped before it had looked at everything."""
    _kept: dict[tuple[str, Mark, str], Diagnostic] = field(default_factory=dict)
    _dropped: int = 0

    def add(
        self,
        kind: Kind,
        mark: Mark,
        *,
        length: int = 1,
        allowed: Iterable[str] = (),
        hint: str = "",
        related: Iterable[Related] = (),
        fixes: Iterable[Fix] = (),
        **values: Any,
    ) -> None:
        """Record a finding. Duplicates at the same place are dropped, and findings over the limit are only counted."""
        self.errors += kind.severity == "error"
        if self.full:
            self._dropped += 1
            return
        diagnostic = kind(mark, length=length, allowed=allowed, hint=hint, related=related, fixes=fixes, **values)
        self._kept.setdefault((diagnostic.code, mark, diagnostic.message), diagnostic)

    @property
    def full(self) -> bool:
        """Whether further findings are only counted, so that suggestions for them need not be computed."""
        return len(self._kept) >= self.limit

    def may_compare(self, names: int) -> bool:
        """Whether an unknown name may be compared with so many known ones, for a suggestion.

        The number of comparisons in a run is limited: a file with many names and many errors must not take long.
        """
        if self.full or names > self.comparisons:
            return False
        self.comparisons -= names
        return True

    @property
    def failed(self) -> bool:
        """Whether an error was recorded."""
        return self.errors > 0

    def has_error_at(self, mark: Mark) -> bool:
        """Whether a finding was already recorded at exactly this place."""
        return any(place == mark for _, place, _ in self._kept)

    def take(self, taken: Callable[[Diagnostic], bool]) -> list[Diagnostic]:
        """Remove and return the recorded warnings and notes for which ``taken`` is true."""
        found = {key: diagnostic for key, diagnostic in self._kept.items() if not diagnostic.is_error}
        removed = {key: diagnostic for key, diagnostic in found.items() if taken(diagnostic)}
        for key in removed:
            del self._kept[key]
        return list(removed.values())

    def finish(self) -> list[Diagnostic]:
        """Return the findings by file, line and column, each with its excerpt. A final note counts the omitted ones."""
        found = sorted(self._kept.values(), key=lambda d: (d.mark.file, d.mark.line, d.mark.column, d.code))
        found = [self._with_excerpt(diagnostic) for diagnostic in found]
        if self._dropped:
            at_least = "at least " if self.incomplete else ""
            found.append(AND_MORE(found[-1].mark, number=f"{at_least}{self._dropped}"))
        return found

    def _with_excerpt(self, diagnostic: Diagnostic) -> Diagnostic:
        related = tuple(
            replace(other, excerpt=other.excerpt or self._line(other.span.mark)) for other in diagnostic.related
        )
        return replace(diagnostic, excerpt=diagnostic.excerpt or self._line(diagnostic.mark), related=related)

    def _line(self, mark: Mark) -> str:
        return "" if self.lines is None else visible(self.lines(mark.file, mark.line))


@dataclass(slots=True, frozen=True)
class SourceText:
    """A string value of a YAML file (an expression, statements) that knows the place of each of its characters.

    ``locate(line, column)``, both counted from 1 inside ``text``, gives the place in the file. Without it the text is
    on a single line that starts at ``mark``.
    """

    text: str
    mark: Mark
    locate: Callable[[int, int], Mark] | None = None

    def at(self, line: int, column: int) -> Mark:
        """Return the place in the file of a line and column (from 1) of ``text``."""
        if self.locate is not None:
            return self.locate(line, column)
        if line == 1:
            return Mark(self.mark.file, self.mark.line, self.mark.column + column - 1)
        return Mark(self.mark.file, self.mark.line + line - 1, column)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``did you mean 'x'?`` for the closest of the ``known`` names, or an empty string if none is similar.

    Names that are equally close are all offered: ``did you mean 'a' or 'b'?``.
    """
    return offered(nearest_names(name, known))


def offered(names: Sequence[str]) -> str:
    """Return ``did you mean 'a', 'b' or 'c'?``, or an empty string without names."""
    *others, last = [f"'{name}'" for name in names] or [""]
    return f"did you mean {', '.join(others)}{' or ' if others else ''}{last}?" if last else ""
