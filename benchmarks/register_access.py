"""One 32-bit register read and write through the address space, against a hand-written bus and device.

    python benchmarks/register_access.py [--quick]

devgen's device is compiled from a description. The hand-written reference is a usual, efficient design: a bus
that bisects sorted bases, a device with a dict from offset to bound method. The loop around the call is part of both
figures.
"""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Callable, Iterator

from _described import device_class
from _measure import Result, Table, interleaved

from devgen.runtime.device.environment import Environment
from devgen.runtime.memory.address_space import AddressSpace
from devgen.runtime.memory.memory_region import MemoryRegion
from devgen.runtime.time.clock import Clocks

BASE = 0xFE00_0000
SIZE = 0x1000
REGISTERS = 16
OFFSET = 0x14


DESCRIPTION = """
device: sixteen
bus: sysbus
regions:
  registers:
    space: mmio
    size: 4 KiB
    registers:
""" + "".join(f"      R{n}: {{at: {4 * n:#x}, title: Register {n}}}\n" for n in range(REGISTERS))


class HandDevice:
    """Sixteen registers, a dict of methods, sizes checked."""

    def __init__(self) -> None:
        self.R5 = 0
        self.reads = {4 * n: self.read_R5 if n == 5 else self.read_other for n in range(REGISTERS)}
        self.writes = {4 * n: self.write_R5 if n == 5 else self.write_other for n in range(REGISTERS)}

    def read_R5(self) -> int:
        return self.R5

    def write_R5(self, value: int) -> None:
        self.R5 = value

    def read_other(self) -> int:
        return 0

    def write_other(self, value: int) -> None:
        pass

    def read(self, offset: int, size: int) -> int:
        method = self.reads.get(offset)
        if method is None or size > 4:
            return 0
        return method() & ((1 << size * 8) - 1)

    def write(self, offset: int, value: int, size: int) -> None:
        method = self.writes.get(offset)
        if method is not None and size <= 4:
            method(value & ((1 << size * 8) - 1))


class HandBus:
    """Devices at sorted bases, found by bisection."""

    def __init__(self) -> None:
        self.bases: list[int] = []
        self.devices: list[tuple[int, HandDevice]] = []

    def add(self, base: int, size: int, device: HandDevice) -> None:
        at = bisect_right(self.bases, base)
        self.bases.insert(at, base)
        self.devices.insert(at, (base + size, device))

    def read(self, address: int, size: int) -> int:
        at = bisect_right(self.bases, address) - 1
        if at >= 0:
            end, device = self.devices[at]
            if address < end:
                return device.read(address - self.bases[at], size)
        return (1 << size * 8) - 1

    def write(self, address: int, value: int, size: int) -> None:
        at = bisect_right(self.bases, address) - 1
        if at >= 0:
            end, device = self.devices[at]
            if address < end:
                device.write(address - self.bases[at], value, size)


def hand_bus(devices: int) -> HandBus:
    bus = HandBus()
    for n in range(devices):
        bus.add(BASE + n * SIZE, SIZE, HandDevice())
    return bus


def address_space(devices: int) -> AddressSpace:
    root = MemoryRegion.container("memory", 1 << 64)
    sixteen = device_class(DESCRIPTION)
    env = Environment(Clocks.manual())
    for n in range(devices):
        root.add_subregion(BASE + n * SIZE, sixteen(env).regions["registers"])
    return AddressSpace("memory", root)


def reads(read: Callable[[int, int], int], address: int) -> Callable[[int], None]:
    def run(calls: int) -> None:
        for _ in range(calls):
            read(address, 4)

    return run


def writes(write: Callable[[int, int, int], None], address: int) -> Callable[[int], None]:
    def run(calls: int) -> None:
        for _ in range(calls):
            write(address, 0x1234, 4)

    return run


def measure(calls: int = 20_000, rounds: int = 31) -> dict[str, list[Result]]:
    """Each access on both sides, with 1 and with 1,000 devices mapped; the base is the hand-written one with 1."""
    many = BASE + 700 * SIZE + OFFSET
    one = BASE + OFFSET
    bus1, bus1000 = hand_bus(1), hand_bus(1000)
    space1, space1000 = address_space(1), address_space(1000)
    return {
        "read": interleaved(
            {
                "hand-written, 1": reads(bus1.read, one),
                "address space, 1": reads(space1.read, one),
                "hand-written, 1,000": reads(bus1000.read, many),
                "address space, 1,000": reads(space1000.read, many),
            },
            calls=calls,
            rounds=rounds,
        ),
        "write": interleaved(
            {
                "hand-written, 1": writes(bus1.write, one),
                "address space, 1": writes(space1.write, one),
                "hand-written, 1,000": writes(bus1000.write, many),
                "address space, 1,000": writes(space1000.write, many),
            },
            calls=calls,
            rounds=rounds,
        ),
    }


def tables(quick: bool = False) -> Iterator[Table]:
    """Reads and writes in one table."""
    results = measure(calls=20, rounds=3) if quick else measure()
    yield Table(
        "A 32-bit register access through the address space",
        ("access", "through", "devices mapped", "ns", "of the hand-written"),
        [
            (kind, *each.name.split(", "), round(each.ns), each.ratio)
            for kind, accesses in results.items()
            for each in accesses
        ],
    )


if __name__ == "__main__":
    for table in tables("--quick" in sys.argv[1:]):
        print(table.markdown())
