"""x86: the processor, its ports, and the PC's interrupt chips."""

from __future__ import annotations

from devgen.hosts.emulator.emulated_architecture import Parts
from devgen.hosts.emulator.host_calls import HostCalls
from devgen.hosts.emulator.memory_map import GuestMemory
from devgen.hosts.emulator.x86.access_hooks import GuestAccesses
from devgen.hosts.emulator.x86.emulated_chips import IrqChip
from devgen.hosts.emulator.x86.port_bus import PortBus
from devgen.hosts.emulator.x86.x86_processor import X86Processor
from devgen.runtime.machine.machine import Machine


class X86:
    """The architecture of ``type: pc``."""

    def power_on(self, machine: Machine, memory: GuestMemory, calls: HostCalls) -> Parts:
        """Create the processor and the chips. Raises UcError, UnknownUnicorn."""
        config, clock = machine.config, machine.clocks.virtual
        chip = IrqChip(clock, calls.raise_nmi, pit=config.pit == "kernel") if config.irqchip == "kernel" else None
        bus = PortBus(machine.memory, machine.io, chip, clock.settle)
        processor = X86Processor(machine.memory, chip)
        accesses = GuestAccesses(
            processor.uc,
            bus,
            memory,
            machine.lock,
            calls,
            excepted=processor.except_at,
            instruction=processor.instruction,
        )
        processor.connect(accesses)
        return Parts(processor, bus, chip)
