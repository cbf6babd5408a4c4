"""From a tree of valid form to the typed model, with every check that a JSON Schema cannot express.

First the shape is read and all names are declared: properties, numbers of elements, registers, counters, timers, lines.
Then the behaviour of each thing is compiled, and last what concerns the device as a whole is checked. What is wrong is
reported and built as well as it can be, so that all errors come in one run. For example, a register at an offset that
another one covers is reported by ``register_layout``, at the line of the later one, and both are in the model.

- ``device_keys``: the order of it all. ``elaboration``: the context that every step gets, and how it reports.
- ``part_keys``: properties, state, functions, events, streams. ``time_keys``: counters and timers. ``line_keys``:
  interrupts and GPIO.
- ``region_keys`` and ``register_keys``, ``field_keys``, ``doorbell_keys``: the shape of what is in a region;
  ``region_drafts`` and ``register_drafts`` hold it until the behaviour is compiled in ``register_behaviour``.
- ``register_layout``, ``register_contradictions``, ``register_aliases``, ``window_checks``: checks of registers.
- ``pci_keys``, ``capability_lists``, ``msi_keys``, ``power_keys``, ``express_keys``, ``vendor_keys``: PCI.
"""
