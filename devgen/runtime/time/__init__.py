"""Time: clocks, counters, timers and the queue of deadlines.

A device has three clocks, in nanoseconds: ``virtual`` stops while the machine is paused, ``rtc`` is the date and time,
``host`` follows the host. On a bench and in a replay the virtual clock is moved explicitly. The same inputs at the same
times therefore give the same outputs on every host.

- ``clock``: the clocks. ``deadline_queue``: timers by deadline; timers with equal deadlines fire in order of arming.
- ``timer``: a deadline of a device. ``counter``: a count that is computed from a clock when it is read.
- ``durations``: parses durations such as "1.5 ms".

For example, a test advances the clock; timers that become due fire in order::

    bench.clock.run_until(1_000_000_000)
"""
