"""The GIC's redistributor of the one processor: its own interrupts, SGIs and PPIs.

Arm IHI 0069, 12.10 (the RD frame) and 12.11 (the SGI frame, 64 KiB behind it). There are no LPIs. Like KVM's, it is
never asleep: GICR_WAKER reads as zero and ignores writes.
"""

from __future__ import annotations

from typing import Final

from devgen.hosts.emulator.arm64.distributor import ARCHITECTURE_3, PERIPHERAL_ID
from devgen.hosts.emulator.arm64.interrupt_registers import InterruptRegisters
from devgen.hosts.emulator.arm64.interrupt_state import FIRST_SPI, InterruptState

_SGI_FRAME: Final = 0x1_0000
_TYPER: Final = 0x8
_LAST: Final = 1 << 4
"""GICR_TYPER: processor 0 at affinity 0.0.0.0, the last redistributor of the region."""


class Redistributor:
    """The registers of both frames."""

    def __init__(self, state: InterruptState) -> None:
        self._registers = InterruptRegisters(state, 0, FIRST_SPI)

    def read(self, offset: int, size: int) -> int:
        """A load of ``size`` bytes."""
        if offset % size:
            return 0
        if offset >= _SGI_FRAME:
            return self._registers.read(offset - _SGI_FRAME, size)
        if offset == _TYPER and size in (4, 8):
            return _LAST
        return ARCHITECTURE_3 if (offset, size) == (PERIPHERAL_ID, 4) else 0

    def write(self, offset: int, value: int, size: int) -> None:
        """A store of ``size`` bytes."""
        if offset >= _SGI_FRAME and not offset % size:
            self._registers.write(offset - _SGI_FRAME, value, size)
