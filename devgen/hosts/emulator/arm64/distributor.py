"""The GIC's distributor: shared peripheral interrupts.

Arm IHI 0069, 12.9. Affinity routing is always on, and there is one security state (GICD_CTLR.DS = 1). Like KVM's GIC,
it implements no message-based SPIs, and accesses of other widths read as zero and are ignored.
"""

from __future__ import annotations

from typing import Final

from devgen.hosts.emulator.arm64.interrupt_registers import InterruptRegisters
from devgen.hosts.emulator.arm64.interrupt_state import FIRST_SPI, INTERRUPTS, InterruptState

SIZE: Final = 0x1_0000
PERIPHERAL_ID: Final = 0xFFE8
ARCHITECTURE_3: Final = 0x3B
"""GICD_PIDR2 and GICR_PIDR2: GIC architecture version 3."""

_CTLR, _TYPER = 0x0, 0x4
_ENABLE_GROUPS: Final = 3
_ARE_DS: Final = 1 << 4 | 1 << 6
_ROUTES, _ROUTES_END = 0x6000, 0x6000 + 8 * INTERRUPTS
_ROUTE_MASK: Final = 0xFF_80FF_FFFF
"""Affinity 3, the interrupt routing mode, and affinity 2 to 0."""


class Distributor:
    """``groups``: the interrupt groups that it forwards (bit n: group n)."""

    def __init__(self, state: InterruptState) -> None:
        """After reset it forwards nothing."""
        self._state = state
        self._registers = InterruptRegisters(state, FIRST_SPI, INTERRUPTS)
        self._routes = [0] * INTERRUPTS
        self.groups = 0

    def read(self, offset: int, size: int) -> int:
        """A load of ``size`` bytes."""
        if offset % size:
            return 0
        if _ROUTES + 8 * FIRST_SPI <= offset < _ROUTES_END and size in (4, 8):
            return self._routes[(offset - _ROUTES) // 8] >> offset % 8 * 8 & ((1 << 8 * size) - 1)
        match offset, size:
            case 0x0, 4:
                return self.groups | _ARE_DS
            case 0x4, 4:  # TYPER: the number of SPIs, and 10 bits of INTID
                return INTERRUPTS // 32 - 1 | 9 << 19
            case 0xFFE8, 4:
                return ARCHITECTURE_3
        return self._registers.read(offset, size)

    def write(self, offset: int, value: int, size: int) -> None:
        """A store of ``size`` bytes."""
        if offset % size:
            return
        if _ROUTES + 8 * FIRST_SPI <= offset < _ROUTES_END and size in (4, 8):
            self._route((offset - _ROUTES) // 8, offset % 8 * 8, value, size)
        elif offset == _CTLR and size == 4:
            self.groups = value & _ENABLE_GROUPS
            self._state.changed = True
        else:
            self._registers.write(offset, value, size)

    def _route(self, intid: int, shift: int, value: int, size: int) -> None:
        """Write GICD_IROUTER. It keeps its value; every SPI goes to the only processor."""
        written = ((1 << 8 * size) - 1) << shift
        self._routes[intid] = (self._routes[intid] & ~written | value << shift & written) & _ROUTE_MASK
