"""What an import changed or left out, each with its place in the source."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from devgen.exchange.register_map import Place


class Outcome(StrEnum):
    """What became of a part of the source."""

    PATCHED = "patched"
    """A patch changed it; the place is the patch's."""

    RENAMED = "renamed"
    """It has another name in the description."""

    CORRECTED = "corrected"
    """It contradicts itself or its surroundings, and the description has what fits."""

    TO_DO = "to do"
    """The structure came over; its behaviour is for the author to write."""

    LEFT_OUT = "left out"
    """The language cannot say it, or the import has no place for it."""


@dataclass(slots=True, frozen=True)
class Finding:
    """One thing that did not come over as it stands in the source. ``part``: ``UART0.CTRL.ENABLE``."""

    outcome: Outcome
    place: Place
    part: str
    text: str

    def json(self) -> dict[str, Any]:
        """The finding as JSON data."""
        return {
            "outcome": self.outcome.value,
            "file": self.place.file,
            "line": self.place.line,
            "part": self.part,
            "text": self.text,
        }

    def __str__(self) -> str:
        """Return ``file:line: outcome: part: text``."""
        return f"{self.place}: {self.outcome.value}: {self.part}: {self.text}"


@dataclass(slots=True)
class Findings:
    """Collects findings, each once."""

    _all: dict[Finding, None] = field(default_factory=dict)

    def add(self, outcome: Outcome, place: Place, part: str, text: str) -> None:
        """Add a finding; the same one again is ignored. Characters that cannot be printed become spaces."""
        self._all[Finding(outcome, place, _printable(part), _printable(text))] = None

    def about(self, peripherals: Container[str]) -> Iterator[Finding]:
        """The findings about some peripherals and their parts, in the order of the source."""
        return (finding for finding in self if finding.part.partition(".")[0] in peripherals)

    def __iter__(self) -> Iterator[Finding]:
        """The findings in the order of the source."""
        return iter(sorted(self._all, key=lambda finding: (finding.place.file, finding.place.line, finding.part)))


def _printable(text: str) -> str:
    return text if text.isprintable() else "".join(letter if letter.isprintable() else " " for letter in text)
