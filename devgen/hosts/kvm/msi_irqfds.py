"""MSI and MSI-X vectors by irqfd: the kernel delivers a vector's message when its eventfd is signalled.

A vector gets a GSI, a route and an irqfd when it is first raised, and keeps them until the guest disables messages or
the function is reset. Masking therefore has no cost: a masked vector is not raised, because its message waits in the
pending bits. If the guest changes a message, the route is updated when the vector is next raised. The kernel replaces
the whole routing table in one call; this call also adds the routes of neighbouring vectors that are not masked.

Other messages are sent as writes of the function: messages to RAM or to a register, messages that an observer must
see, messages of a function that is not a bus master, and messages when no GSI or descriptor is free. Writes to the
local APICs' window then use KVM_SIGNAL_MSI.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass

from devgen.hosts.kvm.kvm_error import KvmError
from devgen.hosts.kvm.kvm_irqchip import Irqchip
from devgen.runtime.machine.machine import Machine
from devgen.runtime.memory.event_notifier import EventNotifier
from devgen.runtime.pci import PciDevice
from devgen.runtime.pci.message_interrupts import Messages

log = logging.getLogger(__name__)

NEIGHBOURS = 64
"""Number of vectors, from a multiple of it, whose routes are updated in one call."""


@dataclass(slots=True)
class _Vector:
    """A vector's GSI, the (address, data) of its route, and its irqfd after it was first raised.

    ``checked`` is the generation of the address space in which the address was last checked to be in the window.
    """

    gsi: int
    message: tuple[int, int]
    notifier: EventNotifier | None = None
    checked: int = -1


class VectorPath:
    """The `MessagePath` of one capability of ``device``. All methods are called under the machine's lock."""

    def __init__(self, machine: Machine, chip: Irqchip, device: PciDevice, messages: Messages) -> None:
        self._machine = machine
        self._chip = chip
        self._device = device
        self._messages = messages
        self._vectors: dict[int, _Vector] = {}
        self._broken = False

    def send(self, vector: int, address: int, data: int) -> bool:
        """Signal the vector's irqfd; return False if the message must be sent as a write. Never raises."""
        found = self._vectors.get(vector)
        if (
            found is None
            or found.checked != self._machine.memory.generation
            or found.message != (address, data)
            or found.notifier is None
        ):
            found = self._prepare(vector, address, data)
        if found is None or found.notifier is None or not self._may_signal():
            return False
        found.notifier.set()
        return True

    def _may_signal(self) -> bool:
        """Whether the device is a bus master and no observer must see the message as a write."""
        device = self._device
        return device.observer is None and device.may_master() and len(self._machine.message_sinks) == 1

    def _prepare(self, vector: int, address: int, data: int) -> _Vector | None:
        """Return the vector with a route for this message and an irqfd; None if that is not possible."""
        memory = self._machine.memory
        if memory.observer is not None or not self._machine.is_message(address) or not self._may_signal():
            return None
        if self._broken or not (self._has_irqfd(vector) or self._chip.may_add_irqfd()):
            return None
        try:
            found = self._route(vector, address, data)
            if found is not None and found.notifier is None:
                found.notifier = self._make_irqfd(found.gsi)
        except (KvmError, OSError) as error:
            self._give_up(error)
            return None
        if found is not None:
            found.checked = memory.generation
        return found

    def _has_irqfd(self, vector: int) -> bool:
        found = self._vectors.get(vector)
        return found is not None and found.notifier is not None

    def _route(self, vector: int, address: int, data: int) -> _Vector | None:
        found = self._vectors.get(vector)
        if found is not None and found.message == (address, data):
            return found
        self._put(vector, address, data)
        first = vector - vector % NEIGHBOURS
        for message in self._messages.open_messages(range(first, first + NEIGHBOURS)):
            self._put(*message)
        self._chip.routes.commit()
        return self._vectors.get(vector)

    def _put(self, vector: int, address: int, data: int) -> None:
        found = self._vectors.get(vector)
        if (found is not None and found.message == (address, data)) or not self._machine.is_message(address):
            return
        if found is None:
            gsi = self._chip.routes.allocate()
            if gsi is None:
                return
            found = self._vectors[vector] = _Vector(gsi, (address, data))
        found.message = address, data
        found.checked = -1
        self._chip.put_route(found.gsi, address, data, self._device.requester)

    def _make_irqfd(self, gsi: int) -> EventNotifier:
        """Make an eventfd and add it as an irqfd of ``gsi``."""
        notifier = EventNotifier()
        try:
            self._chip.add_irqfd(notifier.fileno(), gsi)
        except BaseException:
            notifier.close()
            raise
        return notifier

    def _give_up(self, error: KvmError | OSError) -> None:
        """Send all messages of this capability as writes, because the kernel has refused a route or an irqfd."""
        log.error("%s: %s; its messages are now sent as writes", self._device.name, error)
        self._broken = True
        self.drop()

    def drop(self) -> None:
        """Free all GSIs and irqfds. Messages signalled before are delivered first."""
        for found in self._vectors.values():
            if found.notifier is not None:
                with suppress(KvmError):
                    self._chip.remove_irqfd(found.notifier.fileno(), found.gsi)
                found.notifier.close()
            self._chip.routes.free(found.gsi)
        self._vectors.clear()

    def connect(self) -> None:
        """Start delivering the capability's messages."""
        self._messages.path = self

    def disconnect(self) -> None:
        """Stop delivering messages, which the function then writes itself, and free everything."""
        if self._messages.path is self:
            self._messages.path = None
        self.drop()


def vector_paths(machine: Machine, chip: Irqchip) -> list[VectorPath]:
    """Return a path for each message capability of each PCI function of the machine."""
    return [
        VectorPath(machine, chip, device, messages)
        for device in machine.devices.values()
        if isinstance(device, PciDevice)
        for messages in device.messages.values()
    ]
