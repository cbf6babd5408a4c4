"""The GICv3 of a `virt` machine, and the processor's timers, whose interrupts are PPIs.

Arm IHI 0069. It has a distributor, one redistributor and the CPU interface by system registers; no ITS, so interrupt
messages are lost. GSI n is SPI n. The caller holds the machine's lock.
"""

from __future__ import annotations

from typing import Final

from devgen.common.machine_map import GIC_DISTRIBUTOR, GIC_REDISTRIBUTORS, REDISTRIBUTOR_SIZE, VIRT_SPIS
from devgen.hosts.emulator.arm64 import distributor
from devgen.hosts.emulator.arm64.arch_timer import ArchTimer
from devgen.hosts.emulator.arm64.cpu_interface import CpuInterface
from devgen.hosts.emulator.arm64.interrupt_state import FIRST_SPI, InterruptState
from devgen.hosts.emulator.arm64.redistributor import Redistributor
from devgen.runtime.time.clock import Clock

VIRTUAL_TIMER: Final = 27
PHYSICAL_TIMER: Final = 30
"""INTIDs of the timers' PPIs, as KVM has them."""


class GicV3:
    """The interrupt controller; ``cpu``: its CPU interface, ``virtual`` and ``physical``: the timers."""

    def __init__(self, clock: Clock) -> None:
        """State after reset; the timers run on ``clock``."""
        self._state = InterruptState()
        self._distributor = distributor.Distributor(self._state)
        self._redistributor = Redistributor(self._state)
        self.cpu = CpuInterface(self._state, self._distributor)
        self.virtual = ArchTimer(clock, lambda level: self._state.set_line(VIRTUAL_TIMER, level))
        self.physical = ArchTimer(clock, lambda level: self._state.set_line(PHYSICAL_TIMER, level))

    def pending(self) -> bool:
        """Whether an IRQ or FIQ is signalled to the processor."""
        return self.cpu.signalled() is not None

    def set_gsi(self, gsi: int, level: int) -> None:
        """Drive an SPI's line; one that the GIC does not have is ignored."""
        if 0 <= gsi < VIRT_SPIS:
            self._state.set_line(FIRST_SPI + gsi, level)

    def signal_msi(self, address: int, data: int) -> None:
        """Lose the message: there is no ITS."""

    def owns_address(self, address: int) -> bool:
        """Whether ``address`` belongs to the distributor or to the redistributor."""
        if GIC_DISTRIBUTOR <= address < GIC_DISTRIBUTOR + distributor.SIZE:
            return True
        return GIC_REDISTRIBUTORS <= address < GIC_REDISTRIBUTORS + REDISTRIBUTOR_SIZE

    def read_memory(self, address: int, size: int) -> int:
        """A load for which ``owns_address`` is true."""
        if address >= GIC_REDISTRIBUTORS:
            return self._redistributor.read(address - GIC_REDISTRIBUTORS, size)
        return self._distributor.read(address - GIC_DISTRIBUTOR, size)

    def write_memory(self, address: int, value: int, size: int) -> None:
        """A store for which ``owns_address`` is true."""
        if address >= GIC_REDISTRIBUTORS:
            self._redistributor.write(address - GIC_REDISTRIBUTORS, value, size)
        else:
            self._distributor.write(address - GIC_DISTRIBUTOR, value, size)

    def close(self) -> None:
        """Disarm the timers."""
        self.virtual.close()
        self.physical.close()
