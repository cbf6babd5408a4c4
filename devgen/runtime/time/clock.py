"""Clocks in nanoseconds.

A machine has one master clock (``virtual``), manual in tests and replays, live on a CPU host. ``rtc`` and ``host``
stand at an offset from it, so that all timers of a machine lie in one queue and fire in one order: by deadline,
equal deadlines in the order in which they were armed.

What is due now fires now. An *entry* into a device is one access, one GPIO input that is driven, one received byte, one
doorbell, one reset or one timer. A timer that an entry arms for the present time, or for a time that has passed, does
not fire in the middle of that entry; it fires as soon as the entry ends, before anything else happens to any device and
before the guest's next instruction. Each host calls `MasterClock.settle` there if ``queue.due`` says so; only arming a
timer sets ``queue.due``, so an entry that arms none pays nothing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from devgen.runtime.time.deadline_queue import Deadline, TimerQueue

AT_ONCE_LIMIT = 64
"""Timers that fire at the end of one entry, so that a timer which re-arms itself for now cannot hang a host. The others
stay due: they fire when a manual clock is next moved, or in the next passes of a live host, between which the guest
runs. The first time, one line is logged."""

_log = logging.getLogger("devgen.time")

NEVER = (1 << 63) - 1
"""The last nanosecond that exists; a deadline there is never reached."""

SAME_TIME_LIMIT = 4096
"""Expirations at one nanosecond of a manual clock, after which time moves on by 1 ns (the minimum progress rule)."""


class Clock:
    """A source of time: ``now()`` in ns, at ``offset`` ns from the master clock, whose ``queue`` it shares."""

    __slots__ = ("offset", "queue")

    def __init__(self, queue: TimerQueue, offset: int = 0) -> None:
        self.queue = queue
        self.offset = offset

    def now(self) -> int:
        """The present time in ns."""
        raise NotImplementedError


class MasterClock(Clock):
    """A clock that owns its queue and can be asked to fire what is due."""

    __slots__ = ("_overran",)

    def __init__(self) -> None:
        super().__init__(TimerQueue())
        self._overran = False

    def set_time(self, now: int) -> None:
        """Put the clock at ``now`` without firing anything (a snapshot's restore does this before its timers)."""
        raise NotImplementedError

    def next_deadline(self) -> int | None:
        """The soonest armed deadline on this clock, or None. It may lie in the past."""
        return self.queue.deadline()

    def run_due(self, limit: int) -> bool:
        """Fire at most ``limit`` timers that are due now, soonest first; True if some are still due."""
        queue = self.queue
        for _ in range(limit):
            deadline = queue.deadline()
            if deadline is None or deadline > self.now():
                queue.due = False
                return False
            queue.pop().expire()
        queue.due = False
        deadline = queue.deadline()
        return deadline is not None and deadline <= self.now()

    def settle(self) -> None:
        """End an entry into a device: fire what is due now, at most `AT_ONCE_LIMIT` timers, soonest first.

        Does nothing unless ``queue.due``. Must not be called while a device's handler is running.
        """
        queue = self.queue
        left = AT_ONCE_LIMIT
        while queue.due:
            queue.due = False
            now = self.now()
            while (deadline := queue.deadline()) is not None and deadline <= now:
                if not left:
                    queue.due = False
                    self._overrun(now)
                    return
                left -= 1
                self._fire(queue.pop(), deadline)

    def _fire(self, timer: Deadline, deadline: int) -> None:
        """Let a timer act that was taken out of the queue."""
        timer.expire()

    def _overrun(self, now: int) -> None:
        if not self._overran:
            self._overran = True
            _log.warning(
                "more than %d timers fire one after another at %d ns; the others fire later", AT_ONCE_LIMIT, now
            )


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

    def follow(self, clock: OffsetClock) -> None:
        """Make ``clock`` keep step with the host's time also while this one is held (an rtc on the wall's time)."""
        self._followers.append((clock, clock.now() - self._source()))


class OffsetClock(Clock):
    """A clock at a fixed distance from a master clock: ``rtc`` (ns since 1970) and ``host``."""

    __slots__ = ("_now",)

    def __init__(self, base: Clock, offset: int = 0) -> None:
        super().__init__(base.queue, base.offset + offset)
        self._now = base.now

    def now(self) -> int:
        """The present time in ns."""
        return self._now() + self.offset

    def set_offset(self, offset: int) -> None:
        """Change the distance; armed timers keep their deadlines on this clock."""
        self.queue.shift(self, self.offset - offset)
        self.offset = offset


@dataclass(slots=True)
class Clocks:
    """The three clocks that a description can name. ``virtual`` is the master and stops with the VM."""

    virtual: MasterClock
    rtc: Clock
    host: Clock

    @staticmethod
    def manual(start: int = 0, rtc_epoch: int = 0) -> Clocks:
        """Clocks for tests and replays: time from ``start`` ns; the rtc reads ``rtc_epoch`` seconds at time 0."""
        virtual = VirtualClock(start)
        return Clocks(virtual, OffsetClock(virtual, rtc_epoch * 1_000_000_000), OffsetClock(virtual))

    @staticmethod
    def live(*, running: bool = True) -> Clocks:
        """Clocks for a CPU host: rtc is the wall's time as of now, and goes on while the VM is held."""
        virtual = LiveClock(running=running)
        rtc = OffsetClock(virtual, time.time_ns() - virtual.now())
        host = OffsetClock(virtual, time.monotonic_ns() - virtual.now())
        virtual.follow(rtc)
        virtual.follow(host)
        return Clocks(virtual, rtc, host)
