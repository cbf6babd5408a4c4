"""Builds the typed model from a tree that satisfies the JSON Schema, with the checks that a schema cannot express.

First the structure is read and all names are declared: properties, array sizes, registers, counters, timers, lines.
Then the behaviour of each part is compiled. Last the device is checked as a whole. Faulty parts are reported and still
built as far as possible, so that one run shows all errors. For example, ``register_layout`` reports a register that
overlaps another one, at the line of the later register, and both are in the model.

- ``device_keys``: calls the steps in order. ``elaboration``: the context of every step, and its reporting.
- ``part_keys``: properties, state, functions, events, streams. ``time_keys``: counters and timers. ``line_keys``:
  interrupts and GPIO.
- ``region_keys`` and ``register_keys``, ``field_keys``, ``doorbell_keys``: the structure of a region's contents;
  ``region_drafts`` and ``register_drafts`` hold it until the behaviour is compiled in ``register_behaviour``.
- ``register_layout``, ``register_contradictions``, ``register_aliases``, ``window_checks``: checks of registers.
- ``pci_keys``, ``capability_lists``, ``msi_keys``, ``power_keys``, ``express_keys``, ``vendor_keys``: PCI.
"""
