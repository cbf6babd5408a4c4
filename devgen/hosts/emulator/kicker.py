"""A thread that calls a check regularly, so that the processor is stopped when a timer is due."""

from __future__ import annotations

import threading
from collections.abc import Callable

BEAT = 0.02
"""Maximum seconds between two calls of ``look``: it bounds the delay of a lost wake-up."""


class Kicker:
    """Calls ``look()`` in its own thread: at each ``poke``, and after the seconds that the last call returned."""

    def __init__(self, look: Callable[[], float]) -> None:
        """``look`` must not raise."""
        self._look = look
        self._event = threading.Event()
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="devgen-kicker", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def poke(self) -> None:
        """Call ``look`` now. From any thread."""
        self._event.set()

    def close(self) -> None:
        """End the thread and wait for it; the caller must not hold a lock that ``look`` takes."""
        self._ended = True
        self._event.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended:
            self._event.wait(min(max(self._look(), 0.0), BEAT))
            self._event.clear()
