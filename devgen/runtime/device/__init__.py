"""The base class of generated devices, and the parts that a device owns.

A device uses offsets, not addresses, and does not depend on the host: its ``Environment`` provides clocks, memory and
the event callback. Its registers are plain integer attributes, and its hooks are plain methods. For example, a
generated class begins::

    class Pl031(Device):
        NAME = "pl031"

        def write_CR(self, value: int, mask: int = 0xFFFFFFFF) -> None:
            ...

- ``device``: the base class: properties, regions, reset, saved state. ``bus_master``: its access to guest memory.
- ``irq_line``: interrupt and GPIO lines. ``fifo``: FIFO buffers. ``byte_stream``: byte streams to and from the host.
- ``properties``: values that a board sets for a device. ``environment``: the services that a device gets.
- ``firmware_identity``: what firmware tables say of the device.
- ``saved_state``: saving and restoring the state that a device declares.
"""
