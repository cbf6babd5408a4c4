"""Time: clocks, counters, timers and the queue of deadlines.

A device sees three clocks, in nanoseconds: ``virtual`` stands still while the machine is paused, ``rtc`` is the date,
``host`` follows the host. On a bench and in a replay the virtual clock is moved by hand. The same inputs at the same
times therefore give the same outputs on every host.

- ``clock``: the clocks. ``deadline_queue``: what is due next, in order; of equal deadlines, the one armed first.
- ``timer``: a deadline of a device. ``counter``: a count that follows a clock without being counted up.
- ``durations``: times as people write them, as "1.5 ms".

For example, a test's clock fires what is due on the way::

    bench.clock.run_until(1_000_000_000)
"""
