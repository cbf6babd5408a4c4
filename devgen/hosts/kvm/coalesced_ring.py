"""Coalesced writes: the kernel queues a guest's writes to some ranges in a ring, and we hand them on later, in order.

"Later" is: before anything else of the guest's or the world's is dispatched (an exit, a doorbell, a timer), at a
regular beat while nothing else happens, and when a run ends. The ring has one producer, the kernel, and one consumer:
whoever holds the machine's lock. Source: Documentation/virt/kvm/api.rst 4.116, virt/kvm/coalesced_mmio.c.
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
    """The ring page of a VM; ``drain`` writes its queue to the spaces, oldest first. Only under the machine's lock.

    ``word`` is the u64 index of the ring's two indices, and ``seen`` their value when nothing waits: the hot path
    compares the two. The kernel cannot come round to ``seen`` again, as the ring is never full with ``first`` unmoved.
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
        """Whether late writes are being carried out: what happens then is not the present instruction's."""

    def pending(self) -> bool:
        """Whether writes wait."""
        return bool(self._u64[self.word] != self.seen)

    def drain(self) -> None:
        """Carry out what was queued when this was called; bounded by the ring's 170 entries."""
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
            # Given back before it is carried out: a device that causes another drain must not see it again.
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
    """Keeps the kernel's zones of one space equal to the ranges whose writes may be late.

    ``on_change`` hears how many zones come (+1) and go (-1).
    """

    def __init__(self, vm: KvmVm, on_change: Callable[[int], None], *, pio: bool) -> None:
        self._vm = vm
        self._on_change = on_change
        self._pio = pio
        self._zones: set[tuple[int, int]] = set()

    def coalesced_mmio_add(self, _section: MemoryRegionSection, offset: int, size: int) -> None:
        """Let writes at ``offset`` queue up. A refusal is only slower: such writes exit."""
        try:
            self._vm.coalesce(address=offset, size=size, pio=self._pio, register=True)
        except KvmError as error:
            log.warning("%s", error)
            return
        self._zones.add((offset, size))
        self._on_change(1)

    def coalesced_mmio_del(self, _section: MemoryRegionSection, offset: int, size: int) -> None:
        """Let them exit again."""
        if (offset, size) not in self._zones:
            return
        self._zones.remove((offset, size))
        self._on_change(-1)
        try:
            self._vm.coalesce(address=offset, size=size, pio=self._pio, register=False)
        except KvmError as error:
            log.warning("%s", error)
