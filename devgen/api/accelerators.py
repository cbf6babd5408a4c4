"""Which host runs a guest's processor: KVM where /dev/kvm can run an x86 guest, else the emulator."""

from __future__ import annotations

import os
from typing import Final, Literal, Protocol, get_args

from devgen.errors import ArgumentError
from devgen.runtime.base.faults import MachineError, suggest
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.run_result import RunResult

Accel = Literal["auto", "kvm", "emulator"]
ACCELS: Final[tuple[Accel, ...]] = get_args(Accel)


class Host(Protocol):
    """What a CPU host offers; `devgen.hosts.kvm.KvmHost` and `devgen.hosts.emulator.EmulatorHost` do."""

    def run(self, timeout: float | None = None) -> RunResult:
        """Run the guest until it ends or ``timeout`` seconds are over."""

    def program_counter(self) -> int | None:
        """Offset in its code segment of the instruction whose access is dispatched, if the calling thread does that."""

    def stop(self) -> None:
        """End the run from another thread or a signal."""

    def close(self) -> None:
        """Release the VM."""


def why_no_kvm() -> str | None:
    """Why /dev/kvm cannot run an x86 guest, in a few words; None if it can."""
    try:
        os.close(os.open("/dev/kvm", os.O_RDWR | os.O_CLOEXEC))
    except OSError as error:
        return f"/dev/kvm: {error.strerror}"
    from devgen.hosts.kvm import unavailable

    return unavailable()


def choose_accel(accel: Accel = "auto") -> tuple[Literal["kvm", "emulator"], str]:
    """The host to take, and the reason in words.

    Raises:
        ArgumentError: no host has this name.
        MachineError: KVM was asked for and /dev/kvm cannot run the guest.
    """
    if accel not in ACCELS:
        raise ArgumentError("accel", f"{accel!r} is not one of {', '.join(ACCELS)}{suggest(str(accel), ACCELS)}")
    obstacle = why_no_kvm() if accel != "emulator" else None
    if accel == "kvm":
        if obstacle:
            raise MachineError(f"cannot use KVM ({obstacle}); the accelerator 'emulator' runs without it")
        return "kvm", "as asked"
    if accel == "emulator":
        return "emulator", "as asked"
    return ("kvm", "/dev/kvm opens") if obstacle is None else ("emulator", obstacle)


def make_host(accel: Literal["kvm", "emulator"], machine: Machine) -> Host:
    """The host of that name for ``machine``; the other one's module is not imported. Raises KvmError."""
    if accel == "kvm":
        from devgen.hosts.kvm import KvmHost

        return KvmHost(machine)
    from devgen.hosts.emulator import EmulatorHost

    return EmulatorHost(machine)
