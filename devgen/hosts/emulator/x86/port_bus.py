"""Dispatches an x86 processor's accesses to ports and memory.

A port access has 1, 2 or 4 bytes; string instructions arrive element by element, as if KVM's ``count`` were always 1.
"""

from __future__ import annotations

from collections.abc import Callable

from devgen.hosts.emulator.coalescing_queue import CoalescedZones
from devgen.hosts.emulator.guest_bus import GuestBus
from devgen.hosts.emulator.x86.emulated_chips import IrqChip
from devgen.runtime.memory.address_space import AddressSpace


class PortBus(GuestBus):
    """Dispatches accesses of both address spaces."""

    def __init__(
        self, memory: AddressSpace, io: AddressSpace, chip: IrqChip | None, settle: Callable[[], None]
    ) -> None:
        """``chip``: None on a board without KVM's irqchip. ``settle`` is called after each coalesced write."""
        super().__init__(memory, chip, settle)
        self._io = io
        self._ports = chip
        self.io_zones = CoalescedZones()

    def attach(self) -> None:
        """Register the listeners for the coalesced ranges of both spaces."""
        super().attach()
        self._io.add_listener(self.io_zones)

    def detach(self) -> None:
        """Carry out the queued writes, then undo ``attach``."""
        super().detach()
        self._io.remove_listener(self.io_zones)

    def read_port(self, port: int, size: int) -> int:
        """IN."""
        chip = self._ports
        if chip is not None and chip.owns_port(port, size):
            return chip.read_port(port, size)
        self.queue.drain()
        return self._io.read(port, size)

    def write_port(self, port: int, value: int, size: int) -> None:
        """OUT."""
        chip = self._ports
        if chip is not None and chip.owns_port(port, size):
            chip.write_port(port, value, size)
            return
        self._write(self._io.write, self.io_zones, port, value, size)
