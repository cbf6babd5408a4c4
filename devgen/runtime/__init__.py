"""What generated devices and boards run on.

A generated class needs nothing else of devgen: no YAML, no templates, no host. The packages, each of which may import
those before it:

- ``base``: errors, the machine's lock, logging, plain data for saved state.
- ``time``: clocks, counters, timers and the queue of deadlines.
- ``memory``: regions, flat views, address spaces, register banks.
- ``device``: the base class of devices, lines, FIFOs, byte streams.
- ``pci``: configuration space, BARs, interrupts by message, bus 0.
- ``observe``: traces and recordings of accesses and lines.
- ``machine``: devices in their places, wired together.
- ``boot``: the guest's program in RAM, firmware tables, and the first processor's registers.

For example, a device class is placed and reached without any host::

    rtc = DevicePlacement(name="rtc", device="pl031", at={"registers": 0x9010000})
    machine = Machine(MachineConfig(devices=(rtc,)))
    seconds = machine.memory.read(0x9010000, 4)

Nothing that a guest, a description, a peer or a saved state contains raises out of the runtime, blocks a thread or
allocates without bound.
"""
