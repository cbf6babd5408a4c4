"""Millions of random accesses to each device of the catalogue, with time and resets in between.

    python benchmarks/fuzz_long.py                     10 million accesses a device: half an hour for the catalogue
    python benchmarks/fuzz_long.py --accesses 100000 hpet pl031

A round draws 4,000 different accesses and carries out 200,000, in blocks of 100 drawn from them, with time,
resets and inputs between the blocks. Counts blocks that take over 50 ms of processor time (none is allowed, so no
access takes as long), watches the memory of the process, and stops at the first exception with the seed that leads to
it. tests/fuzz does the same in seconds, access by access, and compares snapshots too.
"""

from __future__ import annotations

import argparse
import gc
import random
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from _measure import Table

from devgen.hosts.bench import Bench, BenchError
from devgen.runtime.machine.device_registry import Registry
from devgen.runtime.memory.access import unobserved
from devgen.runtime.memory.address_space import AddressSpace
from devgen.runtime.memory.register_bank import RegisterBank
from devgen.runtime.pci import PciDevice

ROOT = Path(__file__).resolve().parents[1]
RAM = 1 << 20
EXPIRATIONS = 200
LIMIT = 0.05
ROUND = 200_000
"""Accesses between two looks at the memory, with a device of their own."""

POOL = 4_000
BLOCK = 100
HAPPENINGS = 5
"""Resets, clock steps and inputs between two blocks."""

VALUES = (0, 1, 0xFF, 0xFFFF, 0xFFFFFFFF, (1 << 64) - 1, 0xFE000000, 0xE0000000, 0x1000, RAM - 2)
STEPS = (0, 1, 10, 1000, 10**6, 10**9, 10**12)


@dataclass(slots=True)
class Tally:
    """What one device has been through."""

    device: str
    accesses: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    slow: list[str] = field(default_factory=list)
    memory_before: int = 0
    memory_after: int = 0


def memory() -> int:
    """KiB that the process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 1024


def targets(bench: Bench) -> list[tuple[str, list[int], int]]:
    """Regions, the offsets of their registers, their sizes."""
    found: list[tuple[str, list[int], int]] = []
    for name, region in bench.dut.regions.items():
        ops = unobserved(region.ops)
        offsets = [doorbell.offset for doorbell in region.ioeventfds]
        if isinstance(ops, RegisterBank):
            offsets += [reg.offset + at * reg.stride for reg in ops.registers for at in range(reg.count)]
        found.append((name, offsets or [0], region.size))
    if isinstance(bench.dut, PciDevice):
        found.append(("cfg", [0x04, 0x06, 0x0C, 0x10, 0x14, 0x18, 0x30, 0x3C], 256))
    return found


Access = tuple[str, int, int, int | None]
"""Region, offset, size, and what is written (None: a read)."""


def draw(choose: random.Random, places: list[tuple[str, list[int], int]]) -> Access:
    """One random access."""
    name, offsets, length = choose.choice(places)
    near = choose.choice(offsets) + choose.choice((0, 0, 0, 0, 1, 2, 4))
    offset = min(near if choose.random() < 0.8 else choose.randrange(length), length - 1)
    size = choose.choice((1, 2, 4, 8))
    if choose.random() < 0.5:
        return name, offset, size, None
    value = choose.choice(
        (choose.choice(VALUES), choose.randrange(16), 1 << choose.randrange(64), choose.getrandbits(64))
    )
    return name, offset, size, value & ((1 << 8 * size) - 1)


def access(bench: Bench, choose: random.Random, places: list[tuple[str, list[int], int]]) -> Callable[[], object]:
    """One random access, to be carried out."""
    name, offset, size, value = draw(choose, places)
    if value is None:
        return lambda: bench.read(name, offset, size)
    return lambda: bench.write(name, offset, value, size)


def carry_out(bench: Bench, act: Callable[[], object]) -> object:
    """Do it; if the guest has turned off the BAR, place it again, as firmware does."""
    try:
        return act()
    except BenchError:
        bench.place_bars()
        return None


def world(bench: Bench, choose: random.Random) -> None:
    """Time passes, or something comes from outside."""
    match choose.randrange(20):
        case 0:
            bench.reset()
        case 1 if bench.dut.gpio_in:
            bench.drive(choose.choice(list(bench.dut.gpio_in)), choose.randrange(2))
        case 2 if bench.dut.streams:
            bench.receive(choose.randbytes(8), choose.choice(list(bench.dut.streams)))
        case 3:
            bench.load_state(bench.save_state())
        case _:
            bench.clock.run_until(bench.now + choose.choice(STEPS), EXPIRATIONS)


def located(bench: Bench) -> dict[str, tuple[AddressSpace, int]]:
    """Where the regions are now; a BAR that the guest has turned off is placed again, as firmware does."""
    names = list(bench.dut.regions)
    try:
        return {name: bench.locate(name) for name in names}
    except BenchError:
        bench.place_bars()
        return {name: bench.locate(name) for name in names}


def block(bench: Bench, accesses: list[Access]) -> float:
    """Carry accesses out; processor seconds taken. What they do to a BAR takes effect at once, as for a guest."""
    places = located(bench)
    started = time.thread_time()
    for name, offset, size, value in accesses:
        if name == "cfg":
            _ = bench.read(name, offset, size) if value is None else bench.write(name, offset, value, size)
            continue
        space, base = places[name]
        if value is None:
            space.read(base + offset, size)
        else:
            space.write(base + offset, value, size)
    return time.thread_time() - started


def fuzz_round(bench: Bench, choose: random.Random, tally: Tally, accesses: int) -> None:
    places = targets(bench)
    pool = [draw(choose, places) for _ in range(POOL)]
    for done in range(0, accesses, BLOCK):
        bench.journal.take()
        for _ in range(HAPPENINGS):
            world(bench, choose)
        took = block(bench, choose.choices(pool, k=min(BLOCK, accesses - done)))
        tally.slowest = max(tally.slowest, took)
        if took > LIMIT:
            tally.slow.append(f"{took * 1e3:.0f} ms at {bench.now} ns")
    tally.accesses += accesses


def fuzz(name: str, registry: Registry, accesses: int, seed: int) -> Tally:
    """All rounds of one device. Whatever a round raises carries the seed in a note."""
    tally = Tally(name)
    started = time.monotonic()
    number = 0
    while tally.accesses < accesses:
        choose = random.Random(f"{name} {seed} {number}")
        with Bench(registry.find(name), ram=RAM, log=lambda _line: None) as bench:
            try:
                fuzz_round(bench, choose, tally, min(ROUND, accesses - tally.accesses))
            except Exception as error:
                error.add_note(f"{name}: round {number} of seed {seed}")
                raise
        number += 1
        gc.collect()  # the bench of this round, so that no access of the next one pays for it
        tally.memory_after = memory()
        tally.memory_before = tally.memory_before or tally.memory_after
        tally.seconds = time.monotonic() - started
        progress(tally, accesses)
    print(file=sys.stderr)
    return tally


def progress(tally: Tally, accesses: int) -> None:
    rate = tally.accesses / max(tally.seconds, 1e-9)
    left = (accesses - tally.accesses) / rate
    line = f"{tally.device}: {tally.accesses:,} of {accesses:,}, {rate:,.0f}/s, {left:.0f} s left"
    print(f"\r{line}, {tally.memory_after // 1024} MiB".ljust(100), end="", file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("devices", nargs="*", help="names; the whole catalogue without any")
    parser.add_argument("--accesses", type=int, default=10_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    registry = Registry([ROOT / "generated"], bundled=False, installed=False)
    tallies = [fuzz(name, registry, options.accesses, options.seed) for name in options.devices or registry.names()]
    rows = [
        (
            each.device,
            f"{each.accesses:,}",
            f"{each.seconds:.0f}",
            f"{each.slowest * 1e3:.2f}",
            len(each.slow),
            f"{(each.memory_after - each.memory_before) / 1024:+.1f}",
        )
        for each in tallies
    ]
    head = ("device", "accesses", "seconds", "slowest 100, ms", "over 50 ms", "memory, MiB")
    print(Table("Random accesses", head, rows).markdown())
    for each in tallies:
        for line in each.slow[:5]:
            print(f"{each.device}: {line}")
    sys.exit(1 if any(each.slow for each in tallies) else 0)


if __name__ == "__main__":
    main()
