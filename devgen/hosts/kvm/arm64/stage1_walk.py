"""Translates an address of a guest's kernel to a physical address, as the processor does at exception level 1.

KVM_TRANSLATE does not exist on arm64. Source: Arm Architecture Reference Manual for A-profile (DDI 0487), D8.2 (the
tables' levels), D8.3 (descriptors), D23.2 (SCTLR_EL1, TCR_EL1, TTBR0_EL1, TTBR1_EL1). The guest's physical addresses
have 40 bits (`devgen.common.machine_map.VIRT_END`), so bits of descriptors for more than 48 are zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from devgen.hosts.kvm.vcpu import ReadRam

_ENTRY = 8
_LAST_LEVEL = 3
_ADDRESS_BITS = (1 << 48) - 1
_VALID, _TABLE_OR_PAGE = 1, 2
_MMU = 1
_GRANULES: Final = {0: {0: 12, 1: 16, 2: 14}, 1: {1: 14, 2: 12, 3: 16}}
"""Half of the address space → field TG0 or TG1 → bits of an address in a page."""
_UPPER_HALF = 55  # the bit of an address that selects TTBR1
_TABLE_ALIGNMENT = 6  # of the first table, in bits


@dataclass(slots=True, frozen=True)
class Stage1:
    """The system registers of the translation."""

    sctlr: int
    tcr: int
    ttbr0: int
    ttbr1: int


def translate(stage1: Stage1, address: int, read: ReadRam) -> int | None:
    """Return the physical address, or None if the tables have none. ``read(address, size)`` reads RAM."""
    if not stage1.sctlr & _MMU:
        return address
    half = address >> _UPPER_HALF & 1
    fields = stage1.tcr >> (16 if half else 0)
    page = _GRANULES[half].get(fields >> 14 & 3)
    if page is None or fields >> 7 & 1:  # EPD: no walk
        return None
    size = 64 - (fields & 0x3F)
    table = (stage1.ttbr1 if half else stage1.ttbr0) & _ADDRESS_BITS >> _TABLE_ALIGNMENT << _TABLE_ALIGNMENT
    return _walk(table, address & (1 << size) - 1, size, page, read)


def _walk(table: int, offset: int, size: int, page: int, read: ReadRam) -> int | None:
    """Walk from ``table``, which resolves ``offset`` of ``size`` bits; pages have ``page`` bits."""
    bits = page - 3
    level = _LAST_LEVEL + 1 - -(-(size - page) // bits)
    while True:
        low = page + (_LAST_LEVEL - level) * bits
        data = read(table + _ENTRY * (offset >> low), _ENTRY)
        entry = 0 if data is None else int.from_bytes(data, "little")
        if not entry & _VALID:
            return None
        place = entry & _ADDRESS_BITS
        offset &= (1 << low) - 1
        if level == _LAST_LEVEL and not entry & _TABLE_OR_PAGE:
            return None
        if level == _LAST_LEVEL or not entry & _TABLE_OR_PAGE:
            return place >> low << low | offset
        table, level = place >> page << page, level + 1
