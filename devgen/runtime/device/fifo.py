"""First-in-first-out buffers of devices."""

from __future__ import annotations

from devgen.runtime.base.plain_state import Json, integer, mapping, sequence


class Fifo:
    """A FIFO with ``depth`` slots of ``width`` bits each.

    Pushing to a full FIFO drops the value, and popping an empty FIFO does nothing, because a guest can do both at any
    time. ``fifo[n]`` is the n-th entry from the oldest. Slots after the newest entry read the value that they last
    held, as a memory does.
    """

    __slots__ = ("_head", "_slots", "count", "depth", "width")

    def __init__(self, depth: int, width: int) -> None:
        self.depth = depth
        self.width = width
        self.count = 0
        """Number of entries, ``0 .. depth``."""
        self._head = 0
        self._slots = [0] * depth

    @property
    def free(self) -> int:
        """Number of free slots."""
        return self.depth - self.count

    @property
    def empty(self) -> bool:
        """Whether there are no entries."""
        return self.count == 0

    @property
    def full(self) -> bool:
        """Whether there are no free slots."""
        return self.count == self.depth

    def __getitem__(self, index: int) -> int:
        """Return entry ``index`` (``0 .. depth - 1``), counted from the oldest."""
        return self._slots[(self._head + index) % self.depth]

    def push(self, value: int) -> None:
        """Append ``value`` after the newest entry; dropped if the FIFO is full."""
        if self.count < self.depth:
            self._slots[(self._head + self.count) % self.depth] = value
            self.count += 1

    def pop(self) -> None:
        """Remove the oldest entry; does nothing if the FIFO is empty."""
        if self.count:
            self._head = (self._head + 1) % self.depth
            self.count -= 1

    def clear(self) -> None:
        """Remove all entries and start again at the first slot; slots keep their values."""
        self._head = self.count = 0

    def reset(self) -> None:
        """Remove all entries and set all slots to 0."""
        self.clear()
        self._slots = [0] * self.depth

    # --- snapshots -----------------------------------------------------------------------

    def save(self) -> dict[str, Json]:
        """Return the FIFO's state as plain data."""
        return {"head": self._head, "count": self.count, "slots": list(self._slots)}

    def check_state(self, data: Json, what: str) -> tuple[int, int, list[int]]:
        """Return head, count and slots of saved data. Raises StateError for data that ``save`` cannot return."""
        fields = mapping(data, what, ("head", "count", "slots"))
        head = integer(fields["head"], 0, self.depth - 1, f"head of {what}")
        count = integer(fields["count"], 0, self.depth, f"count of {what}")
        slots = sequence(fields["slots"], self.depth, f"slots of {what}")
        return head, count, [integer(slot, 0, (1 << self.width) - 1, f"a slot of {what}") for slot in slots]

    def restore(self, head: int, count: int, slots: list[int]) -> None:
        """Restore the values that ``check_state`` returned."""
        self._head, self.count, self._slots = head, count, slots
