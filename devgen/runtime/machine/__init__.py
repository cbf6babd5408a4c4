"""A machine: RAM, address spaces, devices, interrupt wires, clocks and streams.

``Machine`` is made from a ``MachineConfig`` and is the same for all hosts. A host runs it: it dispatches accesses to
``machine.memory`` and ``machine.io``, and receives interrupts through ``machine.connect_gsi``.

- ``machine``: builds and resets the machine. ``machine_config``: its configuration as data.
- ``machine_memory``: RAM and the two address spaces. ``placement``: checks that regions do not overlap.
- ``interrupt_lines``: GSIs and the NMI wire. ``gsi`` and ``wires``: lines with several sources.
- ``machine_state``: saves and restores the machine.
- ``device_registry`` and ``project_devices``: find the class of a device by name.
- ``run_result``: how a run ended.
- ``backend_names`` opens the backend of a byte stream by its name. The backends are in ``stream_backends``,
  ``terminal_backends`` and ``socket_backend``. ``stream_inputs`` and ``stream_outputs`` move their bytes.
- ``event_loop``: the thread that waits for doorbells and input.

For example, ``devices`` contains each device by its name on the board::

    with Machine(config) as machine:
        machine.devices["rtc"].reset()
"""
