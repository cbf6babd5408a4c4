"""x86 on the emulator: the parts that only this architecture has.

- ``emulated_x86`` creates the parts; ``x86_processor`` delivers exceptions, interrupts and NMIs; ``cpu``: its
  state; ``x86_engine``: types for Unicorn's x86; ``saved_context``: state that Unicorn's register calls do not give.
- ``access_hooks``, ``port_bus``: accesses to ports, beside those to memory.
- ``interrupt_entry`` pushes a frame and jumps, as the processor does for an interrupt; ``guest_view``, ``paging``,
  ``descriptor``: how it reads the guest's tables.
- ``lapic``, ``ioapic``, ``pic``, ``pit``: the chips; ``emulated_chips`` connects them; ``apic_base``: RDMSR.

For example::

    parts = X86().power_on(machine, memory, calls)
    parts.chip.set_gsi(5, 1)

raises the line of IRQ 5 at the PICs and the IOAPIC.
"""
