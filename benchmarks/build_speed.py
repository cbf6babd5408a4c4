"""The cost of ``devgen build``: CPU seconds and memory of whole processes, beside PyYAML loading the same file.

    python benchmarks/build_speed.py [--quick]

The file described is one device with 1,000 (and 10,000) distinct registers of 4 fields each. CPU is user plus system
time of the process, interpreter start included, as the operating system accounts it; each figure is a median.
Python may keep the bytecode of its modules, as it does unless told otherwise.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from _described import registers
from _measure import Table

CHECKOUT = Path(__file__).resolve().parents[1]
ROUNDS = 7


@dataclass(frozen=True)
class Cost:
    """User plus system seconds, and the peak resident set in MiB."""

    cpu: float
    memory: float


@dataclass(frozen=True)
class Figures:
    """What one size of file costs: built from nothing, built with nothing changed, and merely loaded by PyYAML."""

    registers: int
    lines: int
    full: Cost
    same: Cost
    plain: Cost


# The kernel counts the memory of whoever forks as the child's own, so a small process stands in between.
LAUNCHER = """
import os, sys
_, status, used = os.wait4(os.spawnv(os.P_NOWAIT, sys.argv[1], sys.argv[1:]), 0)
print(status, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
"""


def run(command: list[str], cwd: Path) -> Cost:
    """Run a command to its end and account for it."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPATH"] = str(CHECKOUT)
    launch = [sys.executable, "-S", "-c", LAUNCHER, *command]
    done = subprocess.run(launch, cwd=cwd, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    status, cpu, memory = done.stdout.split()
    if status != "0":
        raise SystemExit(f"{command} failed")
    return Cost(float(cpu), float(memory))


def typical(costs: list[Cost]) -> Cost:
    """The median CPU time, and the most memory."""
    return Cost(median(cost.cpu for cost in costs), max(cost.memory for cost in costs))


def measure(number: int, rounds: int = ROUNDS) -> Figures:
    """Measure a file of that many registers."""
    text = registers(number)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "devices" / "big.yaml"
        source.parent.mkdir()
        source.write_text(text)
        build = [sys.executable, "-m", "devgen", "build", "--quiet"]
        load = [sys.executable, "-c", f"import yaml; yaml.load(open({str(source)!r}), Loader=yaml.CSafeLoader)"]
        run(build, folder)
        full, same, plain = [], [], []
        for _ in range(rounds):
            shutil.rmtree(folder / "generated")
            full.append(run(build, folder))
            same.append(run(build, folder))
            plain.append(run(load, folder))
    return Figures(number, text.count("\n"), typical(full), typical(same), typical(plain))


def tables(quick: bool = False) -> Iterator[Table]:
    """One row for each size of file."""
    figures = [measure(n, rounds=1) for n in (10, 20)] if quick else [measure(1_000), measure(10_000, rounds=3)]
    small, large = figures
    yield Table(
        "devgen build",
        (
            "registers of 4 fields",
            "lines of YAML",
            "build, CPU s",
            "peak MiB",
            "nothing changed, CPU s",
            "PyYAML's CSafeLoader alone, CPU s",
            "build / CSafeLoader",
        ),
        [
            (
                f"{each.registers:,}",
                f"{each.lines:,}",
                each.full.cpu,
                round(each.full.memory),
                each.same.cpu,
                each.plain.cpu,
                each.full.cpu / each.plain.cpu,
            )
            for each in figures
        ],
        f"{large.registers // small.registers} times the registers cost {large.full.cpu / small.full.cpu:.1f} times "
        "the CPU.",
    )


if __name__ == "__main__":
    for table in tables("--quick" in sys.argv[1:]):
        print(table.markdown())
