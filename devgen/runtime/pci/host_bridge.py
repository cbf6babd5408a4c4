"""Host bridges, function 00:00.0: with configuration mechanism 1 (PCI 3.0, 3.2.2.3.2), and with ECAM only."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from devgen.runtime.device.environment import Environment
from devgen.runtime.device.saved_state import StateItem
from devgen.runtime.memory.memory_region import MemoryRegion
from devgen.runtime.pci.config_space import PciIdentity
from devgen.runtime.pci.pci_bus import PciBus
from devgen.runtime.pci.pci_device import PciDevice

_ENABLE = 1 << 31
_SPACE = 0x100
"""Bytes of configuration space that mechanism 1 can access."""


_RESET_CONTROL = 1
"""The offset of port 0xcf9."""
_RESET_PROCESSOR = 1 << 2


def _nothing() -> None:
    """Do nothing: the machine has no reset."""


class PciHostBridge(PciDevice):
    """The host bridge: CONFIG_ADDRESS at port 0xcf8 (dword writes only) and CONFIG_DATA at 0xcfc..0xcff.

    ``ports`` is the region of these eight ports. A configuration read of another bus, of an absent function or with the
    enable bit clear returns all ones; a write is dropped.

    The two low bits of CONFIG_ADDRESS are writable and used, as in QEMU (the specification defines them as zero): the
    offset is CONFIG_ADDRESS[7:0] OR the offset in CONFIG_DATA. An access that starts in the middle of a dword continues
    in the next dword; bytes beyond the 256 bytes read as zero.

    Port 0xcf9 is also the reset control register of a PC's chipset, for writes of one byte (Intel 82371SB, 3.3.1):
    bit 2 resets the machine. Its reads are those of CONFIG_ADDRESS.
    """

    NAME: ClassVar[str] = "pci-host-bridge"
    TITLE: ClassVar[str] = "PCI host bridge"
    STATE: ClassVar[tuple[StateItem, ...]] = (StateItem("address", "register", 32),)
    PCI: ClassVar[PciIdentity] = PciIdentity(0x8086, 0x1237, 2, 0x060000)

    def __init__(self, env: Environment, bus: PciBus) -> None:
        super().__init__(env)
        self.bus = bus
        self.address = 0
        self.on_reset_port: Callable[[], None] = _nothing
        """Called when a byte with bit 2 set is written to port 0xcf9."""
        self.ports = MemoryRegion.io("pci-config", 8, self)

    def reset(self) -> None:
        """Reset the device and set CONFIG_ADDRESS to 0."""
        super().reset()
        self.address = 0

    # --- IoOps: the bridge cuts its accesses itself --------------------------------------

    def cacheable(self, _offset: int, _size: int) -> bool:
        """Return True: all eight ports are declared."""
        return True

    def resolve_read(self, offset: int, size: int) -> Callable[[], int]:
        """Return the reader of 1 to 8 bytes at ``offset`` of the ports."""
        return partial(self._read, offset, size)

    def resolve_write(self, offset: int, size: int) -> Callable[[int], None]:
        """Return the writer of 1 to 8 bytes at ``offset`` of the ports."""
        return partial(self._write, offset, size)

    def _read(self, offset: int, size: int) -> int:
        if offset >= 4:
            return self._read_data(offset - 4, size)
        low = min(size, 4 - offset)
        value = self.address >> 8 * offset & ((1 << 8 * low) - 1)
        return value | (self._read_data(0, size - low) << 8 * low if size > low else 0)

    def _write(self, offset: int, size: int, value: int) -> None:
        if offset >= 4:
            self._write_data(offset - 4, size, value)
        elif offset == 0 and size >= 4:
            self.address = value & 0xFFFFFFFF
            if size > 4:
                self._write_data(0, size - 4, value >> 32)
        elif offset == _RESET_CONTROL and size == 1 and value & _RESET_PROCESSOR:
            self.on_reset_port()

    def _target(self, lane: int) -> tuple[int, int, int] | None:
        """Return (slot, function, offset) for byte ``lane`` of CONFIG_DATA; None if disabled or not bus 0."""
        if not self.address & _ENABLE or self.address >> 16 & 0xFF:
            return None
        return self.address >> 11 & 0x1F, self.address >> 8 & 0x7, self.address & 0xFF | lane

    def _read_data(self, lane: int, size: int) -> int:
        target = self._target(lane)
        inside = min(size, 4 - lane)
        ones = (1 << 8 * size) - 1
        if target is None or inside <= 0:
            return ones
        slot, function, offset = target
        value = self.bus.config_read(slot, function, offset, min(inside, _SPACE - offset))
        return value | ones & ~((1 << 8 * inside) - 1)

    def _write_data(self, lane: int, size: int, value: int) -> None:
        target = self._target(lane)
        inside = min(size, 4 - lane)
        if target is not None and inside > 0:
            slot, function, offset = target
            inside = min(inside, _SPACE - offset)
            self.bus.config_write(slot, function, offset, value & ((1 << 8 * inside) - 1), inside)


class EcamHostBridge(PciDevice):
    """The host bridge of a machine that has configuration space in memory only; it has no behaviour of its own."""

    NAME: ClassVar[str] = "pci-host-bridge"
    TITLE: ClassVar[str] = "PCI Express host bridge"
    PCI: ClassVar[PciIdentity] = PciIdentity(0x1B36, 0x0008, 0, 0x060000)
