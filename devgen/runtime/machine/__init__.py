"""A machine: RAM, address spaces, devices in their places, interrupt wires, clocks and streams.

``Machine`` is made from a ``MachineConfig`` and is the same for all hosts. A host runs it: it dispatches accesses to
``machine.memory`` and ``machine.io``, and hears of interrupts through the sinks of each GSI.

- ``machine``: puts everything together, resets, saves and restores it. ``machine_config``: what it is made from.
- ``placement``: which addresses, slots and wires a device gets. ``gsi``: interrupts of several sources on one line.
- ``device_registry``: finds the class of a device by name. ``boot_image``: how a processor starts a guest image.
- ``stream_backends`` and ``stream_inputs``: what a board connects a byte stream to; ``stream_ends``, ``terminal_ends``
  and ``socket_end`` are the ends. ``event_loop``: waits for input.

For example, a device is found by its name on the board::

    with Machine(config) as machine:
        machine.devices["rtc"].reset()
"""
