"""Which host runs the guest: KVM where /dev/kvm opens, else the emulator."""

from __future__ import annotations

import os
from typing import Literal, Protocol

from devgen.cli.command_error import InputError
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.run_result import RunResult

Accel = Literal["auto", "kvm", "emulator"]


class Host(Protocol):
    """What the command line needs of a CPU host."""

    def run(self, timeout: float | None = None) -> RunResult:
        """Run the guest until it ends or ``timeout`` seconds are over."""

    def program_counter(self) -> int | None:
        """Offset in its code segment of the instruction whose access is dispatched, if the calling thread does that."""

    def stop(self) -> None:
        """End the run from another thread or a signal."""

    def close(self) -> None:
        """Release the VM."""


def why_no_kvm() -> str | None:
    """Why /dev/kvm cannot be used, in a few words; None if it can."""
    try:
        os.close(os.open("/dev/kvm", os.O_RDWR | os.O_CLOEXEC))
    except OSError as error:
        return f"/dev/kvm: {error.strerror}"
    return None


def choose(accel: Accel) -> tuple[Literal["kvm", "emulator"], str]:
    """The host to take, and the reason in words.

    Raises:
        InputError: KVM was asked for and does not open.
    """
    obstacle = why_no_kvm() if accel != "emulator" else None
    if accel == "kvm":
        if obstacle:
            raise InputError(f"cannot use KVM ({obstacle}); --accel emulator runs without it")
        return "kvm", "as asked"
    if accel == "emulator":
        return "emulator", "as asked"
    return ("kvm", "/dev/kvm opens") if obstacle is None else ("emulator", obstacle)


def make_host(accel: Literal["kvm", "emulator"], machine: Machine) -> Host:
    """The host of that name for ``machine``; the other one's module is not imported."""
    if accel == "kvm":
        from devgen.hosts.kvm import KvmHost

        return KvmHost(machine)
    from devgen.hosts.emulator import EmulatorHost

    return EmulatorHost(machine)
