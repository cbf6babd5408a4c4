"""What all of the runtime rests on: faults, the machine's lock, logging, saved values.

- ``faults``: ``RuntimeFault`` and its kinds: what goes wrong when a machine is put together or restored. They come from
  a user's mistake. What a guest does never raises one.
- ``machine_lock``: the one lock that is held while a device runs. It is reentrant, and cheap for the thread that takes
  it most.
- ``guest_log``: messages about a guest's mistakes, each once, so that a guest cannot fill the log.
- ``plain_state`` and ``packed_memory``: saved state as plain JSON, and the checks of what is read back.
- ``bounded_cache``: a dictionary of bounded size, for what is remembered of the accesses that a guest chooses.

For example, restored state is untrusted, so each value is read with its bounds::

    level = integer(saved["level"], 0, 1, "the line's level")
"""
