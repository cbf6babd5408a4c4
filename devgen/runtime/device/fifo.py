"""First-in-first-out buffers of devices."""

from __future__ import annotations

from devgen.runtime.base.plain_state import Json, integer, mapping, sequence


class Fifo:
    """A ring of ``depth`` slots of ``width`` bits each.

    What is pushed on a full FIFO is lost, popping an empty one does nothing: a guest can make it do both at any time.
    ``fifo[n]`` is the entry behind ``n`` older ones. Behind the newest there are slots too; they read what they last
    held, as memory does.
    """

    __slots__ = ("_head", "_slots", "count", "depth", "width")

    def __init__(self, depth: int, width: int) -> None:
        self.depth = depth
        self.width = width
        self.count = 0
        """Entries in it, ``0 .. depth``."""
        self._head = 0
        self._slots = [0] * depth

    @property
    def free(self) -> int:
        """How many entries still fit in."""
        return self.depth - self.count

    @property
    def empty(self) -> bool:
        """Whether there is no entry in it."""
        return self.count == 0

    @property
    def full(self) -> bool:
        """Whether nothing more fits in."""
        return self.count == self.depth

    def __getitem__(self, index: int) -> int:
        """Entry ``index`` (``0 .. depth - 1``) from the oldest on."""
        return self._slots[(self._head + index) % self.depth]

    def push(self, value: int) -> None:
        """Put ``value`` behind the newest entry."""
        if self.count < self.depth:
            self._slots[(self._head + self.count) % self.depth] = value
            self.count += 1

    def pop(self) -> None:
        """Take the oldest entry out."""
        if self.count:
            self._head = (self._head + 1) % self.depth
            self.count -= 1

    def clear(self) -> None:
        """Take all entries out and begin again at the first slot; slots keep what they held."""
        self._head = self.count = 0

    def reset(self) -> None:
        """Be as new."""
        self.clear()
        self._slots = [0] * self.depth

    # --- snapshots -----------------------------------------------------------------------

    def save(self) -> dict[str, Json]:
        """All that it is, as plain data."""
        return {"head": self._head, "count": self.count, "slots": list(self._slots)}

    def check_state(self, data: Json, what: str) -> tuple[int, int, list[int]]:
        """Head, count and slots of saved data. Raises StateError for data that ``save`` cannot have given."""
        fields = mapping(data, what, ("head", "count", "slots"))
        head = integer(fields["head"], 0, self.depth - 1, f"head of {what}")
        count = integer(fields["count"], 0, self.depth, f"count of {what}")
        slots = sequence(fields["slots"], self.depth, f"slots of {what}")
        return head, count, [integer(one, 0, (1 << self.width) - 1, f"a slot of {what}") for one in slots]

    def restore(self, head: int, count: int, slots: list[int]) -> None:
        """Become what ``check_state`` has found in order."""
        self._head, self.count, self._slots = head, count, slots
