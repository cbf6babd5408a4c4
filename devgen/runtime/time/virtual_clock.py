"""The clock of tests and replays: time advances only by explicit calls."""

from __future__ import annotations

from devgen.runtime.time.master_clock import MasterClock

SAME_TIME_LIMIT = 4096
"""Expirations at one nanosecond of a manual clock after which time advances by 1 ns (minimum progress)."""


class VirtualClock(MasterClock):
    """A manual clock: time advances only by explicit calls, and ``now()`` is a timer's deadline when it fires.

    Minimum progress: when `SAME_TIME_LIMIT` timers have fired at one nanosecond, the clock advances by 1 ns before the
    next, so that a timer which always re-arms itself at ``now`` cannot stop time. No real device reaches that number.
    """

    __slots__ = ("_now",)

    def __init__(self, start: int = 0) -> None:
        super().__init__()
        self._now = start

    def now(self) -> int:
        """Return the present time in ns."""
        return self._now

    def set_time(self, now: int) -> None:
        """Set the clock to ``now`` (ns) without firing timers; used before a snapshot's timers are restored."""
        self._now = now

    def advance(self, ns: int) -> None:
        """Advance time by ``ns`` (>= 0) and fire each timer at its deadline; the number of timers is not limited."""
        self.run_until(self._now + ns)

    def run_until(self, t: int, limit: int | None = None) -> bool:
        """Advance time to ``t`` (ns) and fire each timer at its deadline; return True if ``t`` was reached.

        With ``limit``, at most that many timers fire. If more are due, the clock stops at the deadline of the last one
        fired and False is returned. Hosts use a limit because a guest is untrusted: a periodic timer of one tick then
        costs bounded work per call, while virtual time may lag.
        """
        queue = self.queue
        fired = here = 0
        while (deadline := queue.deadline()) is not None and deadline <= t:
            if fired == limit:
                return False
            if deadline > self._now:
                self._now = deadline
                here = 0
            elif here >= SAME_TIME_LIMIT:
                if self._now >= t:
                    queue.due = False
                    return True
                self._now += 1
                here = 0
            queue.pop().expire()
            fired += 1
            here += 1
        self._now = max(self._now, t)
        queue.due = False
        return True
