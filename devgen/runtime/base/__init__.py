"""Base modules of the runtime: errors, the machine's lock, logging, saved values.

- ``faults``: ``RuntimeFault`` and its subclasses, raised for a user's mistake when a machine is built or restored. A
  guest cannot cause one.
- ``machine_lock``: the lock that is held while a device runs. It is reentrant, and cheap for the thread that takes it
  most often.
- ``guest_log`` and ``rate_limit``: messages about a guest's accesses, limited so that a guest cannot fill the log.
- ``plain_state`` and ``packed_memory``: saved state as plain JSON, and the checks of untrusted saved state.
- ``bounded_cache``: a dictionary of bounded size, for caches whose keys a guest or a client chooses.

For example, restored state is untrusted, so each value is read with its bounds::

    level = integer(saved["level"], 0, 1, "the line's level")
"""
