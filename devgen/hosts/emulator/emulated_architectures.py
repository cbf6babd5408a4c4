"""The architectures of the emulator: a board's type and its processors."""

from __future__ import annotations

from typing import Final

from devgen.common.machine_map import MachineType
from devgen.hosts.emulator.arm64.emulated_arm64 import EmulatedArm64
from devgen.hosts.emulator.emulated_architecture import Architecture
from devgen.hosts.emulator.x86.emulated_x86 import X86
from devgen.runtime.base.faults import MachineError
from devgen.runtime.machine.machine_config import MachineConfig

ARCHITECTURES: Final[dict[MachineType, Architecture]] = {"pc": X86(), "virt": EmulatedArm64()}


def architecture_of(config: MachineConfig) -> Architecture:
    """Return the architecture of a machine's processors. Raises MachineError if there is none."""
    if config.type not in ARCHITECTURES:
        raise MachineError(f"{config.name}: the emulator has no processor for a machine of type {config.type}")
    return ARCHITECTURES[config.type]
