"""The processor host for machines without ``/dev/kvm``: Unicorn runs the guest, Python code replaces the kernel's KVM.

The guest images, the boards and the devices are those of the KVM host. This package implements in
Python what KVM does in the kernel: local APIC, IOAPIC, PICs and PIT, delivery of interrupts and faults, memory slots.

- ``emulator_host``: the run loop; ``run_times``: when it must look up from the guest.
- ``guest_processor``: runs the guest's code, and delivers its exceptions and interrupts; ``cpu``: its state;
  ``unicorn_engine``: types for Unicorn's library.
- ``memory_map``: which addresses are RAM; ``access_hooks``: Unicorn's hooks, which send all other accesses to devices.
- ``interrupt_entry``: pushes a frame and jumps, as the processor does for an interrupt.
- ``lapic``, ``ioapic``, ``pic``, ``pit``: the chips; ``emulated_chips`` connects them.

For example::

    result = EmulatorHost(machine).run(timeout=10)

returns when a device ends the run, when the guest has halted for good, or after ten seconds.
"""

from devgen.hosts.emulator.emulator_host import EmulatorHost

__all__ = ["EmulatorHost"]
