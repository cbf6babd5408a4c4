"""The registers that the GIC's distributor and redistributor share, for a range of INTIDs.

Arm IHI 0069, 12.9 (GICD_*) and 12.11 (GICR_* of the SGI frame): both have them at the same offsets. Registers of
security states that this GIC does not have, and of INTIDs outside of the range, read as zero and ignore writes.
"""

from __future__ import annotations

from typing import Final

from devgen.hosts.emulator.arm64.interrupt_state import FIRST_PPI, PRIORITY_MASK, InterruptState

_GROUP, _SET_ENABLE, _CLEAR_ENABLE, _SET_PENDING, _CLEAR_PENDING, _SET_ACTIVE, _CLEAR_ACTIVE = range(0x80, 0x400, 0x80)
_PRIORITY, _PRIORITY_END = 0x400, 0x800
_CONFIGURATION, _CONFIGURATION_END = 0xC00, 0xD00
_WORD: Final = 0xFFFF_FFFF


class InterruptRegisters:
    """Accesses of 4 bytes, and of 1 byte to the priorities, for INTIDs ``first`` to ``end`` - 1."""

    def __init__(self, state: InterruptState, first: int, end: int) -> None:
        self._state = state
        self._first = first
        self._end = end
        self._mask = (1 << end) - (1 << first)

    def read(self, offset: int, size: int) -> int:
        """Read ``size`` bytes at ``offset``."""
        if _PRIORITY <= offset < _PRIORITY_END and size in (1, 4):
            return int.from_bytes(bytes(self._priority(offset - _PRIORITY + n) for n in range(size)), "little")
        if size != 4:
            return 0
        if _CONFIGURATION <= offset < _CONFIGURATION_END:
            return self._configuration((offset - _CONFIGURATION) * 4)
        return self._bits(offset & ~0x7F) >> (offset & 0x7F) * 8 & _WORD

    def _bits(self, register: int) -> int:
        """All bits of a register with one bit for each INTID."""
        state = self._state
        match register:
            case 0x80:
                bits = state.group1
            case 0x100 | 0x180:
                bits = state.enabled
            case 0x200 | 0x280:
                bits = state.pending
            case 0x300 | 0x380:
                bits = state.active
            case _:
                bits = 0
        return bits & self._mask

    def _priority(self, intid: int) -> int:
        return self._state.priority[intid] if self._first <= intid < self._end else 0

    def _configuration(self, intid: int) -> int:
        edge = (self._state.edge & self._mask) >> intid
        return sum(2 << 2 * n for n in range(16) if edge >> n & 1)

    def write(self, offset: int, value: int, size: int) -> None:
        """Write ``size`` bytes at ``offset``."""
        self._state.changed = True
        if _PRIORITY <= offset < _PRIORITY_END and size in (1, 4):
            for n in range(size):
                self._set_priority(offset - _PRIORITY + n, value >> 8 * n & PRIORITY_MASK)
        elif size == 4 and _CONFIGURATION <= offset < _CONFIGURATION_END:
            self._configure((offset - _CONFIGURATION) * 4, value)
        elif size == 4:
            shift = (offset & 0x7F) * 8
            self._write_bits(offset & ~0x7F, value << shift & self._mask, _WORD << shift & self._mask)

    def _write_bits(self, register: int, bits: int, written: int) -> None:
        """Write a register with one bit for each INTID; ``written``: the INTIDs that the access covers."""
        state = self._state
        if register == _GROUP:
            state.group1 = state.group1 & ~written | bits
        elif register == _SET_ENABLE:
            state.enabled |= bits
        elif register == _CLEAR_ENABLE:
            state.enabled &= ~bits
        elif register == _SET_PENDING:
            state.latched |= bits
        elif register == _CLEAR_PENDING:
            state.latched &= ~bits
        elif register == _SET_ACTIVE:
            state.active |= bits
        elif register == _CLEAR_ACTIVE:
            state.active &= ~bits

    def _set_priority(self, intid: int, priority: int) -> None:
        if self._first <= intid < self._end:
            self._state.priority[intid] = priority

    def _configure(self, first: int, value: int) -> None:
        """Write ICFGR: two bits an INTID, of which the higher one says edge-triggered. SGIs always are."""
        for n in range(16):
            intid = first + n
            if max(self._first, FIRST_PPI) <= intid < self._end:
                bit = 1 << intid
                self._state.edge = self._state.edge & ~bit | (bit if value >> 2 * n & 2 else 0)
