"""MSI and MSI-X vectors by irqfd: an eventfd each, which the kernel turns into the vector's message.

A vector gets its GSI, its route and its irqfd when it is first raised, and keeps them until the guest turns messages
off or the function is reset. So masking costs nothing, however often a guest does it: a masked vector is not raised, as
its message waits in the pending bits. A message that was programmed anew gets its route when it is next raised. The
kernel takes the routes as a whole table; one call brings those of the neighbours along that are ready to be raised.

What cannot go this way goes the other, as a write of the function: a message that is aimed at RAM or at a register, one
that somebody observes, one that is held back as the function is no bus master, and those for which GSIs or descriptors
have run out. Writes to the local APICs' window then become KVM_SIGNAL_MSI.
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
"""Vectors, from a multiple of this, whose routes are looked after in one call."""


@dataclass(slots=True)
class _Vector:
    """What a vector has: its GSI, the message of its route, and its irqfd once it was raised.

    ``checked`` is the generation of the memory in which the message was last seen to reach the window.
    """

    gsi: int
    message: tuple[int, int]
    notifier: EventNotifier | None = None
    checked: int = -1


class VectorPath:
    """The `MessagePath` of one capability of ``device``. All methods under the machine's lock."""

    def __init__(self, machine: Machine, chip: Irqchip, device: PciDevice, messages: Messages) -> None:
        self._machine = machine
        self._chip = chip
        self._device = device
        self._messages = messages
        self._vectors: dict[int, _Vector] = {}
        self._broken = False

    def send(self, vector: int, address: int, data: int) -> bool:
        """Signal the vector's irqfd; False when the message has to go as a write. Never raises."""
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
        """Whether the message may go out, and nobody wants to see it as a write."""
        device = self._device
        return device.observer is None and device.may_master() and len(self._machine.message_sinks) == 1

    def _prepare(self, vector: int, address: int, data: int) -> _Vector | None:
        """The vector with a route for this message and an irqfd; None if it cannot have them."""
        memory = self._machine.memory
        if memory.observer is not None or not self._machine.is_message(address) or not self._may_signal():
            return None
        if self._broken or not (self._has_irqfd(vector) or self._chip.may_add_irqfd()):
            return None
        try:
            found = self._route(vector, address, data)
            if found is not None and found.notifier is None:
                found.notifier = self._tie(found.gsi)
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
        self._chip.routes.put(found.gsi, address, data)

    def _tie(self, gsi: int) -> EventNotifier:
        """An eventfd that is the irqfd of ``gsi`` from now on."""
        notifier = EventNotifier()
        try:
            self._chip.add_irqfd(notifier.fileno(), gsi)
        except BaseException:
            notifier.close()
            raise
        return notifier

    def _give_up(self, error: KvmError | OSError) -> None:
        """The kernel does not take routes or irqfds: all of this capability's messages go as writes."""
        log.error("%s: %s; its messages are sent one by one from now on", self._device.name, error)
        self._broken = True
        self.drop()

    def drop(self) -> None:
        """Give back all GSIs and irqfds. A message that was signalled before is delivered before its irqfd goes."""
        for found in self._vectors.values():
            if found.notifier is not None:
                with suppress(KvmError):
                    self._chip.remove_irqfd(found.notifier.fileno(), found.gsi)
                found.notifier.close()
            self._chip.routes.free(found.gsi)
        self._vectors.clear()

    def connect(self) -> None:
        """Take the capability's messages from now on."""
        self._messages.path = self

    def disconnect(self) -> None:
        """Leave the messages to the function, and give everything back."""
        if self._messages.path is self:
            self._messages.path = None
        self.drop()


def vector_paths(machine: Machine, chip: Irqchip) -> list[VectorPath]:
    """A path for each message capability of each PCI function that the machine has now."""
    return [
        VectorPath(machine, chip, device, messages)
        for device in machine.devices.values()
        if isinstance(device, PciDevice)
        for messages in device.messages.values()
    ]
