"""Memory: dispatch of an address to a register, RAM or doorbell.

A tree of ``MemoryRegion`` is flattened into a ``FlatView``, a sorted list of sections. An ``AddressSpace`` holds the
present view and carries out reads and writes. Each access is resolved once, to a closure that calls the device's
method, and cached; a change of the tree empties the cache. Listeners are notified of changes, so that a host can update
the kernel's memory slots and doorbells.

- ``memory_region``: the tree. ``flat_view`` and ``live_flat_view``: the flattened view, and its changes.
- ``access_dispatch``: reads and writes. ``resolved_accesses``: its cache. ``address_space`` adds DMA by devices.
- ``memory_listener``: notification.
- ``register_bank``: finds the registers of an access. ``access``: cuts an access as a region's access rules say.
- ``register_window``: registers that are accessed through an index and a data register.
- ``ram_block``: RAM with its dirty log. ``shared_bytes``: indivisible accesses. ``host_mapping``: mmap(2) by address.
- ``event_notifier``: doorbells (ioeventfds).

For example, ``space.read(0x9010000, 4)`` returns the value of four bytes; ``space.reader(0x9010000, 4)`` returns the
closure that a host caches and calls at each exit.
"""
