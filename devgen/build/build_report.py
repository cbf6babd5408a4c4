"""The result of a build: its report, and the exception if it cannot be done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from devgen.common.quick_dataclass import dataclass
from devgen.errors import DevgenError

if TYPE_CHECKING:
    from devgen.build.text_changes import TextChange
    from devgen.language.diagnostics.diagnostic import Diagnostic

Progress = Callable[[int, int, Path], None]
"""Called as ``progress(done, total, path)`` before each description that has to be compiled."""


class BuildError(DevgenError):
    """A build that cannot be done; the message is for the user. Nothing was written."""


@dataclass(slots=True)
class BuildReport:
    """What a build did, or with ``check`` what it would do: ``stale`` files are those it would write.

    Paths are those of output files. ``diagnostics`` are the descriptions' own, errors and warnings.
    """

    written: list[Path] = field(default_factory=list)
    unchanged: list[Path] = field(default_factory=list)
    stale: list[Path] = field(default_factory=list)
    removed: list[Path] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    changes: list[TextChange] = field(default_factory=list)
    """With ``check``, the changes that a build would make."""

    @property
    def ok(self) -> bool:
        """Whether no description has an error."""
        return all(diagnostic.severity != "error" for diagnostic in self.diagnostics)

    def stale_findings(self) -> list[Diagnostic]:
        """Return an error for each file that a build would write or remove, for a report to a CI system."""
        from devgen.language.diagnostics.codes_outputs import LEFT_OVER, STALE
        from devgen.language.model import Mark

        stale = [STALE(Mark(str(path), 1, 1)) for path in self.stale]
        return [*stale, *(LEFT_OVER(Mark(str(path), 1, 1)) for path in self.removed if self.changes)]
