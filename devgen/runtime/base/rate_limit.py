"""Rate limit for log lines that a guest causes: a burst, then one line per interval (as Linux's printk_ratelimit)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

BURST: Final = 10
"""Lines allowed without a pause between them."""

INTERVAL: Final = 1.0
"""Seconds after which one more line is allowed."""


class RateLimit:
    """`take` says whether a line may be logged. ``clock`` returns monotonic seconds."""

    __slots__ = ("_clock", "_held", "_left", "_since")

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Start with a whole burst allowed."""
        self._clock = clock
        self._since = clock()
        self._left = BURST
        self._held = 0

    def take(self) -> int | None:
        """Return the number of lines suppressed since the last allowed one, or None to suppress this line."""
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
        """Whether the next line is suppressed unless time passes."""
        return self._left == 0
