"""Chooses the CPU host: KVM if /dev/kvm can run the guest, else the emulator."""

from __future__ import annotations

import os
from typing import Final, Literal, Protocol, get_args

from devgen.common.machine_map import MachineType
from devgen.errors import ArgumentError
from devgen.runtime.base.faults import MachineError, suggest
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.run_result import RunResult

Accel = Literal["auto", "kvm", "emulator"]
ACCELS: Final[tuple[Accel, ...]] = get_args(Accel)


class Host(Protocol):
    """The interface of a CPU host: `devgen.hosts.kvm.KvmHost` and `devgen.hosts.emulator.EmulatorHost`."""

    def run(self, timeout: float | None = None) -> RunResult:
        """Run the guest until it ends or ``timeout`` seconds have passed."""

    def program_counter(self) -> int | None:
        """Return the code segment offset of the instruction whose access the calling thread dispatches, or None."""

    def stop(self) -> None:
        """End the run from another thread or a signal."""

    def close(self) -> None:
        """Release the VM."""


def why_no_kvm(machine: MachineType = "pc") -> str | None:
    """Return why /dev/kvm cannot run the guest of a board of type ``machine``, or None if it can."""
    try:
        os.close(os.open("/dev/kvm", os.O_RDWR | os.O_CLOEXEC))
    except OSError as error:
        return f"/dev/kvm: {error.strerror}"
    from devgen.hosts.kvm import unavailable

    return unavailable(type=machine)


def choose_accel(accel: Accel = "auto", machine: MachineType = "pc") -> tuple[Literal["kvm", "emulator"], str]:
    """Return the name of the host to use for a board of type ``machine``, and the reason.

    Raises:
        ArgumentError: no host has this name.
        MachineError: KVM was asked for, and /dev/kvm cannot run the guest.
    """
    if accel not in ACCELS:
        raise ArgumentError("accel", f"{accel!r} is not one of {', '.join(ACCELS)}{suggest(str(accel), ACCELS)}")
    obstacle = why_no_kvm(machine) if accel != "emulator" else None
    if accel == "kvm":
        if obstacle:
            raise MachineError(f"cannot use KVM ({obstacle}); the accelerator 'emulator' runs without it")
        return "kvm", "as asked"
    if accel == "emulator":
        return "emulator", "as asked"
    return ("kvm", "/dev/kvm opens") if obstacle is None else ("emulator", obstacle)


def make_host(accel: Literal["kvm", "emulator"], machine: Machine) -> Host:
    """Create the host of that name for ``machine``, and import only its module. Raises KvmError."""
    if accel == "kvm":
        from devgen.hosts.kvm import KvmHost

        return KvmHost(machine)
    from devgen.hosts.emulator import EmulatorHost

    return EmulatorHost(machine)
