"""Memory slots: map the RAM and ROM sections of the flat view as slots of the kernel, and read their dirty log.

The kernel maps whole pages. A section that does not start or end at a page boundary is rounded inwards; accesses to the
rest exit and are carried out by the address space, only slower (as in QEMU's kvm_align_section).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush

from devgen.hosts.kvm.kvm_error import KvmError
from devgen.hosts.kvm.uapi import uapi_memory, uapi_system
from devgen.hosts.kvm.vm import PAGE_SIZE, KvmVm
from devgen.runtime.memory.flat_view import MemoryRegionSection
from devgen.runtime.memory.memory_listener import MemoryListener
from devgen.runtime.memory.ram_block import RamBlock

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Slot:
    """A slot in use: ``size`` bytes of ``memory`` from byte ``offset``, at guest address ``address``."""

    number: int
    address: int
    size: int
    memory: RamBlock
    offset: int
    readonly: bool
    logged: bool = False

    def flags(self, log_all: bool) -> int:
        """KVM_MEM_* flags. A read-only slot is not logged: the guest cannot dirty it."""
        if self.readonly:
            return uapi_memory.KVM_MEM_READONLY
        return uapi_memory.KVM_MEM_LOG_DIRTY_PAGES if self.logged or log_all else 0


class SlotNumbers:
    """Allocates slot numbers below ``limit``, the lowest free number first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._next = 0
        self._free: list[int] = []

    def take(self) -> int | None:
        """Allocate a number; None if all are in use."""
        if self._free:
            return heappop(self._free)
        if self._next == self._limit:
            return None
        self._next += 1
        return self._next - 1

    def give_back(self, number: int) -> None:
        """Free ``number``."""
        heappush(self._free, number)


class MemorySlots(MemoryListener):
    """Maps the RAM and ROM of the memory address space as the kernel's slots.

    A guest moves BARs, so no method raises: a slot that the kernel refuses is logged, and its accesses exit.
    """

    def __init__(self, vm: KvmVm) -> None:
        self._vm = vm
        self._numbers = SlotNumbers(vm.capability(uapi_system.KVM_CAP_NR_MEMSLOTS) or 32)
        self._can_readonly = bool(vm.capability(uapi_system.KVM_CAP_READONLY_MEM))
        self._log_all = False
        self.slots: dict[MemoryRegionSection, Slot] = {}

    def region_add(self, section: MemoryRegionSection) -> None:
        """Map a RAM or ROM section; other sections are ignored."""
        memory = section.region.memory
        if memory is None or (section.readonly and not self._can_readonly):
            return
        start = -(-section.offset_within_address_space // PAGE_SIZE) * PAGE_SIZE
        end = section.end // PAGE_SIZE * PAGE_SIZE
        offset = section.offset_within_region + start - section.offset_within_address_space
        if start >= end or offset % PAGE_SIZE:
            return
        number = self._numbers.take()
        if number is None:
            log.error("no free memory slot for %s: its accesses will exit", section.region.name)
            return
        slot = Slot(number, start, end - start, memory, offset, section.readonly)
        if self._set(slot):
            self.slots[section] = slot
        else:
            self._numbers.give_back(number)

    def region_del(self, section: MemoryRegionSection) -> None:
        """Unmap a section after reading its dirty log."""
        slot = self.slots.pop(section, None)
        if slot is None:
            return
        self._sync(slot)
        try:
            self._vm.set_memory(slot.number, slot.address, 0, 0)
        except KvmError as error:
            # The number is not freed: the kernel still uses the slot.
            log.error("%s", error)
            return
        self._numbers.give_back(slot.number)

    def log_start(self, section: MemoryRegionSection) -> None:
        """Start logging writes to a section."""
        self._log(section, True)

    def log_stop(self, section: MemoryRegionSection) -> None:
        """Read the last writes, then stop logging."""
        self._log(section, False)

    def log_sync(self, section: MemoryRegionSection) -> None:
        """Mark the kernel's dirty pages in the RAM block."""
        slot = self.slots.get(section)
        if slot is not None:
            self._sync(slot)

    def log_global_start(self) -> None:
        """Start logging writes to all memory."""
        self._log_everything(True)

    def log_global_stop(self) -> None:
        """Stop logging except for the sections of `log_start`."""
        self._log_everything(False)

    def _log(self, section: MemoryRegionSection, on: bool) -> None:
        slot = self.slots.get(section)
        if slot is None or slot.logged == on:
            return
        self._sync(slot)
        slot.logged = on
        self._set(slot)

    def _log_everything(self, on: bool) -> None:
        if self._log_all == on:
            return
        for slot in self.slots.values():
            self._sync(slot)
        self._log_all = on
        for slot in self.slots.values():
            self._set(slot)

    def _set(self, slot: Slot) -> bool:
        host = slot.memory.address + slot.offset
        try:
            self._vm.set_memory(slot.number, slot.address, slot.size, host, slot.flags(self._log_all))
        except KvmError as error:
            log.error("%s", error)
            return False
        return True

    def _sync(self, slot: Slot) -> None:
        if not slot.flags(self._log_all) & uapi_memory.KVM_MEM_LOG_DIRTY_PAGES:
            return
        try:
            bitmap = self._vm.dirty_log(slot.number, slot.size)
        except KvmError as error:
            log.error("%s", error)
            return
        for page in dirty_pages(bitmap):
            slot.memory.mark_dirty(slot.offset + page * PAGE_SIZE, PAGE_SIZE)


def dirty_pages(bitmap: bytes) -> Iterator[int]:
    """Yield the numbers of the set bits, lowest first; bit 0 of a byte is its least significant bit."""
    for index, byte in enumerate(bitmap):
        if byte:
            yield from (index * 8 + bit for bit in range(8) if byte >> bit & 1)
