"""Accesses that no single register answers: resolved each time they are made, and remembered.

    python benchmarks/other_accesses.py [--quick]

*Repeated* makes the same access again and again, as a guest does that polls a reserved word. *Random* makes accesses
of 1 to 8 bytes at random offsets of the place, as a fuzzer does, the same ones in every round. The loop around the call
is part of the figures.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator

from _described import device_class
from _measure import Result, Table, interleaved

from devgen.runtime.device.environment import Environment
from devgen.runtime.memory.address_space import AddressSpace
from devgen.runtime.memory.memory_region import MemoryRegion
from devgen.runtime.memory.ram_block import RamBlock
from devgen.runtime.time.clock import Clocks

SIZE = 0x1000
MOST = 5_000
DESCRIPTION = """
device: sparse
bus: sysbus
regions:
  registers:
    space: mmio
    size: 4 KiB
    access: {valid: 1..8, implemented: 1..8}
    registers:
""" + "".join(f"      R{n}: {{at: {8 * n:#x}, title: Register {n}}}\n" for n in range(64))

REGISTERS, ROM, RAM, GAP = 0x0000, 0x1000, 0x2000, 0x3000

PLACES = {
    "register": (0x10, 4, REGISTERS, 0x200),
    "offset without a register": (0x800, 4, REGISTERS + 0x200, 0xE00),
    "part of a register and what follows": (0x11, 8, REGISTERS, 0x200),
    "register's end into ROM": (0xFFE, 4, 0xFF9, 7),
    "ROM": (ROM + 8, 4, ROM, SIZE),
    "RAM": (RAM + 8, 4, RAM, SIZE),
    "nothing": (GAP + 8, 4, GAP, SIZE),
}
"""What is accessed: address and size when it is repeated, range of random ones."""


def space() -> AddressSpace:
    root = MemoryRegion.container("memory", 1 << 64)
    env = Environment(Clocks.manual())
    device = device_class(DESCRIPTION)(env)
    device.log._sink = lambda _line: None
    root.add_subregion(REGISTERS, device.regions["registers"])
    root.add_subregion(ROM, MemoryRegion.rom("rom", SIZE, RamBlock(SIZE)))
    root.add_subregion(RAM, MemoryRegion.ram("ram", SIZE, RamBlock(SIZE)))
    return AddressSpace("memory", root)


Accesses = list[tuple[int, int]]


def repeated(address: int, size: int) -> Accesses:
    return [(address, size)] * MOST


def scattered(start: int, length: int) -> Accesses:
    chosen = random.Random(1)
    return [(start + chosen.randrange(length), chosen.choice((1, 2, 4, 8))) for _ in range(MOST)]


def reads(space: AddressSpace, accesses: Accesses) -> dict[str, Callable[[int], None]]:
    resolve, read = space._resolve_reader, space.read

    def anew(calls: int) -> None:
        for address, size in accesses[:calls]:
            resolve(address, size)()

    def remembered(calls: int) -> None:
        for address, size in accesses[:calls]:
            read(address, size)

    return {"resolved": anew, "remembered": remembered}


def writes(space: AddressSpace, accesses: Accesses) -> dict[str, Callable[[int], None]]:
    resolve, write = space._resolve_writer, space.write

    def anew(calls: int) -> None:
        for address, size in accesses[:calls]:
            resolve(address, size)(0x12)

    def remembered(calls: int) -> None:
        for address, size in accesses[:calls]:
            write(address, 0x12, size)

    return {"resolved": anew, "remembered": remembered}


def measure(calls: int = MOST, rounds: int = 7) -> dict[tuple[str, str], list[Result]]:
    """(way, place) -> resolved each time, and remembered."""
    found = {}
    for name, (at, size, start, length) in PLACES.items():
        for how, accesses in (("repeated", repeated(at, size)), ("random", scattered(start, length))):
            found[f"read, {how}", name] = interleaved(reads(space(), accesses), calls=calls, rounds=rounds)
            found[f"write, {how}", name] = interleaved(writes(space(), accesses), calls=calls, rounds=rounds)
    return found


def tables(quick: bool = False) -> Iterator[Table]:
    """One table."""
    results = measure(calls=20, rounds=3) if quick else measure()
    yield Table(
        "Accesses that meet no register, or no single one",
        ("access", "of", "resolved each time, ns", "remembered, ns", "ratio"),
        [
            (way, name, round(anew.ns), round(kept.ns), kept.ratio)
            for (way, name), (anew, kept) in sorted(results.items())
        ],
    )


if __name__ == "__main__":
    for table in tables("--quick" in sys.argv[1:]):
        print(table.markdown())
