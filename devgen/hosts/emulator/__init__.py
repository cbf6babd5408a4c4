"""The CPU host for machines without /dev/kvm: Unicorn runs the guest, the runtime does what the kernel would."""

from devgen.hosts.emulator.emulator_host import EmulatorHost

__all__ = ["EmulatorHost"]
