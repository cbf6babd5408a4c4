"""Timers: deadlines on a clock."""

from __future__ import annotations

from collections.abc import Callable

from devgen.runtime.time.clock import NEVER, Clock


class Timer:
    """A one-shot timer that calls ``callback`` at a deadline in ns on ``clock``; its callback may re-arm it."""

    __slots__ = ("_callback", "clock", "deadline", "sequence", "waiting")

    def __init__(self, clock: Clock, callback: Callable[[], None]) -> None:
        self.clock = clock
        self._callback = callback
        self.deadline: int | None = None
        """The armed deadline in ns on the timer's own clock, 0 .. 2^63-1; None when not armed."""
        self.sequence = 0
        """Sequence number of the timer's live queue entry; 0 if it has none."""
        self.waiting = False
        """Whether the timer is suspended by a stopped counter, which arms it again when it starts."""

    @property
    def armed(self) -> bool:
        """Whether a deadline is pending, or will be when the timer's counter starts."""
        return self.waiting or self.deadline is not None

    def arm_at(self, deadline: int | None) -> None:
        """Arm or re-arm at ``deadline`` ns (clamped to 0 .. 2^63-1); None cancels.

        The timer fires after all timers that were armed before for the same time. A deadline at or before the present
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
        """Arm at the earliest of ``deadlines`` (ns), ignoring None; cancel if all are None."""
        self.arm_at(min((deadline for deadline in deadlines if deadline is not None), default=None))

    def cancel(self) -> None:
        """Disarm. Does nothing if the timer is not armed."""
        self.arm_at(None)

    def wait(self) -> None:
        """Suspend: stay armed without a deadline until the timer's counter starts again."""
        self.arm_at(None)
        self.waiting = True

    def expire(self) -> None:
        """Call the callback; called by the clock after it has removed the timer from the queue."""
        self.sequence = 0
        self.deadline = None
        self._callback()
