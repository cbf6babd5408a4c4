"""The queue of deadlines that all clocks of a machine share."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Protocol

_SLACK = 64


class Deadline(Protocol):
    """The interface of the queue's elements; `devgen.runtime.time.timer.Timer` implements it."""

    @property
    def clock(self) -> object:
        """The clock on which the timer's deadline is given in ns."""

    sequence: int
    """Sequence number of the timer's live queue entry; 0 if it has none."""

    def expire(self) -> None:
        """Called after the queue has removed the timer because it is due."""


def _idle() -> None:
    """Do nothing: the default callback."""


class TimerQueue:
    """A heap of armed timers by deadline.

    Entries of cancelled timers are dropped when they reach the top, or when they outnumber the live entries.
    """

    __slots__ = ("_heap", "_sequence", "due", "expirations", "live", "on_due", "on_earlier")

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Deadline]] = []
        self.live = 0
        """Number of armed timers."""
        self._sequence = 0
        self.expirations = 0
        """Number of timers that have been removed to fire."""
        self.on_earlier: Callable[[], None] = _idle
        """Called when a new deadline is the soonest one: a live host must wake its timer thread."""
        self.due = False
        """Whether a timer was armed for the present time or an earlier one; `MasterClock.settle` fires it."""
        self.on_due: Callable[[], None] = _idle
        """Called when ``due`` becomes True, for a host that does not test ``due`` after each entry."""

    def __len__(self) -> int:
        """Return the number of armed timers."""
        return self.live

    def push(self, deadline: int, timer: Deadline) -> None:
        """Add ``timer`` at ``deadline`` (ns of the master clock) and set its sequence number."""
        self._sequence += 1
        timer.sequence = self._sequence
        self.live += 1
        heappush(self._heap, (deadline, self._sequence, timer))
        if len(self._heap) > 2 * self.live + _SLACK:
            self._compact()
        if self._heap[0][1] == self._sequence:
            self.on_earlier()

    def note_due(self) -> None:
        """Set ``due``: the timer that was just pushed is already due."""
        if not self.due:
            self.due = True
            self.on_due()

    def forget(self) -> None:
        """Count one entry as cancelled; its timer no longer has the entry's sequence number."""
        self.live -= 1

    def deadline(self) -> int | None:
        """Return the soonest live deadline in ns of the master clock, or None."""
        heap = self._heap
        while heap:
            deadline, sequence, timer = heap[0]
            if timer.sequence == sequence:
                return deadline
            heappop(heap)
        return None

    def pop(self) -> Deadline:
        """Remove and return the soonest live timer. Call it only right after ``deadline()`` returned a deadline."""
        self.live -= 1
        self.expirations += 1
        return heappop(self._heap)[2]

    def shift(self, clock: object, delta: int) -> None:
        """Move the deadlines of all timers on ``clock`` by ``delta`` ns; equal deadlines keep their order."""
        self._heap = [
            (deadline + delta if timer.clock is clock else deadline, sequence, timer)
            for deadline, sequence, timer in self._heap
            if timer.sequence == sequence
        ]
        heapify(self._heap)
        self.on_earlier()

    def armed(self) -> list[Deadline]:
        """Return the armed timers in order of arming, the order in which equal deadlines fire."""
        live = [(sequence, timer) for _, sequence, timer in self._heap if timer.sequence == sequence]
        return [timer for _, timer in sorted(live, key=lambda entry: entry[0])]

    def _compact(self) -> None:
        self._heap = [entry for entry in self._heap if entry[2].sequence == entry[1]]
        heapify(self._heap)
