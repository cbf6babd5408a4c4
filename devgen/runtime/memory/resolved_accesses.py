"""The cache of an address space's resolved accesses, by direction, size and address; its size is bounded.

All accesses are cached, also those that a guest should not make (an offset without a register, an unassigned address, a
range over two regions), since a guest can poll those too. The oldest entry is removed first, so an access in use is
resolved again at most once for each `LIMIT` new accesses.
"""

from __future__ import annotations

from collections import deque
from typing import Final, TypeVar

from devgen.runtime.memory.access import Reader, Writer
from devgen.runtime.memory.shared_bytes import MAX_SIZE

LIMIT: Final = 32768
"""Most cached accesses. One takes 0.4 KiB, or up to 2 KiB if it is composed of pieces: together at most 64 MiB."""

Closure = TypeVar("Closure", Reader, Writer)


class ResolvedAccesses:
    """Callers look up ``readers[size][address]`` and ``writers[size][address]`` directly, and add with `keep`."""

    __slots__ = ("_order", "readers", "writers")

    def __init__(self) -> None:
        """Make an empty cache."""
        self.readers: dict[int, dict[int, Reader]] = {size: {} for size in range(1, MAX_SIZE + 1)}
        self.writers: dict[int, dict[int, Writer]] = {size: {} for size in range(1, MAX_SIZE + 1)}
        self._order: deque[tuple[dict[int, Reader] | dict[int, Writer], int]] = deque()

    def __len__(self) -> int:
        """Return the number of cached accesses."""
        return len(self._order)

    def keep(self, table: dict[int, Closure], address: int, closure: Closure) -> None:
        """Add an access that is not in ``table``, which is one of the dicts above; a full cache drops its oldest."""
        if len(self._order) >= LIMIT:
            old_table, old_address = self._order.popleft()
            del old_table[old_address]
        self._order.append((table, address))
        table[address] = closure

    def clear(self) -> None:
        """Remove all accesses."""
        for readers in self.readers.values():
            readers.clear()
        for writers in self.writers.values():
            writers.clear()
        self._order.clear()
