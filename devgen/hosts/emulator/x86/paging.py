"""Linear to physical addresses, for the processor's implicit accesses during interrupt entry.

Intel SDM volume 3, chapter 4: 32-bit paging (with 4 MiB pages), PAE paging and 4-level paging. Permissions are not
checked: implicit accesses are supervisor accesses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

CR4_PSE: Final = 1 << 4
CR4_PAE: Final = 1 << 5

_PRESENT: Final = 1
_LARGE: Final = 1 << 7
_ADDRESS: Final = 0x000F_FFFF_FFFF_F000

ReadPhysical = Callable[[int, int], int]


@dataclass(slots=True, frozen=True)
class Paging:
    """The state that determines translation: control registers, and whether the processor is in long mode."""

    enabled: bool
    cr3: int
    cr4: int
    long: bool

    def translate(self, linear: int, read: ReadPhysical) -> int | None:
        """The physical address of ``linear``; None if no page is present. ``read(address, size)`` reads the tables."""
        if not self.enabled:
            return linear
        if self.long:
            return _walk(self.cr3 & _ADDRESS, linear, (39, 30, 21, 12), 9, 8, read)
        if self.cr4 & CR4_PAE:
            return _walk_pae(self.cr3, linear, read)
        return _walk_legacy(self.cr3, self.cr4, linear, read)


def _walk(table: int, linear: int, shifts: tuple[int, ...], bits: int, width: int, read: ReadPhysical) -> int | None:
    for shift in shifts:
        index = linear >> shift & ((1 << bits) - 1)
        entry = read(table + index * width, width)
        if not entry & _PRESENT:
            return None
        if shift == 12 or (entry & _LARGE and shift < 39):
            offset = (1 << shift) - 1
            return entry & _ADDRESS & ~offset | linear & offset
        table = entry & _ADDRESS
    return None


def _walk_pae(cr3: int, linear: int, read: ReadPhysical) -> int | None:
    pointer = read((cr3 & ~0x1F) + (linear >> 30 & 3) * 8, 8)
    if not pointer & _PRESENT:
        return None
    return _walk(pointer & _ADDRESS, linear, (21, 12), 9, 8, read)


def _walk_legacy(cr3: int, cr4: int, linear: int, read: ReadPhysical) -> int | None:
    directory = read((cr3 & ~0xFFF) + (linear >> 22) * 4, 4)
    if not directory & _PRESENT:
        return None
    if directory & _LARGE and cr4 & CR4_PSE:
        high = (directory >> 13 & 0xFF) << 32
        return high | directory & 0xFFC0_0000 | linear & 0x3F_FFFF
    return _walk(directory & ~0xFFF, linear, (12,), 10, 4, read)
