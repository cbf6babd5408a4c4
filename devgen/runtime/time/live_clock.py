"""The clock of a guest on a CPU host: the host's time, held while the machine is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from devgen.runtime.time.deadline_queue import Deadline
from devgen.runtime.time.master_clock import Clock, MasterClock, OffsetClock


class LiveClock(MasterClock):
    """The host's monotonic time, counted only while started: what a guest on a CPU host lives by.

    A device sees the real time, so a timer fires at or after its deadline. ``run_due(limit)`` bounds the work of one
    pass whatever the guest has programmed; a host calls it again after it has let the guest run.
    """

    __slots__ = (
        "_base",
        "_exact",
        "_expiring",
        "_followers",
        "_latched",
        "_latches",
        "_reached",
        "_recordings",
        "_running_due",
        "_source",
        "_started",
    )

    def __init__(self, start: int = 0, source: Callable[[], int] = time.monotonic_ns, *, running: bool = True) -> None:
        super().__init__()
        self._source = source
        self._base = start
        self._started: int | None = source() if running else None
        self._followers: list[tuple[OffsetClock, int]] = []
        self._exact: set[Deadline] = set()
        self._latched: int | None = None
        self._latches = 0
        self._recordings = 0
        self._expiring = start
        self._reached = start
        self._running_due = False

    def now(self) -> int:
        """The present time in ns; it stands still between ``stop()`` and ``start()``, and while it is latched."""
        if self._latched is not None:
            return self._latched
        if self._started is None:
            return self._base
        return self._base + self._source() - self._started

    @property
    def running(self) -> bool:
        """Whether time passes."""
        return self._started is not None

    def stop(self) -> None:
        """Hold time. Does nothing when it is held already."""
        self._base = self.now()
        self._started = None

    def start(self) -> None:
        """Let time go on from where it was held; clocks that follow the wall catch up with it."""
        if self._started is not None:
            return
        self._started = self._source()
        self._catch_up(self._started)

    def _catch_up(self, wall: int) -> None:
        """Put the followers where they are at ``wall``, the source's time at which this clock stands at its base."""
        for clock, distance in self._followers:
            clock.set_offset(wall + distance - self._base)

    def set_time(self, now: int) -> None:
        """Put the clock at ``now`` without firing anything, running or not; followers stay on the wall's time."""
        self._base = self._reached = now
        wall = self._source()
        if self._started is not None:
            self._started = wall
        self._catch_up(wall)

    # --- recording: time as a replay will see it -----------------------------------------

    def make_exact(self, timers: Iterable[Deadline]) -> None:
        """A recording begins: let its ``timers`` see their own deadlines when they fire late, as on a manual clock."""
        if not self._recordings:
            self._reached = self.now()
        self._recordings += 1
        self._exact.update(timers)

    def make_live(self, timers: Iterable[Deadline]) -> None:
        """The recording that has made ``timers`` exact ends."""
        self._recordings -= 1
        self._exact.difference_update(timers)

    def latch(self, limit: int) -> None:
        """Fire what is due (at most ``limit`` timers), then hold ``now()`` until ``unlatch``: one access, one time.

        Within another latch, or while timers fire, nothing more fires: what a timer causes happens at its deadline.
        """
        self._latches += 1
        if self._latched is not None:
            return
        if self._running_due:
            self._latched = self._reached = max(self._expiring, self._reached)
            return
        now = max(self.now(), self._reached)
        self._run_exact(now, limit)
        self._latched = self._reached = max(now, self._reached)

    def unlatch(self) -> None:
        """Let ``now()`` go on, once for each ``latch``."""
        self._latches -= 1
        if not self._latches:
            self._latched = None

    def run_due(self, limit: int) -> bool:
        """Fire at most ``limit`` timers that are due now, soonest first; True if some are still due."""
        if not self._recordings:
            return super().run_due(limit)
        return self._run_exact(max(self.now(), self._reached), limit)

    def settle(self) -> None:
        """See `MasterClock.settle`."""
        if not self._recordings:
            super().settle()
            return
        self._running_due = True
        try:
            super().settle()
        finally:
            self._running_due = False

    def _run_exact(self, now: int, limit: int) -> bool:
        """Fire what is due at ``now``, a moment fixed beforehand: what comes due meanwhile belongs to the next one."""
        queue = self.queue
        self._running_due = True
        try:
            for _ in range(limit):
                deadline = queue.deadline()
                if deadline is None or deadline > now:
                    return False
                queue.due = False
                self._fire(queue.pop(), deadline)
        finally:
            self._running_due = False
        return True

    def _fire(self, timer: Deadline, deadline: int) -> None:
        if not self._recordings:
            timer.expire()
            return
        self._expiring = deadline
        if timer not in self._exact:
            timer.expire()
            return
        self._latches += 1
        self._latched = self._reached = max(deadline, self._reached)
        try:
            timer.expire()
        finally:
            self.unlatch()

    def put(self, clock: Clock, now: int) -> None:
        """See `MasterClock.put`. A clock that keeps step with the host's time goes on doing so from ``now``."""
        super().put(clock, now)
        distance = now - self._source()
        self._followers = [(one, distance if one is clock else old) for one, old in self._followers]

    def follow(self, clock: OffsetClock) -> None:
        """Make ``clock`` keep step with the host's time also while this one is held (an rtc on the wall's time)."""
        self._followers.append((clock, clock.now() - self._source()))
