"""Global system interrupts: wires that several sources share, high while any of them is."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial


class SharedLine:
    """An OR of sources; ``sink(level)`` hears its changes."""

    __slots__ = ("_high", "_sink", "_sources")

    def __init__(self, sink: Callable[[int], None]) -> None:
        self._sink = sink
        self._sources = 0
        self._high = 0

    @property
    def level(self) -> int:
        """1 while any source is high."""
        return 1 if self._high else 0

    @property
    def connected(self) -> bool:
        """Whether it has a source."""
        return self._sources > 0

    def source(self, level: int = 0) -> Callable[[int], None]:
        """A new source, at ``level``: call it with each new level. Fits ``IrqLine.connect``."""
        bit = 1 << self._sources
        self._sources += 1
        drive = partial(self._drive, bit)
        drive(level)
        return drive

    def _drive(self, bit: int, level: int) -> None:
        before = self._high
        self._high = before | bit if level else before & ~bit
        if bool(before) != bool(self._high):
            self._sink(1 if level else 0)
