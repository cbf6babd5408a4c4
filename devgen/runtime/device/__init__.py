"""The base class of generated devices, and the parts that a device owns.

A device knows offsets, not addresses, and nothing of the host: clocks, memory and lines are handed in by its
``Environment``. Its registers are plain integer attributes, and its hooks are plain methods. For example, a generated
class begins::

    class Pl031(Device):
        NAME = "pl031"

        def write_CR(self, value: int, mask: int = 0xFFFFFFFF) -> None:
            ...

- ``device``: the base class: properties, regions, reset, saved state, access to guest memory.
- ``irq_line``: an interrupt or GPIO line, a level with listeners. ``fifo``: a buffer. ``byte_stream``: a connection to
  a host's stream.
- ``properties``: values that are set when a device is placed. ``environment``: what a device is given.
- ``saved_state``: saving and restoring all that a device declares.
"""
