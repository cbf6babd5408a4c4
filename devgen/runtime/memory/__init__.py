"""Memory: from an address to the register, RAM or doorbell that is there.

A tree of ``MemoryRegion`` is flattened into a ``FlatView``, a sorted list of sections; an ``AddressSpace`` holds the
present view and answers reads and writes. Each access is resolved once, to a closure that calls the device's method,
and remembered; a change of the tree empties what is remembered. Listeners hear what has changed, so that a host can
keep the kernel's memory slots and doorbells the same.

- ``memory_region``: the tree. ``flat_view`` and ``live_flat_view``: the flattened view, and its changes.
- ``address_space``: reads, writes, and the table of resolved accesses. ``memory_listener``: hearing of changes.
- ``register_bank``: cuts an access into registers. ``access``: the access rules of a region.
- ``register_window``: registers that are reached through a data register. ``ram_block``: memory shared with the host.
- ``event_notifier``: doorbells (eventfds).

For example, ``space.read(0x9010000, 4)`` is the value of four bytes; ``space.reader(0x9010000, 4)`` is the closure that
a host keeps and calls at each exit.
"""
