"""A thread that fires the machine's timers when they are due.

It sleeps on a condition of the machine's lock until the next deadline. Arming an earlier one happens under the same
lock, so between looking at the queue and sleeping nothing can slip through; and each start looks at the queue first, so
a deadline that passed while the machine stood still is not lost either.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from devgen.runtime.clock import MasterClock

BUDGET = 64  # timers fired before the guest's processors get the lock again
PAUSE = 50e-6  # seconds they get then
LONGEST = 3600.0  # seconds of one sleep; waking up for nothing is harmless


class Ticker:
    """Runs ``clock``'s timers while started. ``before`` is called under the lock ahead of firing."""

    def __init__(
        self,
        lock: threading.RLock,
        clock: MasterClock,
        before: Callable[[], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        self._changed = threading.Condition(lock)
        self._clock = clock
        self._before = before
        self._failed = failed
        self._thread: threading.Thread | None = None
        self._running = False

    def start(self) -> None:
        """Begin."""
        self._running = True
        self._clock.queue.on_earlier = self._wake
        self._thread = threading.Thread(target=self._run, name="kvm-timers", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread; timers stay armed. The caller does not hold the lock."""
        with self._changed:
            self._running = False
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._clock.queue.on_earlier = _idle

    def _wake(self) -> None:
        # Whoever arms a timer holds the machine's lock already; it is reentrant.
        with self._changed:
            self._changed.notify_all()

    def _run(self) -> None:
        while self._running:
            try:
                more = self._pass()
            except Exception as error:
                self._failed(error)
                return
            if more:
                time.sleep(PAUSE)

    def _pass(self) -> bool:
        """Fire what is due; if that was all, sleep until the next deadline. True if more is due."""
        with self._changed:
            if self._due():
                self._before()
                if self._clock.run_due(BUDGET):
                    return True
            if self._running:
                self._changed.wait(self._distance())
        return False

    def _due(self) -> bool:
        deadline = self._clock.next_deadline()
        return deadline is not None and deadline <= self._clock.now()

    def _distance(self) -> float:
        """Seconds to the next deadline."""
        deadline = self._clock.next_deadline()
        if deadline is None:
            return LONGEST
        return min(max(deadline - self._clock.now(), 0) / 1e9, LONGEST)


def _idle() -> None:
    """Nobody sleeps."""
