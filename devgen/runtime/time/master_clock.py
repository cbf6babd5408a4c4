"""Base classes of the clocks: reading the time, the queue of deadlines, and firing timers that are due.

See `devgen.runtime.time.clock` for when a timer fires.
"""

from __future__ import annotations

import logging

from devgen.runtime.time.deadline_queue import Deadline, TimerQueue

AT_ONCE_LIMIT = 64
"""Most timers that fire at the end of one entry, so that a timer which re-arms itself for now cannot hang a host.

Further timers remain due. They fire when a manual clock is next moved, or in the next cycles of a live host, between
which the guest runs. The first time, one line is logged.
"""

_log = logging.getLogger("devgen.time")

NEVER = (1 << 63) - 1
"""The greatest deadline in ns; it is never reached."""


class Clock:
    """A clock with ``now()`` in ns, at ``offset`` ns from the master clock, whose ``queue`` it shares."""

    __slots__ = ("offset", "queue")

    def __init__(self, queue: TimerQueue, offset: int = 0) -> None:
        self.queue = queue
        self.offset = offset

    def now(self) -> int:
        """Return the present time in ns."""
        raise NotImplementedError

    def hold(self) -> None:
        """Keep ``now()`` constant until ``release``, for parts of one action that must see the same time.

        A clock that only moves between actions does nothing.
        """

    def release(self) -> None:
        """Undo one ``hold``."""

    def time_reaching(self, moment: int, modulus: int | None = None) -> int | None:
        """Return the next time (ns) after now that equals ``moment``, modulo ``modulus`` (>= 1) if given, or None."""
        now = self.now()
        if modulus is not None:
            return now + ((moment - now) % modulus or modulus)
        return moment if moment > now else None


class MasterClock(Clock):
    """A clock that owns the queue of deadlines and fires the timers that are due."""

    __slots__ = ("_overran",)

    def __init__(self) -> None:
        super().__init__(TimerQueue())
        self._overran = False

    @property
    def waiting(self) -> bool:
        """Whether time is stopped for late timers: a host must call ``run_due`` soon, even if none is due any more."""
        return False

    def set_time(self, now: int) -> None:
        """Set the clock to ``now`` (ns) without firing timers; used before a snapshot's timers are restored."""
        raise NotImplementedError

    def put(self, clock: Clock, now: int) -> None:
        """Make ``clock`` read ``now`` (ns) if it is an `OffsetClock` of this clock; other clocks are not changed."""
        if isinstance(clock, OffsetClock):
            clock.set_offset(now - self.now())

    def next_deadline(self) -> int | None:
        """Return the soonest armed deadline in ns of this clock, or None. It may be in the past."""
        return self.queue.deadline()

    def run_due(self, limit: int) -> bool:
        """Fire at most ``limit`` timers that are due now, soonest first; return True if some are still due."""
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
        """End an entry into a device: fire at most `AT_ONCE_LIMIT` timers that are due now, soonest first.

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
        """Fire a timer that has been removed from the queue."""
        timer.expire()

    def _overrun(self, now: int) -> None:
        if not self._overran:
            self._overran = True
            _log.warning(
                "more than %d timers are due at %d ns after one event; the others fire later", AT_ONCE_LIMIT, now
            )


class OffsetClock(Clock):
    """A clock at an offset from a master clock: ``rtc`` (ns since 1970) and ``host``."""

    __slots__ = ("_base", "_now")

    def __init__(self, base: Clock, offset: int = 0) -> None:
        super().__init__(base.queue, base.offset + offset)
        self._base = base
        self._now = base.now

    def now(self) -> int:
        """Return the present time in ns."""
        return self._now() + self.offset

    def hold(self) -> None:
        """See `Clock.hold`."""
        self._base.hold()

    def release(self) -> None:
        """See `Clock.release`."""
        self._base.release()

    def set_offset(self, offset: int) -> None:
        """Set the offset in ns; armed timers keep their deadlines on this clock."""
        self.queue.shift(self, self.offset - offset)
        self.offset = offset
