"""Coalesced writes: the kernel queues a guest's writes to some ranges in a ring; the host carries them out later.

The ring is drained, in order, before any exit, doorbell or timer is dispatched, periodically while nothing else
happens, and when a run ends. The ring has one producer, the kernel, and one consumer, the holder of the machine's lock.
Source: Documentation/virt/kvm/api.rst 4.116, virt/kvm/coalesced_mmio.c.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from devgen.hosts.kvm.kvm_error import KvmError
from devgen.hosts.kvm.vm import PAGE_SIZE, KvmVm
from devgen.runtime.memory.address_space import AddressSpace
from devgen.runtime.memory.flat_view import MemoryRegionSection
from devgen.runtime.memory.memory_listener import MemoryListener

log = logging.getLogger(__name__)

_ENTRY = 24  # sizeof(struct kvm_coalesced_mmio)
_HEADER = 8
ENTRIES = (PAGE_SIZE - _HEADER) // _ENTRY  # KVM_COALESCED_MMIO_MAX


class CoalescedRing:
    """The ring page of a VM; ``drain`` carries out its writes, oldest first. Used only under the machine's lock.

    ``word`` is the u64 index of the ring's two indices, and ``seen`` is their value when the ring is empty; the hot
    path compares them. The indices cannot wrap around to ``seen``, because the kernel never fills the ring completely.
    """

    def __init__(
        self,
        u32: memoryview,
        u64: memoryview,
        page: int,
        memory: AddressSpace,
        io: AddressSpace,
        settle: Callable[[], None],
    ) -> None:
        """``page`` is the ring's page in the vCPU's shared memory; ``settle`` is called after each write."""
        self._u32 = u32
        self._u64 = u64
        self.word = page * PAGE_SIZE // 8
        self._first = page * PAGE_SIZE // 4
        self.seen = u32[self._first] | u32[self._first] << 32
        self._entries = (page * PAGE_SIZE + _HEADER) // 8
        self._spaces = (memory, io)
        self._settle = settle
        self.draining = False
        """Whether coalesced writes are being carried out, which do not belong to the present instruction."""

    def pending(self) -> bool:
        """Whether the ring contains writes."""
        return bool(self._u64[self.word] != self.seen)

    def drain(self) -> None:
        """Carry out the writes that are queued now; at most the ring's 170 entries."""
        self.draining = True
        try:
            self._drain()
        finally:
            self.draining = False

    def _drain(self) -> None:
        first, last = self._u32[self._first], self._u32[self._first + 1]
        while first != last:
            address, size, pio, value = self._entry(first)
            first = (first + 1) % ENTRIES
            # The entry is released before its write, so that a nested drain does not carry it out again.
            self._u32[self._first] = first
            if 1 <= size <= 8:
                self._spaces[pio].write(address, value & (1 << 8 * size) - 1, size)
                self._settle()
        self.seen = first | first << 32

    def _entry(self, index: int) -> tuple[int, int, int, int]:
        at = self._entries + 3 * index
        length_and_space = self._u64[at + 1]
        return self._u64[at], length_and_space & 0xFFFFFFFF, length_and_space >> 32 & 1, self._u64[at + 2]


class CoalescedZones(MemoryListener):
    """Registers the coalesced ranges of one address space with the kernel.

    ``on_change`` is called with +1 for each added zone and with -1 for each removed zone.
    """

    def __init__(self, vm: KvmVm, on_change: Callable[[int], None], *, pio: bool) -> None:
        self._vm = vm
        self._on_change = on_change
        self._pio = pio
        self._zones: set[tuple[int, int]] = set()

    def coalesced_mmio_add(self, _section: MemoryRegionSection, offset: int, size: int) -> None:
        """Register a zone. If the kernel refuses it, its writes exit, which is only slower."""
        try:
            self._vm.coalesce(address=offset, size=size, pio=self._pio, register=True)
        except KvmError as error:
            log.warning("%s", error)
            return
        self._zones.add((offset, size))
        self._on_change(1)

    def coalesced_mmio_del(self, _section: MemoryRegionSection, offset: int, size: int) -> None:
        """Unregister a zone."""
        if (offset, size) not in self._zones:
            return
        self._zones.remove((offset, size))
        self._on_change(-1)
        try:
            self._vm.coalesce(address=offset, size=size, pio=self._pio, register=False)
        except KvmError as error:
            log.warning("%s", error)
