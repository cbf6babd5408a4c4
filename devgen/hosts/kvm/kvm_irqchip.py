"""The in-kernel interrupt controllers: their lines, the messages to them, and irqfds.

An architecture has created them, see `devgen.hosts.kvm.architecture`.
Source: Documentation/virt/kvm/api.rst 4.25 (KVM_IRQ_LINE), 4.71 (KVM_SIGNAL_MSI), 4.75 (irqfds).
"""

from __future__ import annotations

import errno
import resource

from devgen.hosts.kvm.architecture import ChipPins
from devgen.hosts.kvm.irq_routes import GsiRoutes
from devgen.hosts.kvm.kvm_error import KvmError
from devgen.hosts.kvm.uapi import uapi_system
from devgen.hosts.kvm.vm import KvmVm
from devgen.runtime.machine.event_loop import EventLoop
from devgen.runtime.memory.event_notifier import EventNotifier
from devgen.runtime.pci import PciBus

IRQFD_SHARE = 4
"""Irqfds of messages use at most 1/IRQFD_SHARE of the process's descriptors, since a guest determines their number."""


class Irqchip:
    """The controllers of ``vm`` with the inputs ``pins``. All methods are called under the machine's lock."""

    def __init__(self, vm: KvmVm, loop: EventLoop, pins: ChipPins, bus: PciBus | None) -> None:
        """``bus``: the bus whose cards write messages."""
        self._vm = vm
        self._loop = loop
        self._pins = pins
        self._bus = bus
        self.routes = GsiRoutes(vm, vm.capability(uapi_system.KVM_CAP_IRQ_ROUTING), pins.count, pins.routes)
        self.irqfd_limit = _descriptors() // IRQFD_SHARE
        self._wires: dict[int, LevelIrqfd] = {}
        self._irqfds: dict[tuple[int, int], None] = {}

    def set_line(self, gsi: int, level: int) -> None:
        """Set a GSI with KVM_IRQ_LINE. A GSI above the chips' pins is ignored, like an unconnected wire."""
        if gsi < self._pins.count:
            self._vm.irq_line(self._pins.line(gsi), level)

    def signal_msi(self, address: int, data: int) -> bool:
        """Deliver a message-signalled interrupt immediately; return False if no processor accepted it.

        A guest chooses address and data. The kernel returns -1 for a message without a receiver, which arrives here as
        EPERM, and EBUSY for one to an ITS that the guest has not enabled; neither is an error. Controllers that tell
        senders apart ignore a write that is no message of a card's capability.
        """
        sender = self._bus.message_sender if self._bus is not None and self._pins.senders else None
        if self._pins.senders and sender is None:
            return False
        try:
            return self._vm.signal_msi(address, data, sender) > 0
        except KvmError as error:
            if error.number not in (errno.EPERM, errno.EBUSY):
                raise
            return False

    # --- routes ---

    def put_route(self, gsi: int, address: int, data: int, sender: int) -> None:
        """Route ``gsi`` to the message of the function with requester ID ``sender`` at the next ``routes.commit``."""
        self.routes.put(gsi, address, data, sender if self._pins.senders else None)

    def add_message(self, address: int, data: int) -> int:
        """Return a new GSI that delivers this message, for an irqfd. Raises KvmError if all are in use."""
        gsi = self.routes.allocate()
        if gsi is None:
            raise KvmError("KVM_SET_GSI_ROUTING", 0, f"all {self.routes.capacity} GSIs for messages are in use")
        self.set_message(gsi, address, data)
        return gsi

    def set_message(self, gsi: int, address: int, data: int) -> None:
        """Change the message of ``gsi``."""
        self.routes.put(gsi, address, data)
        self.routes.commit()

    def remove_message(self, gsi: int) -> None:
        """Free a GSI of ``add_message``."""
        self.routes.free(gsi)
        self.routes.commit()

    # --- irqfds ---

    def add_irqfd(self, fd: int, gsi: int) -> None:
        """Add an edge-triggered irqfd: each signal of eventfd ``fd`` raises and lowers ``gsi``."""
        self._vm.irqfd(fd=fd, gsi=gsi)
        self._irqfds[fd, gsi] = None

    @property
    def irqfds(self) -> int:
        """Return the number of edge-triggered irqfds."""
        return len(self._irqfds)

    def may_add_irqfd(self) -> bool:
        """Whether another irqfd may be added within the limit."""
        return len(self._irqfds) < self.irqfd_limit

    def remove_irqfd(self, fd: int, gsi: int) -> None:
        """Undo ``add_irqfd``."""
        self._irqfds.pop((fd, gsi), None)
        self._vm.irqfd(fd=fd, gsi=gsi, assign=False)

    def set_level(self, gsi: int, level: int) -> None:
        """Set a GSI through an irqfd with resampling, which is created on first use."""
        wire = self._wires.get(gsi)
        if wire is None and gsi < self._pins.count:
            wire = self._wires[gsi] = LevelIrqfd(self._vm, self._loop, gsi)
        if wire is not None:
            wire.set(level)

    def close(self) -> None:
        """Remove all irqfds and close their descriptors."""
        for fd, gsi in list(self._irqfds):
            self.remove_irqfd(fd, gsi)
        for wire in self._wires.values():
            wire.close()
        self._wires.clear()


def _descriptors() -> int:
    """Return how many descriptors the process may open; without a limit, a number greater than that of GSIs."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 1 << 20 if soft == resource.RLIM_INFINITY else soft


class LevelIrqfd:
    """A level-triggered line through an irqfd with resampling.

    The eventfd raises the GSI. The kernel lowers it at the guest's end of interrupt and signals the resamplefd; if the
    device's line is still high, the GSI is raised again.
    """

    def __init__(self, vm: KvmVm, loop: EventLoop, gsi: int) -> None:
        self._vm = vm
        self._loop = loop
        self._gsi = gsi
        self._level = 0
        self.raised = EventNotifier()
        self.ended = EventNotifier()
        vm.irqfd(fd=self.raised.fileno(), gsi=gsi, resample=self.ended.fileno())
        loop.watch_event(self.ended.fileno(), self._resample)

    def set(self, level: int) -> None:
        """Set the level of the device's line."""
        self._level = level
        if level:
            self.raised.set()

    def _resample(self) -> None:
        if self.ended.test_and_clear() and self._level:
            self.raised.set()

    def close(self) -> None:
        """Remove the irqfd and close the descriptors."""
        self._loop.unwatch_event(self.ended.fileno())
        self._vm.irqfd(fd=self.raised.fileno(), gsi=self._gsi, assign=False)
        self.raised.close()
        self.ended.close()
