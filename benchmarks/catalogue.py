"""The catalogue: the cost of building all of it, and of reading two of its counters.

    python benchmarks/catalogue.py [--quick]

The build is the whole ``devgen build`` of ``devices/`` into an empty folder, interpreter start included. The reads go
through the address space: HPET's 64-bit counter in its low half, with the counter running, beside PL031's data
register, on a clock that stands still.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from _measure import Result, Table, interleaved
from build_speed import CHECKOUT, run
from register_access import reads

from devgen.hosts.bench import Bench

DEVICES = CHECKOUT / "devices"


def build_cpu(rounds: int) -> float:
    """CPU seconds of building the catalogue from nothing: the median of ``rounds``."""
    command = [sys.executable, "-m", "devgen", "build", str(DEVICES), "--quiet", "-o"]
    with tempfile.TemporaryDirectory() as folder:
        costs = [run([*command, f"out{n}"], Path(folder)) for n in range(rounds + 1)]
    return statistics.median(cost.cpu for cost in costs[1:])


def counter_reads(calls: int, rounds: int) -> list[Result]:
    """PL031's DR and HPET's counter, 32 bits each."""
    with Bench("pl031") as clock, Bench("hpet") as timers:
        timers.write32(0x10, 1)
        spaces = {"PL031 DR": clock.locate(), "HPET counter": timers.locate()}
        offsets = {"PL031 DR": 0, "HPET counter": 0xF0}
        candidates = {name: reads(space.read, base + offsets[name]) for name, (space, base) in spaces.items()}
        return interleaved(candidates, calls=calls, rounds=rounds)


def tables(quick: bool = False) -> Iterator[Table]:
    """The build, then the reads."""
    devices = sum(path.read_text().startswith("device:") or "\ndevice:" in path.read_text() for path in _files())
    yield Table(
        "Building the whole catalogue from nothing",
        ("devices", "lines of YAML", "CPU s"),
        [(devices, sum(path.read_text().count("\n") for path in _files()), build_cpu(1 if quick else 7))],
    )
    results = counter_reads(20, 3) if quick else counter_reads(20_000, 31)
    yield Table(
        "Reads of a running counter through the address space",
        ("register", "ns", "reads a second", "of PL031's"),
        [(each.name, round(each.ns), round(1e9 / each.ns), each.ratio) for each in results],
    )


def _files() -> list[Path]:
    return sorted(DEVICES.glob("*.yaml"))


if __name__ == "__main__":
    for table in tables("--quick" in sys.argv[1:]):
        print(table.markdown())
