"""Dispatches the processor's memory accesses: to the emulated chips, the coalescing queue and the devices.

All methods run in the middle of a guest instruction, under the machine's lock. The order is that of KVM, which handles
its irqchip and coalesced writes before an exit to user space: the chips, then the queue of coalesced writes, then the
devices. The address space matches doorbells.

Widths: a memory access has 1 to 8 bytes, aligned or not; one that spans two pages is cut at the page's end, as
KVM cuts it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from devgen.hosts.emulator.coalescing_queue import CoalescedZones, CoalescingQueue, Write
from devgen.runtime.memory.address_space import AddressSpace
from devgen.runtime.memory.ram_block import PAGE_SIZE


def _nothing() -> None:
    """No timers to fire."""


class MemoryChips(Protocol):
    """The emulated chips' registers in memory."""

    def owns_address(self, address: int) -> bool:
        """Whether ``address`` belongs to a chip."""

    def read_memory(self, address: int, size: int) -> int:
        """A read for which ``owns_address`` is true."""

    def write_memory(self, address: int, value: int, size: int) -> None:
        """A write for which ``owns_address`` is true."""


class GuestBus:
    """Dispatches accesses to memory."""

    def __init__(self, memory: AddressSpace, chip: MemoryChips | None, settle: Callable[[], None] = _nothing) -> None:
        """``chip``: None on a board without the host's chips. ``settle`` is called after each coalesced write."""
        self._memory = memory
        self._chip = chip
        self.queue = CoalescingQueue(settle)
        self.memory_zones = CoalescedZones()

    def attach(self) -> None:
        """Register the listener for the coalesced ranges."""
        self._memory.add_listener(self.memory_zones)

    def detach(self) -> None:
        """Carry out the queued writes, then undo ``attach``."""
        self.queue.drain()
        self._memory.remove_listener(self.memory_zones)

    def read_memory(self, address: int, size: int) -> int:
        """A load from an address that is not RAM."""
        value = shift = 0
        for at, length in page_fragments(address, size):
            value |= self._read_fragment(at, length) << shift
            shift += 8 * length
        return value

    def _read_fragment(self, address: int, size: int) -> int:
        chip = self._chip
        if chip is not None and chip.owns_address(address):
            return chip.read_memory(address, size)
        self.queue.drain()
        return self._memory.read(address, size)

    def write_memory(self, address: int, value: int, size: int) -> None:
        """A store to an address that is not writable RAM."""
        for at, length in page_fragments(address, size):
            self._write_fragment(at, value & ((1 << 8 * length) - 1), length)
            value >>= 8 * length

    def _write_fragment(self, address: int, value: int, size: int) -> None:
        chip = self._chip
        if chip is not None and chip.owns_address(address):
            chip.write_memory(address, value, size)
            return
        self._write(self._memory.write, self.memory_zones, address, value, size)

    def _write(self, write: Write, zones: CoalescedZones, address: int, value: int, size: int) -> None:
        if zones.covers(address, size) and self.queue.push(write, address, value, size):
            return
        self.queue.drain()
        write(address, value, size)


def page_fragments(address: int, size: int) -> tuple[tuple[int, int], ...]:
    """The parts of an access of at most 8 bytes in each page that it touches: (address, bytes), lowest first."""
    first = PAGE_SIZE - address % PAGE_SIZE
    if size <= first:
        return ((address, size),)
    return ((address, first), (address + first, size - first))
