"""A device on a manual clock, for tests: no processor, no kernel.

Time stands still until the test moves it, so that a test is exact to the nanosecond and takes no longer than its work.
A bench is a whole machine with one device: registers are reached through the address space, DMA through its RAM, and
PCI devices get an address for each BAR. For example::

    from devgen.hosts.bench import Bench

    def test_alarm():
        dev = Bench("pl031")
        dev.write32(0x10, 1)
        dev.write32(0x04, dev.read32(0x00) + 1)
        dev.advance("1 s")
        assert dev.irq("intr") == 1

- ``bench``: the bench; ``bench_maker``: the type of the fixture ``bench`` (`devgen.testing`).
- ``machine_bench``: all devices of a board; ``manual_time``: the time of both.
- ``bench_registers``, ``named_register``, ``register_values``: registers by name; ``register_places`` finds them,
  ``stored_registers`` peeks and pokes; ``typed_registers.pyi`` has the types that generated stubs use.
- ``replay``: carries a recorded trace out on a bench; ``replay_comparison`` compares outputs, ``trace_header`` and
  ``trace_places`` read where the recorded device was.
"""

from devgen.hosts.bench.arguments import BenchError
from devgen.hosts.bench.bench import Bench, Event
from devgen.hosts.bench.bench_maker import BenchMaker

__all__ = ["Bench", "BenchError", "BenchMaker", "Event"]
