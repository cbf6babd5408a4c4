"""The processor host for machines without ``/dev/kvm``: Unicorn runs the guest, the runtime does what the kernel would.

The guest images, the boards and the devices are those of the KVM host. What the kernel emulates there stands here in
Python: the local APIC, IOAPIC, PICs and PIT, the delivery of interrupts and faults, and the map of memory.

- ``emulator_host``: the run loop; ``unicorn_engine``: the engine behind its library; ``cpu``: the processor's state.
- ``memory_map``: which addresses are RAM and which end in a device; ``access_hooks``: what an access does then.
- ``interrupt_entry``: pushes a frame and jumps, as the processor does for an interrupt.
- ``lapic``, ``ioapic``, ``pic``, ``pit``: the chips; ``emulated_chips`` puts them together.

For example::

    result = EmulatorHost(machine).run(timeout=10)

returns when a device ends the run, when the guest has halted for good, or after ten seconds.
"""

from devgen.hosts.emulator.emulator_host import EmulatorHost

__all__ = ["EmulatorHost"]
