"""A device's accesses to guest memory (DMA), and the observer of the device."""

from __future__ import annotations

from typing import Protocol

from devgen.runtime.base.guest_log import Refusal
from devgen.runtime.device.environment import Environment

_ADDRESS = (1 << 64) - 1


class DeviceObserver(Protocol):
    """Observes a device's DMA, GPIO inputs and refused writes; a recorder is one."""

    def loaded(self, address: int, data: bytes) -> None:
        """Called after the device has read guest memory."""
        ...

    def stored(self, address: int, data: bytes) -> None:
        """Called after the device has written guest memory."""
        ...

    def refused(self, verb: str, address: int, length: int) -> None:
        """Called when a ``load`` or ``store`` is refused because the device is not a bus master."""
        ...

    def unsent(self, vector: int) -> None:
        """Called when the interrupt message of ``vector`` is dropped because the device is not a bus master."""
        ...

    def dropped(self, register: str, index: int | None, reason: Refusal) -> None:
        """Called when a register, or element ``index`` of an array, does not take a write of software."""
        ...

    def begin(self) -> object:
        """Called before a GPIO input changes."""
        ...

    def driven(self, name: str, level: int) -> None:
        """Called after a GPIO input has changed and the device's handler has run."""
        ...


class BusMaster:
    """The accesses to guest memory that the statements of a description make."""

    env: Environment
    observer: DeviceObserver | None
    engaged: int

    def _refuse(self, verb: str, address: int, length: int) -> None:
        if self.observer is not None:
            self.observer.refused(verb, address & _ADDRESS, length)

    def may_master(self) -> bool:
        """Whether the device may access guest memory; for a PCI device, its command register's bus master bit."""
        return True

    def load_memory(self, address: int, size: int) -> int:
        """Read a little-endian value of ``size`` bytes of guest memory; unassigned addresses read as all ones.

        The read is indivisible if the address is a multiple of ``size``: see `devgen.runtime.memory.shared_bytes`.
        """
        memory = self.env.memory
        if memory is None or not self.may_master():
            self._refuse("load", address, size)
            return (1 << 8 * size) - 1
        self.engaged += 1
        try:
            value = memory.load(address & _ADDRESS, size)
        finally:
            self.engaged -= 1
        if self.observer is not None:
            self.observer.loaded(address & _ADDRESS, value.to_bytes(size, "little"))
        return value

    def store_memory(self, address: int, value: int, size: int) -> None:
        """Write a little-endian value of ``size`` bytes to guest memory; dropped at unassigned addresses.

        A guest may direct a device's DMA at the device's own registers: such an access is refused and logged once.
        """
        memory = self.env.memory
        if memory is None or not self.may_master():
            self._refuse("store", address, size)
            return
        value &= (1 << 8 * size) - 1
        self.engaged += 1
        try:
            memory.store(address & _ADDRESS, value, size)
        finally:
            self.engaged -= 1
        if self.observer is not None:
            self.observer.stored(address & _ADDRESS, value.to_bytes(size, "little"))

    def load_bytes(self, address: int, buffer: bytearray, start: int, length: int) -> None:
        """Copy ``length`` bytes of guest memory into ``buffer`` from index ``start``, up to its end.

        Unassigned addresses read as all ones, as in ``load_memory``.
        """
        length = min(length, len(buffer) - start)
        memory = self.env.memory
        if memory is None or not self.may_master():
            self._refuse("load", address, length)
            buffer[start : start + length] = b"\xff" * length
            return
        self.engaged += 1
        try:
            data = memory.read_bytes(address & _ADDRESS, length)
        finally:
            self.engaged -= 1
        buffer[start : start + length] = data
        if self.observer is not None:
            self.observer.loaded(address & _ADDRESS, data)

    def store_bytes(self, address: int, buffer: bytearray, start: int, length: int) -> None:
        """Copy ``length`` bytes of ``buffer`` from index ``start``, up to its end, to guest memory."""
        data = bytes(buffer[start : start + length])
        memory = self.env.memory
        if memory is None or not self.may_master():
            self._refuse("store", address, len(data))
            return
        self.engaged += 1
        try:
            memory.write_bytes(address & _ADDRESS, data)
        finally:
            self.engaged -= 1
        if self.observer is not None:
            self.observer.stored(address & _ADDRESS, data)
