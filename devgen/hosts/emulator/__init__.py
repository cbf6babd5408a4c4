"""The processor host for machines without ``/dev/kvm``: Unicorn runs the guest, Python code replaces the kernel's KVM.

The guest images, the boards and the devices are those of the KVM host. This package implements in
Python what KVM does in the kernel: interrupt controllers and timers, delivery of interrupts and faults, memory slots.

- ``emulator_host``: the run loop; ``run_times``: when it must look up from the guest.
- ``guest_processor``: runs the guest's code between exceptions and interrupts; ``stop_gate`` stops it between two
  instructions; ``unicorn_engine``: types for Unicorn's library.
- ``memory_map``: which addresses are RAM; ``memory_accesses``: Unicorn's hooks, which send all other accesses to
  devices; ``guest_bus``: whether to a chip of the host or to a device of the board.
- ``emulated_architecture``: what differs between processors; ``x86`` and ``arm64`` implement it.

For example::

    result = EmulatorHost(machine).run(timeout=10)

returns when a device ends the run, when the guest has halted for good, or after ten seconds.
"""

from devgen.hosts.emulator.emulator_host import EmulatorHost

__all__ = ["EmulatorHost"]
