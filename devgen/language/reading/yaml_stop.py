"""Where YAML's parser stopped, and the mistake that explains it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field

from devgen.common.quick_dataclass import dataclass

LONGEST_LINE = 2000
"""Most characters of a line that is looked at: the patterns must not take long on a text made for that."""


@dataclass(slots=True, frozen=True)
class Change:
    """A change of the text: ``length`` characters from ``index`` on become ``new``."""

    index: int
    length: int
    new: str
    title: str


@dataclass(slots=True, frozen=True)
class Mistake:
    """What is wrong, at which characters, and what to do."""

    index: int
    problem: str
    hint: str
    length: int = 1
    change: Change | None = None


@dataclass(slots=True)
class Stop:
    """Where and why the parser stopped. ``start``: the beginning of what it was reading, if it says so."""

    text: str
    index: int
    problem: str
    context: str
    start: int | None
    lines: list[str] = field(init=False)
    number: int = field(init=False)

    def __post_init__(self) -> None:
        """Split the text into lines."""
        self.index = min(self.index, len(self.text))
        self.lines = self.text.split("\n")
        self.number = self.text.count("\n", 0, self.index)

    def line(self, number: int) -> str:
        """Return a line by its number from 0, without a long end; empty outside the text."""
        return self.lines[number][:LONGEST_LINE] if 0 <= number < len(self.lines) else ""

    def at(self, number: int, column: int) -> int:
        """Return the index of a column, from 0, of a line."""
        return sum(len(line) + 1 for line in self.lines[:number]) + column

    def near(self) -> Iterator[tuple[int, str]]:
        """Yield the line of the error and the last line before it that is not empty, with their numbers."""
        yield self.number, self.line(self.number)
        for number in range(self.number - 1, max(-1, self.number - 50), -1):
            if self.lines[number].strip():
                yield number, self.line(number)
                return
