"""Interrupts of a served device: eventfds of the client, masks and pending interrupts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from devgen.hosts.vfio_user import protocol
from devgen.hosts.vfio_user.client_descriptors import is_eventfd
from devgen.hosts.vfio_user.protocol import Irq, IrqFlag, SetFlag, invalid
from devgen.runtime.memory.event_notifier import take_count
from devgen.runtime.pci import PciDevice
from devgen.runtime.pci.config_space import INTERRUPT_PIN

_DATA = int(SetFlag.NONE | SetFlag.BOOL | SetFlag.EVENTFD)
_ACTION = int(SetFlag.MASK | SetFlag.UNMASK | SetFlag.TRIGGER)
_BIT = {SetFlag.NONE, SetFlag.BOOL, SetFlag.EVENTFD, SetFlag.MASK, SetFlag.UNMASK, SetFlag.TRIGGER}

Vector = tuple[Irq, int]


class Watcher(Protocol):
    """The server's methods that this module uses."""

    def watch(self, fd: int, handler: Callable[[], None], *, urgent: bool = False) -> None:
        """Call ``handler()`` whenever ``fd`` is readable; an ``urgent`` one before the client's next message."""
        ...

    def ignore(self, fd: int) -> None:
        """Undo ``watch``."""
        ...

    def signal(self, fd: int) -> object:
        """Add one to an eventfd of the client. Never waits."""
        ...

    def close_descriptors(self, fds: Iterable[int]) -> None:
        """Close descriptors of the client. Never waits for the client."""
        ...


class Interrupts:
    """The interrupts of one client. ``close`` closes its descriptors and disconnects from the device's lines.

    INTx is level-triggered and masks itself when it fires: on unmask it fires again if the pin is still high. A message
    that is masked, or has no eventfd yet, is pending; unmasking it or giving it an eventfd sends it.
    """

    def __init__(self, device: PciDevice, watcher: Watcher) -> None:
        self._device = device
        self._watcher = watcher
        self._eventfds: dict[Vector, int] = {}
        self._unmaskers: dict[Vector, int] = {}
        self._masked: set[Vector] = set()
        self._pending: set[Vector] = set()
        device.pin.connect(self._pin_changed)
        device.on_vector = self.raise_vector
        for messages in device.messages.values():
            messages.path = _ByEventfd(device, self, Irq[messages.kind.upper()])

    def close(self) -> None:
        """Disconnect from the device and close the client's descriptors."""
        self._device.pin.disconnect(self._pin_changed)
        self._device.on_vector = None
        for messages in self._device.messages.values():
            messages.path = None
        for vector in list(self._pending):
            self._settle(vector, False)
        for vector in list(self._eventfds):
            self._assign(vector, None)
        for vector in list(self._unmaskers):
            self._assign_unmasker(vector, None)

    def count(self, index: Irq) -> int:
        """Number of interrupts of a type."""
        match index:
            case Irq.INTX:
                return 1 if self._device.config.get(INTERRUPT_PIN, 1) else 0
            case Irq.MSI | Irq.MSIX:
                messages = self._device.messages.get(index.name.lower())
                return 0 if messages is None else messages.vectors
            case _:
                return 1

    def info(self, payload: bytes) -> bytes:
        """DEVICE_GET_IRQ_INFO. Raises Refused."""
        argsz, _, index, _ = protocol.unpack(protocol.IRQ_INFO, payload, "DEVICE_GET_IRQ_INFO")
        if argsz < protocol.IRQ_INFO.size or index >= len(Irq):
            raise invalid(f"interrupt info of type {index}, argsz {argsz}")
        kind = Irq(index)
        flags = IrqFlag.EVENTFD
        if kind is Irq.INTX:
            flags |= IrqFlag.MASKABLE | IrqFlag.AUTOMASKED
        elif kind is Irq.MSIX:
            flags |= IrqFlag.MASKABLE
        else:
            flags |= IrqFlag.NORESIZE
        count = self.count(kind)
        return protocol.IRQ_INFO.pack(protocol.IRQ_INFO.size, flags if count else 0, index, count)

    # --- DEVICE_SET_IRQS -------------------------------------------------------------------

    def set(self, payload: bytes, fds: list[int]) -> None:
        """DEVICE_SET_IRQS. Takes descriptors out of ``fds`` as it keeps them. Raises Refused, with nothing changed."""
        argsz, flags, index, start, count = protocol.unpack(protocol.IRQ_SET, payload, "DEVICE_SET_IRQS")
        data, action = SetFlag(flags & _DATA), SetFlag(flags & _ACTION)
        if argsz < protocol.IRQ_SET.size or flags & ~(_DATA | _ACTION) or not {data, action} <= _BIT:
            raise invalid(f"SET_IRQS with argsz {argsz}, flags {flags:#x}")
        if index >= len(Irq) or start >= self.count(Irq(index)) or start + count > self.count(Irq(index)):
            raise invalid(f"SET_IRQS of {count} interrupts from {start} on of type {index}")
        kind = Irq(index)
        vectors = [(kind, number) for number in range(start, start + count)]
        if fds and data is not SetFlag.EVENTFD:
            raise invalid("SET_IRQS with descriptors that it does not use")
        if data is SetFlag.EVENTFD:
            self._set_eventfds(action, vectors, fds)
        elif not count and data is SetFlag.NONE and action is SetFlag.TRIGGER and not start:
            self._disable(kind)
        else:
            self._act(action, self._chosen(data, vectors, payload))

    @staticmethod
    def _chosen(data: SetFlag, vectors: list[Vector], payload: bytes) -> list[Vector]:
        if data is SetFlag.NONE:
            return vectors
        bools = payload[protocol.IRQ_SET.size :]
        if len(bools) < len(vectors):
            raise invalid("SET_IRQS with fewer booleans than interrupts")
        return [vector for vector, on in zip(vectors, bools, strict=False) if on]

    def _set_eventfds(self, action: SetFlag, vectors: list[Vector], fds: list[int]) -> None:
        if action is SetFlag.MASK or (action is SetFlag.UNMASK and any(kind is not Irq.INTX for kind, _ in vectors)):
            raise invalid("SET_IRQS: this action takes no eventfds")
        if fds and len(fds) != len(vectors):
            raise invalid(f"SET_IRQS of {len(vectors)} interrupts with {len(fds)} descriptors")
        if not all(is_eventfd(fd) for fd in fds):
            raise invalid("SET_IRQS with a descriptor that is no eventfd")
        assign = self._assign if action is SetFlag.TRIGGER else self._assign_unmasker
        for vector in vectors:
            assign(vector, fds.pop(0) if fds else None)

    def _act(self, action: SetFlag, vectors: list[Vector]) -> None:
        for vector in vectors:
            if action is SetFlag.MASK:
                self._masked.add(vector)
            elif action is SetFlag.UNMASK:
                self._unmask(vector)
            else:
                self._signal(vector)

    def _disable(self, kind: Irq) -> None:
        for number in range(self.count(kind)):
            vector = (kind, number)
            self._assign(vector, None)
            self._assign_unmasker(vector, None)
            self._masked.discard(vector)
            self._settle(vector, False)

    def _assign(self, vector: Vector, fd: int | None) -> None:
        old = self._eventfds.pop(vector, None)
        if old is not None:
            self._watcher.close_descriptors((old,))
        if fd is not None:
            self._eventfds[vector] = fd
            self._refire(vector)
        elif vector[0] is Irq.INTX:
            self._masked.discard(vector)

    def _assign_unmasker(self, vector: Vector, fd: int | None) -> None:
        old = self._unmaskers.pop(vector, None)
        if old is not None:
            self._watcher.ignore(old)
            self._watcher.close_descriptors((old,))
        if fd is not None:
            self._unmaskers[vector] = fd
            self._watcher.watch(fd, self._unmask_asked, urgent=True)

    def _unmask_asked(self) -> None:
        for vector, fd in list(self._unmaskers.items()):
            if take_count(fd):
                self._unmask(vector)

    # --- firing ----------------------------------------------------------------------------

    def raise_vector(self, number: int) -> None:
        """Send the device's message ``number`` by MSI-X if the guest has enabled it, else by MSI."""
        for messages in self._device.messages.values():
            if messages.enabled:
                number = messages.granted(number)
                if number < messages.vectors:
                    self._raise(Irq[messages.kind.upper()], number)
                return

    def _raise(self, kind: Irq, number: int) -> None:
        """Send a message, or keep it pending while MSI's mask bits in configuration space mask it.

        The client forwards the guest's writes of MSI's mask bits. It emulates the MSI-X table itself, and removes the
        eventfd of a masked MSI-X vector instead.
        """
        if kind is Irq.MSI:
            self._device.messages["msi"].raise_vector(number)
        else:
            self.fire((kind, number))

    def _pin_changed(self, level: int) -> None:
        if level:
            self._refire((Irq.INTX, 0))

    def fire(self, vector: Vector) -> None:
        """Signal the eventfd of a message, or keep it pending."""
        if vector in self._masked or vector not in self._eventfds:
            self._settle(vector, True)
        else:
            self._signal(vector)

    def _unmask(self, vector: Vector) -> None:
        self._masked.discard(vector)
        self._refire(vector)

    def _refire(self, vector: Vector) -> None:
        """Fire a pending message, or INTx if its pin is high."""
        if vector in self._masked or vector not in self._eventfds:
            return
        if vector[0] is Irq.INTX:
            if self._device.pin.level:
                self._masked.add(vector)
                self._signal(vector)
        elif vector in self._pending:
            self._settle(vector, False)
            self._raise(*vector)

    def forget(self, kind: Irq) -> None:
        """Drop pending messages of ``kind``, after a reset or when the guest has disabled them."""
        self._pending = {vector for vector in self._pending if vector[0] is not kind}

    def _settle(self, vector: Vector, pending: bool) -> None:
        kind, number = vector
        (self._pending.add if pending else self._pending.discard)(vector)
        messages = self._device.messages.get(kind.name.lower())
        if messages is not None:
            messages.set_pending(number, pending)

    def _signal(self, vector: Vector) -> None:
        fd = self._eventfds.get(vector)
        if fd is not None:
            self._watcher.signal(fd)


class _ByEventfd:
    """The `MessagePath` of a capability: its messages signal eventfds; their address and data are not used."""

    def __init__(self, device: PciDevice, interrupts: Interrupts, kind: Irq) -> None:
        self._device = device
        self._interrupts = interrupts
        self._kind = kind

    def send(self, vector: int, address: int, data: int) -> bool:
        """Signal the eventfd or set the message pending; return False if the function is not a bus master."""
        if not self._device.may_master():
            return False
        self._interrupts.fire((self._kind, vector))
        return True

    def drop(self) -> None:
        """Drop pending messages."""
        self._interrupts.forget(self._kind)
