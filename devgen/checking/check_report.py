"""The result of checking files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from devgen.checking.code_selection import Selection
from devgen.language.diagnostics.diagnostic import Diagnostic


@dataclass(slots=True, frozen=True)
class CheckReport:
    """The files that were checked, and the findings that the caller selected, in the order of the files.

    ``errors`` counts all errors, also those that are not selected.
    """

    files: tuple[Path, ...]
    diagnostics: tuple[Diagnostic, ...]
    errors: int

    @property
    def ok(self) -> bool:
        """Whether no file has an error."""
        return self.errors == 0

    @property
    def hidden_errors(self) -> int:
        """How many errors are not among ``diagnostics``, because their codes are not selected."""
        return self.errors - sum(diagnostic.is_error for diagnostic in self.diagnostics)


def make_report(files: Sequence[Path], found: Iterable[Diagnostic], selection: Selection) -> CheckReport:
    """Return the report of all findings with a selection."""
    everything = list(found)
    errors = sum(diagnostic.is_error for diagnostic in everything)
    return CheckReport(tuple(files), tuple(selection.shown(everything)), errors)
