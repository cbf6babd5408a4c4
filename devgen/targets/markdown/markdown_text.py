"""Text in Markdown: escaped for a paragraph, a cell of a table, a code span and a fenced block."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>#!|~&$@]|://|^[-+=]|(?:(?<=^\d)|(?<=^\d\d)|(?<=^\d\d\d))[.)])")
_RUN: Final = re.compile(r"`+")


def escaped(text: str) -> str:
    """Return text on one line, escaped so that Markdown shows it literally."""
    return _SPECIAL.sub(r"\\\1", _line(text))


def code(text: str) -> str:
    """Return text as a code span, also valid inside a table. An empty text stays empty."""
    line = _line(text)
    if not line:
        return ""
    fence = "`" * (1 + max((len(run) for run in _RUN.findall(line)), default=0))
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}".replace("|", "\\|")


def fenced(text: str) -> str:
    """Return lines as a fenced block."""
    shown = "\n".join(_visible(line) for line in text.split("\n"))
    fence = "`" * max(3, 1 + max((len(run) for run in _RUN.findall(shown)), default=0))
    return f"{fence}text\n{shown}\n{fence}"


def anchors(headings: Iterable[str]) -> list[str]:
    """Return the id that GitHub gives each heading of a page: lower case, numbered where it is not unique."""
    taken: set[str] = set()
    found = []
    for heading in headings:
        wanted = anchor = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        number = 0
        while anchor in taken:
            number += 1
            anchor = f"{wanted}-{number}"
        taken.add(anchor)
        found.append(anchor)
    return found


def _line(text: str) -> str:
    return " ".join(_visible(text).split())


def _visible(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)
