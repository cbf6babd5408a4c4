"""The architectures that KVM hosts have, and whether this host runs their guests."""

from __future__ import annotations

import platform
from typing import Final

from devgen.common.machine_map import MachineType
from devgen.hosts.kvm.architecture import Architecture
from devgen.hosts.kvm.arm64.arm64_architecture import Arm64
from devgen.hosts.kvm.kvm_error import KvmError
from devgen.hosts.kvm.kvm_system import KvmSystem
from devgen.hosts.kvm.x86.x86_architecture import X86
from devgen.runtime.base.faults import MachineError
from devgen.runtime.machine.machine_config import MachineConfig

ARCHITECTURES: Final[dict[MachineType, Architecture]] = {"pc": X86(), "virt": Arm64()}
"""A board's ``type`` and its processors."""


def architecture_of(config: MachineConfig) -> Architecture:
    """Return the architecture of a machine's processors. Raises MachineError for a machine without any."""
    if config.type not in ARCHITECTURES:
        raise MachineError(f"{config.name}: a machine of type {config.type} has no processor")
    return ARCHITECTURES[config.type]


def unavailable(path: str = "/dev/kvm", type: MachineType = "pc") -> str | None:
    """Return the reason why KVM cannot run guests of boards of ``type`` on this host, or None.

    The check creates a VM with interrupt controllers and closes it, because a /dev/kvm that can be opened may be of
    another architecture or without hardware support.
    """
    try:
        with KvmSystem(path) as system:
            reason = ARCHITECTURES[type].unavailable(system)
    except KvmError as error:
        return str(error)
    return reason and f"{path} of this host ({platform.machine()}) {reason}"
