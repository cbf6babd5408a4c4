"""Lines that several sources share: global system interrupts, and inputs that several wires drive."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal

Combination = Literal["or", "and"]


class SharedLine:
    """A combination of sources; ``sink(level)`` hears its changes. It begins low.

    ``or``: high while any source is; ``and``: high while all are.
    """

    __slots__ = ("_all", "_combination", "_high", "_sink", "_sources", "level")

    def __init__(self, sink: Callable[[int], None], combination: Combination = "or") -> None:
        self._sink = sink
        self._combination = combination
        self._sources = 0
        self._all = 0
        self._high = 0
        self.level = 0
        """The level that the sink has been told last."""

    @property
    def connected(self) -> bool:
        """Whether it has a source."""
        return self._sources > 0

    def source(self, level: int = 0) -> Callable[[int], None]:
        """A new source, at ``level``, which counts at once: call it with each new level. Fits ``IrqLine.connect``."""
        drive = self.add(level)
        self.settle()
        return drive

    def add(self, level: int = 0) -> Callable[[int], None]:
        """As ``source``, but the sink hears nothing before ``settle``: when all sources are there."""
        bit = 1 << self._sources
        self._sources += 1
        self._all |= bit
        if level:
            self._high |= bit
        return partial(self._drive, bit)

    def settle(self) -> None:
        """Tell the sink the present level, if it is another one than before."""
        level = int(self._high == self._all if self._combination == "and" else self._high != 0)
        if level != self.level:
            self.level = level
            self._sink(level)

    def _drive(self, bit: int, level: int) -> None:
        self._high = self._high | bit if level else self._high & ~bit
        self.settle()
