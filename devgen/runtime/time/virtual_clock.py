"""The clock of tests and replays: time moves when it is told to."""

from __future__ import annotations

from devgen.runtime.time.master_clock import MasterClock

SAME_TIME_LIMIT = 4096
"""Expirations at one nanosecond of a manual clock, after which time moves on by 1 ns (the minimum progress rule)."""


class VirtualClock(MasterClock):
    """A manual clock: time moves only when told to, and a timer fires with ``now()`` equal to its own deadline.

    Minimum progress: when 4,096 timers have fired at one nanosecond, the clock moves on by 1 ns before the next one,
    so that a timer which re-arms itself at ``now`` for ever cannot stop time. No real device comes near that number.
    """

    __slots__ = ("_now",)

    def __init__(self, start: int = 0) -> None:
        super().__init__()
        self._now = start

    def now(self) -> int:
        """The present time in ns."""
        return self._now

    def set_time(self, now: int) -> None:
        """Put the clock at ``now`` without firing anything (a snapshot's restore does this before its timers)."""
        self._now = now

    def advance(self, ns: int) -> None:
        """Move time forward by ``ns`` (>= 0), firing on the way. Exact: the work is what the timers ask for."""
        self.run_until(self._now + ns)

    def run_until(self, t: int, limit: int | None = None) -> bool:
        """Move time to ``t``, firing on the way; True if it got there.

        With ``limit``, at most that many timers fire: then the clock stands where the last one fired, the rest is
        still due, and False comes back. A host in front of a hostile guest uses it: a guest that programs a periodic
        timer of one tick costs bounded work a pass, while virtual time may lag behind.
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
