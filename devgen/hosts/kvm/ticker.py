"""A thread that fires the machine's timers when they are due.

It sleeps until the next deadline, or until an earlier one is armed. It clears the event that arming sets before it
computes the time to sleep, so no deadline is missed in between. After each start it checks the queue first, so a
deadline that passed while the machine was stopped is not missed either.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from devgen.runtime.base.machine_lock import MachineLock
from devgen.runtime.time.clock import MasterClock

BUDGET = 64  # timers fired before the guest's processors get the lock again
PAUSE = 50e-6  # seconds for which they can take the lock
LONGEST = 3600.0  # longest sleep in seconds; an unnecessary wake-up is harmless


class Ticker:
    """Fires ``clock``'s timers while started. ``before`` is called under the lock before timers fire."""

    def __init__(
        self,
        lock: MachineLock,
        clock: MasterClock,
        before: Callable[[], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        self._lock = lock
        self._changed = threading.Event()
        self._clock = clock
        self._before = before
        self._failed = failed
        self._thread: threading.Thread | None = None
        self._running = False

    def start(self) -> None:
        """Start the thread."""
        self._running = True
        self._clock.queue.on_earlier = self._changed.set
        self._thread = threading.Thread(target=self._run, name="kvm-timers", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread; timers stay armed. The caller must not hold the lock."""
        self._running = False
        self._changed.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._clock.queue.on_earlier = _idle

    def _run(self) -> None:
        while self._running:
            self._changed.clear()
            try:
                pause = self._pass()
            except Exception as error:
                self._failed(error)
                return
            if self._running:
                self._changed.wait(pause)

    def _pass(self) -> float:
        """Fire due timers; return the seconds to sleep."""
        with self._lock:
            if self._due() or self._clock.waiting:
                self._before()
                if self._clock.run_due(BUDGET):
                    # An event that is set would end the pause early, and the guest must make progress.
                    self._changed.clear()
                    return PAUSE
            return self._distance()

    def _due(self) -> bool:
        deadline = self._clock.next_deadline()
        return deadline is not None and deadline <= self._clock.now()

    def _distance(self) -> float:
        """Return the seconds to the next deadline."""
        deadline = self._clock.next_deadline()
        if deadline is None:
            return LONGEST
        return min(max(deadline - self._clock.now(), 0) / 1e9, LONGEST)


def _idle() -> None:
    """Do nothing: the default callback."""
