"""Coalesced writes: writes that a device allows to arrive late are queued and carried out later, in order.

The rules are the kernel's (virt/kvm/coalesced_mmio.c): a write that lies wholly in a zone is queued while the ring has
room; before any other access, all queued writes are carried out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from devgen.runtime.memory.flat_view import MemoryRegionSection
from devgen.runtime.memory.memory_listener import MemoryListener

RING_SIZE: Final = 169
"""Writes that the kernel's one-page ring holds: (4096 - 8) // 24 entries, one of which stays empty."""

Write = Callable[[int, int, int], None]


class CoalescingQueue:
    """Queued writes of both address spaces, oldest first. The caller holds the machine's lock."""

    __slots__ = ("_queue", "_settle", "draining")

    def __init__(self, settle: Callable[[], None] = lambda: None) -> None:
        """The queue is empty. ``settle`` is called after each write that is carried out."""
        self._settle = settle
        self._queue: deque[tuple[Write, int, int, int]] = deque()
        self.draining = False
        """Whether queued writes are being carried out; their effects do not belong to the present instruction."""

    @property
    def empty(self) -> bool:
        """Whether no write is queued."""
        return not self._queue

    def push(self, write: Write, address: int, value: int, size: int) -> bool:
        """Queue ``write(address, value, size)``; False, with nothing done, when the ring is full."""
        if len(self._queue) >= RING_SIZE:
            return False
        self._queue.append((write, address, value, size))
        return True

    def drain(self) -> None:
        """Carry out all queued writes."""
        queue = self._queue
        if not queue:
            return
        self.draining = True
        try:
            while queue:
                write, address, value, size = queue.popleft()
                write(address, value, size)
                self._settle()
        finally:
            self.draining = False


class CoalescedZones(MemoryListener):
    """The coalesced MMIO zones of one address space, which its regions declare."""

    def __init__(self) -> None:
        """No zones."""
        self._zones: dict[tuple[int, int], int] = {}

    def coalesced_mmio_add(self, section: MemoryRegionSection, offset: int, size: int) -> None:
        """Allow writes to ``size`` bytes at address ``offset`` to be queued."""
        self._zones[offset, offset + size] = self._zones.get((offset, offset + size), 0) + 1

    def coalesced_mmio_del(self, section: MemoryRegionSection, offset: int, size: int) -> None:
        """Undo `coalesced_mmio_add`."""
        zone = (offset, offset + size)
        left = self._zones.get(zone, 0) - 1
        if left > 0:
            self._zones[zone] = left
        else:
            self._zones.pop(zone, None)

    def covers(self, address: int, size: int) -> bool:
        """Whether a write of ``size`` bytes lies wholly in one zone."""
        return any(start <= address and address + size <= end for start, end in self._zones)
