"""Makes names that the language accepts out of the names of a source."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from devgen.exchange.findings import Findings, Outcome
from devgen.exchange.register_map import Place
from devgen.language.scope import why_reserved

LONGEST: Final = 64
"""Most characters of a name that an import makes."""

LONGEST_TITLE: Final = 400
"""Most characters of a title."""


def legal_name(name: str, prefix: str) -> str:
    """Return ``name`` with letters, digits and underscores only; ``prefix`` precedes one that begins with a digit."""
    text = re.sub(r"[^A-Za-z0-9_]+", "_", name.strip()).strip("_")[:LONGEST]
    if not text or not text[0].isalpha():
        text = f"{prefix}{text}"
    return f"{text}_" if why_reserved(text) else text


def printable(text: str) -> str:
    """Return a text with spaces for characters that cannot be printed."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


@dataclass(slots=True)
class Namer:
    """Gives each part of one scope a name of its own, and reports those that had to change.

    ``path`` is the scope's path in findings; ``prefix`` begins a name whose source begins with a digit; ``taken`` are
    names that the scope has already.
    """

    findings: Findings
    path: str
    prefix: str = "R"
    taken: set[str] = field(default_factory=set)

    def take(self, name: str, place: Place) -> str:
        """Return a legal name that this scope does not have yet, and take it."""
        wanted = legal_name(name, self.prefix)
        unique, number = wanted, 2
        while unique in self.taken:
            unique, number = f"{wanted}_{number}", number + 1
        self.taken.add(unique)
        if unique != name:
            why = (
                "another part has this name"
                if unique != wanted and wanted == name
                else "names have letters, digits and _"
            )
            self.findings.add(Outcome.RENAMED, place, f"{self.path}.{name}", f"{unique} ({why})")
        return unique
