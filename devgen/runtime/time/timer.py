"""Timers: deadlines on a clock."""

from __future__ import annotations

from collections.abc import Callable

from devgen.runtime.time.clock import NEVER, Clock


class Timer:
    """A deadline in ns on ``clock`` and what to do there. One-shot: a periodic timer is armed again by its callback."""

    __slots__ = ("_callback", "clock", "deadline", "sequence", "waiting")

    def __init__(self, clock: Clock, callback: Callable[[], None]) -> None:
        self.clock = clock
        self._callback = callback
        self.deadline: int | None = None
        """The armed deadline in ns on the timer's own clock, 0 .. 2^63-1; None when not armed."""
        self.sequence = 0
        """Marks the timer's live entry in the queue; 0 when there is none."""
        self.waiting = False
        """Armed on a counter that stands still: the counter arms it again when it runs."""

    @property
    def armed(self) -> bool:
        """Whether a deadline is pending, or will be once its counter runs."""
        return self.waiting or self.deadline is not None

    def arm_at(self, deadline: int | None) -> None:
        """Arm, or move, to ``deadline`` ns (clamped to 0 .. 2^63-1); None cancels.

        Each call takes a new place behind all timers armed for the same moment. A deadline at or before the present
        time fires when the present entry into the device ends (`MasterClock.settle`).
        """
        if self.sequence:
            self.sequence = 0
            self.clock.queue.forget()
        self.waiting = False
        if deadline is None:
            self.deadline = None
            return
        clock = self.clock
        self.deadline = deadline = min(max(deadline, 0), NEVER)
        clock.queue.push(deadline - clock.offset, self)
        if deadline <= clock.now():
            clock.queue.note_due()

    def arm_in(self, ns: int) -> None:
        """Arm ``ns`` after the clock's present time."""
        self.arm_at(self.clock.now() + ns)

    def arm_first(self, *deadlines: int | None) -> None:
        """Arm at the first of several ``deadlines`` (ns), of which None is never; disarm if all are None."""
        self.arm_at(min((deadline for deadline in deadlines if deadline is not None), default=None))

    def cancel(self) -> None:
        """Disarm; does nothing when not armed."""
        self.arm_at(None)

    def wait(self) -> None:
        """Stay armed without a deadline until the counter that it compares against runs again."""
        self.arm_at(None)
        self.waiting = True

    def expire(self) -> None:
        """Called by the clock, which has taken the timer out of the queue."""
        self.sequence = 0
        self.deadline = None
        self._callback()
