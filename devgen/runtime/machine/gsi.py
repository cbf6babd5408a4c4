"""Lines with several sources: global system interrupts, and GPIO inputs that several wires drive."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final, Literal

Combination = Literal["or", "and"]

MAX_GSI: Final = 1023
"""The greatest number of a GSI that any machine has."""


class SharedLine:
    """A line that combines several sources; ``sink(level)`` is called at each change. The initial level is 0.

    ``or``: high while any source is high; ``and``: high while all sources are high.
    """

    __slots__ = ("_all", "_combination", "_high", "_sink", "_sources", "level")

    def __init__(self, sink: Callable[[int], None], combination: Combination = "or") -> None:
        self._sink = sink
        self._combination = combination
        self._sources = 0
        self._all = 0
        self._high = 0
        self.level = 0
        """The level of the last call of the sink."""

    @property
    def connected(self) -> bool:
        """Whether the line has a source."""
        return self._sources > 0

    def source(self, level: int = 0) -> Callable[[int], None]:
        """Add a source at ``level`` and update the line; return its sink for ``IrqLine.connect``."""
        drive = self.add(level)
        self.settle()
        return drive

    def add(self, level: int = 0) -> Callable[[int], None]:
        """Add a source without updating the line; call ``settle`` when all sources have been added."""
        bit = 1 << self._sources
        self._sources += 1
        self._all |= bit
        if level:
            self._high |= bit
        return partial(self._drive, bit)

    def settle(self) -> None:
        """Call the sink with the present level if it has changed."""
        level = int(self._high == self._all if self._combination == "and" else self._high != 0)
        if level != self.level:
            self.level = level
            self._sink(level)

    def _drive(self, bit: int, level: int) -> None:
        self._high = self._high | bit if level else self._high & ~bit
        self.settle()
