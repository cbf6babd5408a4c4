"""The architectures of the emulator: a board's type and its processors. Only one architecture's modules are loaded."""

from __future__ import annotations

from devgen.hosts.emulator.emulated_architecture import Architecture
from devgen.runtime.base.faults import MachineError
from devgen.runtime.machine.machine_config import MachineConfig


def architecture_of(config: MachineConfig) -> Architecture:
    """Return the architecture of a machine's processors. Raises MachineError if there is none."""
    match config.type:
        case "pc":
            from devgen.hosts.emulator.x86.emulated_x86 import X86

            return X86()
        case "virt":
            from devgen.hosts.emulator.arm64.emulated_arm64 import EmulatedArm64

            return EmulatedArm64()
    raise MachineError(f"{config.name}: the emulator has no processor for a machine of type {config.type}")
