"""arm64 on the emulator: the parts that only this architecture has.

- ``emulated_arm64`` creates the parts; ``arm64_processor`` delivers exceptions and interrupts and answers PSCI calls
  (``psci``); ``arm64_engine``: Unicorn's Cortex-A72; ``exception_entry``, ``exception_record``: how the
  processor enters a handler, and the exception's cause, read from Unicorn.
- ``arm64_accesses``: the hooks for memory and system registers; ``described_access``, ``code_words``: which accesses to
  devices KVM refuses; ``system_registers``: which registers are not Unicorn's.
- ``gicv3`` has the interrupt controller's parts: ``interrupt_state``, ``distributor`` and ``redistributor`` with their
  common ``interrupt_registers``, and ``cpu_interface``; ``arch_timer``: the timers.

For example::

    gic = GicV3(clock)
    gic.set_gsi(2, 1)
    gic.cpu.acknowledge(1)

returns 34, the INTID of SPI 2, if the guest has enabled it, and 1023 otherwise.
"""
