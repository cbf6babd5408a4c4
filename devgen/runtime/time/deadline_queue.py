"""The one queue of deadlines that the clocks of a machine share."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Protocol

_SLACK = 64


class Deadline(Protocol):
    """What waits in the queue: a `devgen.runtime.time.timer.Timer`."""

    @property
    def clock(self) -> object:
        """The clock whose ns the deadline counts."""

    sequence: int
    """Marks its live entry; 0 when there is none."""

    def expire(self) -> None:
        """It has been taken out of the queue: act."""


def _idle() -> None:
    """Tell nobody."""


class TimerQueue:
    """Armed timers, soonest first. Cancelled entries are skipped later; they never outnumber the live ones by much."""

    __slots__ = ("_heap", "_sequence", "due", "expirations", "live", "on_due", "on_earlier")

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Deadline]] = []
        self.live = 0
        """How many timers are armed."""
        self._sequence = 0
        self.expirations = 0
        """How many timers have been taken out to fire."""
        self.on_earlier: Callable[[], None] = _idle
        """Called when a deadline comes before all others: a live host's timer thread must be woken."""
        self.due = False
        """A timer was armed for the present time or an earlier one: `MasterClock.settle` fires it."""
        self.on_due: Callable[[], None] = _idle
        """Called when ``due`` becomes true: a host that does not look at ``due`` after each entry must settle soon."""

    def __len__(self) -> int:
        """How many timers are armed."""
        return self.live

    def push(self, deadline: int, timer: Deadline) -> None:
        """Enter ``timer`` at ``deadline`` (master clock's ns), marked by a new sequence number."""
        self._sequence += 1
        timer.sequence = self._sequence
        self.live += 1
        heappush(self._heap, (deadline, self._sequence, timer))
        if len(self._heap) > 2 * self.live + _SLACK:
            self._compact()
        if self._heap[0][1] == self._sequence:
            self.on_earlier()

    def note_due(self) -> None:
        """The timer that was just pushed is due already."""
        if not self.due:
            self.due = True
            self.on_due()

    def forget(self) -> None:
        """Account for one entry whose timer no longer carries its sequence number."""
        self.live -= 1

    def deadline(self) -> int | None:
        """The soonest live deadline on the master clock."""
        heap = self._heap
        while heap:
            deadline, sequence, timer = heap[0]
            if timer.sequence == sequence:
                return deadline
            heappop(heap)
        return None

    def pop(self) -> Deadline:
        """Take out the soonest live timer, which ``deadline()`` has just shown to exist."""
        self.live -= 1
        self.expirations += 1
        return heappop(self._heap)[2]

    def shift(self, clock: object, delta: int) -> None:
        """Move the deadlines of the timers of ``clock`` by ``delta`` ns, keeping their order among each other."""
        self._heap = [
            (deadline + delta if timer.clock is clock else deadline, sequence, timer)
            for deadline, sequence, timer in self._heap
            if timer.sequence == sequence
        ]
        heapify(self._heap)
        self.on_earlier()

    def armed(self) -> list[Deadline]:
        """The armed timers in the order in which equal deadlines would fire: the order of arming."""
        live = [(sequence, timer) for _, sequence, timer in self._heap if timer.sequence == sequence]
        return [timer for _, timer in sorted(live, key=lambda entry: entry[0])]

    def _compact(self) -> None:
        self._heap = [entry for entry in self._heap if entry[2].sequence == entry[1]]
        heapify(self._heap)
