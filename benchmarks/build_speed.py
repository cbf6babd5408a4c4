"""What ``devgen build`` costs: CPU seconds and memory of whole processes, beside PyYAML loading the same file.

    python benchmarks/build_speed.py

The file described is one device with 1,000 (and 10,000) distinct registers of 4 fields each. CPU is user plus system
time of the process, interpreter start included, as the operating system accounts it; each figure is a median.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROUNDS = 5


@dataclass(frozen=True)
class Cost:
    """User plus system seconds, and the peak resident set in MiB."""

    cpu: float
    memory: float


def description(registers: int) -> str:
    """A device with that many registers, 26 lines each."""
    lines = ["device: big", "bus: sysbus", "regions:", "  r:", "    space: mmio", "    size: 64 KiB", "    registers:"]
    for number in range(registers):
        lines += [
            f"      R{number}:",
            f"        at: {number * 4:#x}",
            "        access: rw",
            f"        reset: {number % 256:#x}",
            f"        description: Register number {number} of the block",
            "        fields:",
        ]
        for field in range(4):
            lines += [
                f"          F{field}:",
                f"            bits: '{field * 8 + 7}:{field * 8}'",
                "            access: rw",
                f"            title: Field {field}",
                f"            description: What field {field} of register {number} does",
            ]
    return "\n".join(lines) + "\n"


def run(command: list[str], cwd: Path) -> Cost:
    """Run a command to its end and account for it."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(command, cwd=cwd, env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command} failed with exit code {process.returncode}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def median(costs: list[Cost]) -> Cost:
    return Cost(statistics.median(c.cpu for c in costs), max(c.memory for c in costs))


def measure(registers: int, folder: Path) -> tuple[Cost, Cost, Cost, int]:
    """From nothing, with nothing changed, and PyYAML's own loader on the same file; and the file's lines."""
    source = folder / "devices" / "big.yaml"
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text(description(registers))
    build = [sys.executable, "-m", "devgen", "build", "--quiet"]
    load = [sys.executable, "-c", f"import yaml; yaml.load(open({str(source)!r}), Loader=yaml.CSafeLoader)"]
    run(build, folder)
    full, same, plain = [], [], []
    for _ in range(ROUNDS):
        for output in (folder / "generated").rglob("*"):
            if output.is_file():
                output.unlink()
        full.append(run(build, folder))
        same.append(run(build, folder))
        plain.append(run(load, folder))
    return median(full), median(same), median(plain), source.read_text().count("\n")


def main() -> None:
    print(
        "| registers | lines | build, CPU s | peak MiB | nothing changed, CPU s | CSafeLoader, CPU s | build / CSafeLoader |"
    )
    print("|---|---|---|---|---|---|---|")
    for registers in (1000, 10000):
        with tempfile.TemporaryDirectory() as folder:
            full, same, plain, lines = measure(registers, Path(folder))
        print(
            f"| {registers} | {lines} | {full.cpu:.2f} | {full.memory:.0f} | {same.cpu:.2f} "
            f"| {plain.cpu:.2f} | {full.cpu / plain.cpu:.2f} |"
        )


if __name__ == "__main__":
    main()
