"""A thread that stops the processor when something is due while the guest keeps it busy."""

from __future__ import annotations

import threading
from collections.abc import Callable

BEAT = 0.02
"""Seconds between two looks when nothing is expected: the longest that a lost wake-up can last."""


class Kicker:
    """Calls ``look()`` in a thread of its own: at each ``poke``, and after as many seconds as the last look said."""

    def __init__(self, look: Callable[[], float]) -> None:
        """``look`` must not raise."""
        self._look = look
        self._event = threading.Event()
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="devgen-kicker", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def poke(self) -> None:
        """Look now. From any thread."""
        self._event.set()

    def close(self) -> None:
        """End the thread and wait for it; the caller does not hold what ``look`` waits for."""
        self._ended = True
        self._event.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended:
            self._event.wait(min(max(self._look(), 0.0), BEAT))
            self._event.clear()
