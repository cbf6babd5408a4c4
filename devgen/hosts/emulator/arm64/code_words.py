"""Reads the guest's instructions at their virtual addresses: from RAM, or by the page tables (granule of 4 KiB).

Arm ARM, D5 (VMSAv8-64). Permissions are not checked: the processor has just executed the instruction.
"""

from __future__ import annotations

from typing import Final

from devgen.common.machine_map import VIRT_RAM
from devgen.hosts.emulator.arm64.arm64_engine import TCR, TTBR0, TTBR1, Arm64Engine
from devgen.hosts.emulator.unicorn_engine import UcError
from devgen.runtime.memory.ram_block import RamBlock

_VALID: Final = 1
_TABLE: Final = 2
_ADDRESS: Final = 0x0000_FFFF_FFFF_F000
_GRANULES_4K: Final = {0: 0, 1: 2}
"""TTBR number → the value of its granule field in TCR_EL1 for 4 KiB."""


class CodeWords:
    """Reads code of ``engine``'s guest. ``translated``: its MMU is on, which the hook of MSR keeps up to date."""

    def __init__(self, engine: Arm64Engine, ram: RamBlock | None) -> None:
        """``ram``: the memory at VIRT_RAM, which is read directly."""
        self._engine = engine
        self._ram = memoryview(b"") if ram is None else ram.view
        self.translated = False

    def word(self, address: int) -> int | None:
        """The instruction at a virtual address; None if it cannot be read, as with another granule."""
        physical = self._physical(address) if self.translated else address
        return None if physical is None else self._read(physical, 4)

    def _read(self, address: int, size: int) -> int | None:
        offset = address - VIRT_RAM
        if offset >= 0 and offset + size <= len(self._ram):
            return int.from_bytes(self._ram[offset : offset + size], "little")
        try:
            return int.from_bytes(self._engine.mem_read(address, size), "little")
        except UcError:
            return None

    def _physical(self, address: int) -> int | None:
        upper = address >> 55 & 1
        tcr = self._engine.cpr_read(*TCR)
        size = 64 - (tcr >> 16 * upper & 0x3F)
        granule = tcr >> (30 if upper else 14) & 3
        if granule != _GRANULES_4K[upper] or not 25 <= size <= 48:
            return None
        table: int = self._engine.cpr_read(*(TTBR1 if upper else TTBR0)) & _ADDRESS
        return self._walk(table, address & ((1 << size) - 1), -(-(size - 12) // 9))

    def _walk(self, table: int, address: int, levels: int) -> int | None:
        for shift in range(12 + 9 * (levels - 1), 3, -9):
            entry = self._read(table + (address >> shift & 0x1FF) * 8, 8)
            if entry is None or not entry & _VALID:
                return None
            if shift == 12 or not entry & _TABLE:
                offset = (1 << shift) - 1
                return entry & _ADDRESS & ~offset | address & offset
            table = entry & _ADDRESS
        return None
