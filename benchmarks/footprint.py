"""The memory of built devices: the bytes that each further instance, mapped at its address, adds.

    python benchmarks/footprint.py [--quick]

Allocations of Python are counted as they are made; code and class, which instances share, are not counted. The
hand-written device is that of ``register_access.py``: sixteen registers and two dicts of methods.
"""

from __future__ import annotations

import gc
import sys
import tracemalloc
from collections.abc import Callable, Iterator

from _described import device_class, registers
from _measure import Table
from register_access import BASE, DESCRIPTION, HandDevice

from devgen.runtime.device.device import Device
from devgen.runtime.device.environment import Environment
from devgen.runtime.machine.device_registry import Registry
from devgen.runtime.memory.address_space import AddressSpace
from devgen.runtime.memory.memory_region import MemoryRegion
from devgen.runtime.time.clock import Clocks

SPACING = 0x1_0000


def allocated(make: Callable[[], object]) -> int:
    """Bytes that are still allocated once ``make`` is done, its result included."""
    gc.collect()
    tracemalloc.start()
    try:
        kept = make()
        gc.collect()
        taken, _peak = tracemalloc.get_traced_memory()
        del kept
    finally:
        tracemalloc.stop()
    return taken


def mapped(device: type[Device], count: int) -> AddressSpace:
    """An address space with ``count`` devices in it, side by side."""
    root = MemoryRegion.container("memory", 1 << 64)
    env = Environment(Clocks.manual())
    for number in range(count):
        for region in device(env).regions.values():
            root.add_subregion(BASE + number * SPACING, region)
    return AddressSpace("memory", root)


def instance(device: type[Device], count: int) -> float:
    """KiB that one device takes, from the difference of ``count`` + 1 and 1."""
    mapped(device, 2)
    return (allocated(lambda: mapped(device, count + 1)) - allocated(lambda: mapped(device, 1))) / count / 1024


def tables(quick: bool = False) -> Iterator[Table]:
    """A row for each kind of device."""
    count, large = (2, 20) if quick else (100, 1000)
    each = instance(device_class(registers(large)), 3)
    rows: list[tuple[str, float]] = [
        ("hand-written, 16 registers", allocated(lambda: [HandDevice() for _ in range(count)]) / count / 1024),
        ("built, 16 registers", instance(device_class(DESCRIPTION), count)),
        ("built, PL031", instance(Registry().find("pl031"), count)),
        (f"built, {large:,} registers of 4 fields", each),
        ("the same, for each register", each / large),
    ]
    yield Table("Memory of mapped devices", ("device", "KiB each"), rows)


if __name__ == "__main__":
    for table in tables("--quick" in sys.argv[1:]):
        print(table.markdown())
