"""How many lines a guest may cause: some at once, then one for each interval (as Linux' printk_ratelimit)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

BURST: Final = 10
"""Lines at once."""

INTERVAL: Final = 1.0
"""Seconds after which one more may come."""


class RateLimit:
    """`take` says whether a line may be printed. ``clock`` gives seconds that never go back."""

    __slots__ = ("_clock", "_held", "_left", "_since")

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """A whole burst may come."""
        self._clock = clock
        self._since = clock()
        self._left = BURST
        self._held = 0

    def take(self) -> int | None:
        """How many lines were held back since the last that was not; None if this one is held back too."""
        more = int((self._clock() - self._since) / INTERVAL)
        if more > 0:
            self._since += more * INTERVAL
            self._left = min(self._left + more, BURST)
        if self._left == 0:
            self._held += 1
            return None
        self._left -= 1
        held, self._held = self._held, 0
        return held

    @property
    def last(self) -> bool:
        """Whether the next line is held back, unless time passes."""
        return self._left == 0
