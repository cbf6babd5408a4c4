"""The memory map that a PC's firmware reports (e820): which addresses are RAM, and which are reserved.

Source: Documentation/arch/x86/zero-page.rst, ACPI specification 6.4, chapter 15 (address range types).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from devgen.common.machine_map import HIGH_RAM, LOW_RAM

USABLE: Final = 1
RESERVED: Final = 2

EBDA: Final = 0x9FC00
"""The extended BIOS data area: the last KiB of conventional memory."""
FIRMWARE: Final = 0xE0000
"""The tables of the firmware, up to 1 MiB."""
MEBIBYTE: Final = 1 << 20
ECAM_SIZE: Final = 1 << 20


@dataclass(slots=True, frozen=True)
class MemoryRange:
    """``size`` bytes from ``start`` of kind USABLE or RESERVED."""

    start: int
    size: int
    kind: int

    @property
    def end(self) -> int:
        """The address after the range."""
        return self.start + self.size


def pc_memory_map(ram: int, ecam: int | None) -> tuple[MemoryRange, ...]:
    """Return the ranges of a machine with ``ram`` bytes (1 MiB or more) and an ECAM window, in order of address."""
    low = min(ram, LOW_RAM)
    ranges = [
        MemoryRange(0, EBDA, USABLE),
        MemoryRange(EBDA, 0xA0000 - EBDA, RESERVED),
        MemoryRange(FIRMWARE, MEBIBYTE - FIRMWARE, RESERVED),
        MemoryRange(MEBIBYTE, low - MEBIBYTE, USABLE),
    ]
    if ecam is not None:
        ranges.append(MemoryRange(ecam, ECAM_SIZE, RESERVED))
    if ram > LOW_RAM:
        ranges.append(MemoryRange(HIGH_RAM, ram - LOW_RAM, USABLE))
    return tuple(sorted((entry for entry in ranges if entry.size), key=lambda entry: entry.start))
