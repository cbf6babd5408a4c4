"""Register the doorbells of the flat view with KVM_IOEVENTFD: a ring increments an eventfd without an exit.

If the kernel refuses a doorbell (no memory, or the limit of 1,000 devices per bus), ``kernel_ioeventfd`` of the address
space is cleared, and the address space matches doorbells when their writes exit.
"""

from __future__ import annotations

import logging

from devgen.hosts.kvm.kvm_error import KvmError
from devgen.hosts.kvm.vm import KvmVm
from devgen.runtime.machine.event_loop import EventLoop
from devgen.runtime.memory.address_space import AddressSpace
from devgen.runtime.memory.event_notifier import IoEventFd
from devgen.runtime.memory.flat_view import MemoryRegionSection
from devgen.runtime.memory.memory_listener import MemoryListener, doorbell_address

log = logging.getLogger(__name__)


class Doorbells(MemoryListener):
    """Registers the doorbells of one address space as ioeventfds."""

    def __init__(self, vm: KvmVm, loop: EventLoop, space: AddressSpace, *, pio: bool) -> None:
        self._vm = vm
        self._loop = loop
        self._space = space
        self._pio = pio
        self._placed: dict[tuple[int, IoEventFd], int] = {}

    def eventfd_add(self, section: MemoryRegionSection, doorbell: IoEventFd) -> None:
        """Register the doorbell at its address."""
        address = doorbell_address(section, doorbell)
        try:
            fd = doorbell.notifier.fileno()
            self._assign(fd, address, doorbell, True)
        except (KvmError, OSError, ValueError) as error:
            log.error("doorbell %s: %s; its writes now cause exits", doorbell.name, error)
            self._space.kernel_ioeventfd = False
            return
        self._placed[address, doorbell] = fd
        self._loop.watch(fd, doorbell)

    def eventfd_del(self, section: MemoryRegionSection, doorbell: IoEventFd) -> None:
        """Unregister the doorbell and deliver its pending rings."""
        address = doorbell_address(section, doorbell)
        fd = self._placed.pop((address, doorbell), None)
        if fd is None:
            return
        try:
            self._assign(fd, address, doorbell, False)
        except KvmError as error:
            log.error("doorbell %s: %s", doorbell.name, error)
        self._loop.unwatch(fd, doorbell)

    def _assign(self, fd: int, address: int, doorbell: IoEventFd, assign: bool) -> None:
        length, match = doorbell.length, doorbell.match
        self._vm.ioeventfd(fd=fd, address=address, length=length, match=match, pio=self._pio, assign=assign)
