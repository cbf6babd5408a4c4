"""arm64: a Cortex-A72 with a GICv3, architected timers and PSCI."""

from __future__ import annotations

from devgen.hosts.emulator.arm64.arm64_accesses import Arm64Accesses
from devgen.hosts.emulator.arm64.arm64_processor import Arm64Processor
from devgen.hosts.emulator.arm64.gicv3 import GicV3
from devgen.hosts.emulator.arm64.system_registers import SystemRegisters
from devgen.hosts.emulator.emulated_architecture import Parts
from devgen.hosts.emulator.guest_bus import GuestBus
from devgen.hosts.emulator.host_calls import HostCalls
from devgen.hosts.emulator.memory_map import GuestMemory
from devgen.runtime.machine.machine import Machine


class EmulatedArm64:
    """The architecture of ``type: virt``."""

    def power_on(self, machine: Machine, memory: GuestMemory, calls: HostCalls) -> Parts:
        """Create the processor and the GIC. Raises UcError, UnknownUnicorn."""
        clock = machine.clocks.virtual
        gic = GicV3(clock)
        bus = GuestBus(machine.memory, gic, clock.settle)
        processor = Arm64Processor(machine, gic)
        registers = SystemRegisters(gic, clock)
        processor.connect(Arm64Accesses(processor, bus, memory, machine.lock, calls, registers))
        return Parts(processor, bus, gic)
