"""The accesses that an address space has resolved, by direction, size and address; their number is bounded.

Everything is kept: registers, and what a guest should not access (an offset without a register, a gap, a range over
two regions), since a guest can poll that too. The oldest leaves first, so an access that is in use and leaves is
resolved again once for each `LIMIT` new ones.
"""

from __future__ import annotations

from collections import deque
from typing import Final, TypeVar

from devgen.runtime.memory.access import Reader, Writer
from devgen.runtime.memory.shared_bytes import MAX_SIZE

LIMIT: Final = 32768
"""Accesses kept by an address space. One takes 0.4 KiB, and up to 2 KiB if it is composed of pieces: at most 64 MiB."""

Closure = TypeVar("Closure", Reader, Writer)


class ResolvedAccesses:
    """``readers[size][address]`` and ``writers[size][address]``: look-ups are the caller's, `keep` adds."""

    __slots__ = ("_order", "readers", "writers")

    def __init__(self) -> None:
        """Nothing is kept yet."""
        self.readers: dict[int, dict[int, Reader]] = {size: {} for size in range(1, MAX_SIZE + 1)}
        self.writers: dict[int, dict[int, Writer]] = {size: {} for size in range(1, MAX_SIZE + 1)}
        self._order: deque[tuple[dict[int, Reader] | dict[int, Writer], int]] = deque()

    def __len__(self) -> int:
        """Accesses kept."""
        return len(self._order)

    def keep(self, table: dict[int, Closure], address: int, closure: Closure) -> None:
        """Add an access, that is not in ``table``, one of the above; closures handed out before stay good."""
        if len(self._order) >= LIMIT:
            old_table, old_address = self._order.popleft()
            del old_table[old_address]
        self._order.append((table, address))
        table[address] = closure

    def clear(self) -> None:
        """Forget all."""
        for readers in self.readers.values():
            readers.clear()
        for writers in self.writers.values():
            writers.clear()
        self._order.clear()
