"""The virtual clock of a guest on a CPU host: the host's monotonic time, stopped while the machine is paused.

The tick policy is "delay" (the term of QEMU and libvirt): if the host is too slow for a timer, the timer still fires
each time, in order, and the guest's time is delayed. When the soonest timer is more than `LATE_LIMIT` late, time stops
until the due timers have fired. This bounds the backlog of a fast timer and the delay of other timers, and counters
agree with the timers that have fired. ``rtc`` and ``host`` stop too; they return to the wall-clock time when the
machine is next started. A timer that need not catch up on missed ticks re-arms itself with ``arm_in``.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from typing import Final

from devgen.runtime.time.deadline_queue import Deadline
from devgen.runtime.time.master_clock import Clock, MasterClock, OffsetClock

LATE_LIMIT: Final = 100_000_000
"""Nanoseconds by which the soonest timer may be late before time stops for it."""

HELD_EXPIRATIONS: Final = 4096
"""Timers that fire while time is stopped, after which time continues: a timer that is always due must not stop time."""

REPORT_AFTER: Final = 1_000_000_000
"""Nanoseconds of delay since the last warning that cause the next warning."""

REPORT_EVERY: Final = 10_000_000_000
"""Minimum host time in ns between two warnings."""

_log = logging.getLogger("devgen.time")


class LiveClock(MasterClock):
    """A master clock that follows the host's monotonic time while it is started.

    Time does not wait for timers, so a timer fires at or after its deadline. ``run_due(limit)`` bounds the work of one
    call for any timers that the guest has programmed; a host calls it again after it has run the guest.
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
        self._held_since: int | None = None  # the source's time at which time stopped for late timers
        self._held_from = 0  # the queue's expirations at that moment
        self._waited = 0
        self._reported = 0
        self._reported_at: int | None = None

    def now(self) -> int:
        """Return the present time in ns; it does not change between ``stop()`` and ``start()`` or while latched."""
        if self._latched is not None:
            return self._latched
        if self._started is None:
            return self._base
        return self._base + self._source() - self._started

    @property
    def running(self) -> bool:
        """Whether the clock is started. Its time may still be stopped for late timers (`waiting`)."""
        return self._started is not None or self._held_since is not None

    @property
    def waiting(self) -> bool:
        """Whether time is stopped until late timers have fired: ``run_due`` must be called soon."""
        return self._held_since is not None

    def stop(self) -> None:
        """Stop time. Does nothing if it is stopped."""
        self._base = self.now()
        self._started = None
        self._end_wait()

    def start(self) -> None:
        """Continue from the time at which the clock was stopped; followers return to the wall-clock time."""
        if self.running:
            return
        self._started = self._source()
        self._catch_up(self._started)

    def _catch_up(self, wall: int) -> None:
        """Set the followers to their times at ``wall``, the source's time at which this clock shows ``_base``."""
        for clock, distance in self._followers:
            clock.set_offset(wall + distance - self._base)

    def hold(self) -> None:
        """See `Clock.hold`."""
        self._latches += 1
        if self._latched is None:
            self._latched = self.now()

    def release(self) -> None:
        """See `Clock.release`."""
        self.unlatch()

    def set_time(self, now: int) -> None:
        """Set the clock to ``now`` without firing timers; followers keep the wall-clock time."""
        self._base = self._reached = now
        wall = self._source()
        if self._started is not None:
            self._started = wall
        self._catch_up(wall)

    # --- recording: time as a replay will see it -----------------------------------------

    def make_exact(self, timers: Iterable[Deadline]) -> None:
        """Begin a recording: when one of ``timers`` fires late, ``now()`` is its deadline, as on a manual clock."""
        if not self._recordings:
            self._reached = self.now()
        self._recordings += 1
        self._exact.update(timers)

    def make_live(self, timers: Iterable[Deadline]) -> None:
        """End the recording that called ``make_exact`` with ``timers``."""
        self._recordings -= 1
        self._exact.difference_update(timers)

    def latch(self, limit: int) -> None:
        """Fire due timers (at most ``limit``), then keep ``now()`` constant until ``unlatch``, for one access.

        Within another latch, and while timers fire, no timer fires here: effects of a timer happen at its deadline.
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
        """Undo one ``latch``; after the last one, ``now()`` continues."""
        self._latches -= 1
        if not self._latches:
            self._latched = None

    def run_due(self, limit: int) -> bool:
        """Fire at most ``limit`` timers that are due now, soonest first; return True if some are still due.

        If the soonest of the remaining timers is more than `LATE_LIMIT` late, time stops until they have fired.
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
        """Warn, at most once per `REPORT_EVERY`, by how much the timers are late."""
        behind, wall = late + self._waited - self._reported, self._source()
        recent = self._reported_at is not None and wall - self._reported_at < REPORT_EVERY
        if behind >= REPORT_AFTER and not recent:
            self._reported, self._reported_at = self._waited + late, wall
            _log.warning(
                "timers are %.1f s late: the host is too slow for them, so the guest's time is delayed", behind / 1e9
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
        """Fire the timers that are due at ``now``; timers that become due meanwhile belong to the next call."""
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
        """See `MasterClock.put`. A clock that follows the host's time continues to do so from ``now``."""
        super().put(clock, now)
        distance = now - self._source()
        self._followers = [(follower, distance if follower is clock else old) for follower, old in self._followers]

    def follow(self, clock: OffsetClock) -> None:
        """Make ``clock`` follow the host's time also while this clock is stopped, as an rtc does."""
        self._followers.append((clock, clock.now() - self._source()))
