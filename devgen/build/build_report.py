"""The result of a build: its report, and the exception if it cannot be done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from devgen.errors import DevgenError

if TYPE_CHECKING:
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

    @property
    def ok(self) -> bool:
        """Whether no description has an error."""
        return all(diagnostic.severity != "error" for diagnostic in self.diagnostics)
