"""The clock of a guest on a CPU host: the host's time, held while the machine is.

Lost ticks are delayed (QEMU's and libvirt's word for it): a timer that the host is too slow for fires as often as it
should, in order, and the guest's time waits meanwhile. When a timer is more than `LATE_LIMIT` late, time stands still
until what is due has fired. So the work that a fast timer leaves undone is bounded, no other timer waits behind more of
it, and counters agree with the timers that have fired. ``rtc`` and ``host`` wait as well; they are back on the wall's
time when the machine is next started. A timer that need not make up what it missed re-arms itself with ``arm_in``.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from typing import Final

from devgen.runtime.time.deadline_queue import Deadline
from devgen.runtime.time.master_clock import Clock, MasterClock, OffsetClock

LATE_LIMIT: Final = 100_000_000
"""Nanoseconds that the soonest timer may be late before time waits for it."""

HELD_EXPIRATIONS: Final = 4096
"""Timers that fire while time waits, after which it moves on: a timer that is always due must not stop time."""

REPORT_AFTER: Final = 1_000_000_000
"""Nanoseconds of lateness and waiting, since the last report, of which the user is told."""

REPORT_EVERY: Final = 10_000_000_000
"""Nanoseconds of the host's time between two such reports."""

_log = logging.getLogger("devgen.time")


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
        "_held_from",
        "_held_since",
        "_latched",
        "_latches",
        "_reached",
        "_recordings",
        "_reported",
        "_reported_at",
        "_running_due",
        "_source",
        "_started",
        "_waited",
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
        self._held_since: int | None = None  # the source's time since which time waits for late timers
        self._held_from = 0  # the queue's expirations then
        self._waited = 0
        self._reported = 0
        self._reported_at: int | None = None

    def now(self) -> int:
        """The present time in ns; it stands still between ``stop()`` and ``start()``, and while it is latched."""
        if self._latched is not None:
            return self._latched
        if self._started is None:
            return self._base
        return self._base + self._source() - self._started

    @property
    def running(self) -> bool:
        """Whether the machine runs. Its time may still wait for late timers (`waiting`)."""
        return self._started is not None or self._held_since is not None

    @property
    def waiting(self) -> bool:
        """Whether time waits until timers that are late have fired: ``run_due`` must be called soon."""
        return self._held_since is not None

    def stop(self) -> None:
        """Hold time. Does nothing when it is held already."""
        self._base = self.now()
        self._started = None
        self._end_wait()

    def start(self) -> None:
        """Let time go on from where it was held; clocks that follow the wall catch up with it."""
        if self.running:
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
        """Fire at most ``limit`` timers that are due now, soonest first; True if some are still due.

        If the soonest of these is very late, time waits from here on until they have fired.
        """
        exact = self._recordings > 0
        more = self._run_exact(max(self.now(), self._reached), limit) if exact else super().run_due(limit)
        deadline = self.queue.deadline() if more else None
        late = 0 if deadline is None else self.now() - deadline
        if self._held_since is not None and (not more or self.queue.expirations - self._held_from >= HELD_EXPIRATIONS):
            self._started = self._source()
            self._end_wait()
        elif late > LATE_LIMIT and self._started is not None:
            self._base = self.now()
            self._started = None
            self._held_since = self._source()
            self._held_from = self.queue.expirations
        if late or self._waited > self._reported:
            self._report(late)
        return more

    def _end_wait(self) -> None:
        if self._held_since is not None:
            self._waited += self._source() - self._held_since
            self._held_since = None

    def _report(self, late: int) -> None:
        """Tell the user once in a while by how much the host is too slow for the timers."""
        behind, wall = late + self._waited - self._reported, self._source()
        recent = self._reported_at is not None and wall - self._reported_at < REPORT_EVERY
        if behind >= REPORT_AFTER and not recent:
            self._reported, self._reported_at = self._waited + late, wall
            _log.warning(
                "timers are %.1f s behind: the host is too slow for them, the guest's time waits", behind / 1e9
            )

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
