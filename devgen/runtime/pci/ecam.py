"""The enhanced configuration access mechanism (ECAM): configuration space in memory space.

Each function has 4 KiB of the window, in order of slot and function. Source: PCI Express Base Specification 3.1,
section 7.2.2.
"""

from __future__ import annotations

from typing import Final

from devgen.runtime.memory.access import Access, CutOps
from devgen.runtime.memory.memory_region import MemoryRegion
from devgen.runtime.pci.pci_bus import PciBus

ECAM_SIZE: Final = 1 << 20
"""Size in bytes of the window of one bus."""


def ecam_window(bus: PciBus) -> MemoryRegion:
    """Return the ECAM window of ``bus``. Absent functions read all ones. An access of 8 bytes is two of 4 bytes."""

    def read(offset: int, size: int) -> int:
        return bus.config_read(offset >> 15, offset >> 12 & 7, offset & 0xFFF, size)

    def write(offset: int, value: int, size: int) -> None:
        bus.config_write(offset >> 15, offset >> 12 & 7, offset & 0xFFF, value, size)

    return MemoryRegion.io("pci-ecam", ECAM_SIZE, CutOps(read, write, Access((1, 8), (1, 4))))
