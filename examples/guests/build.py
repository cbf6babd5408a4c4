"""Assemble the guests into prebuilt/*.bin: `python examples/guests/build.py` (needs GNU as, ld and objcopy).

The images are flat, linked at 0x7000, and checked in, so that running them needs no assembler.
``tests/guests`` rebuilds them where one is present and compares byte by byte.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
PREBUILT = HERE / "prebuilt"
LOAD = 0x7000
TOOLS = ("as", "ld")


@dataclass(frozen=True, slots=True)
class Guest:
    """One image: its source, how it starts (real, protected or long) and the symbols it is assembled with."""

    name: str
    mode: str = "real"
    symbols: Mapping[str, int] = field(default_factory=dict)


GUESTS = (
    Guest("pl031_alarm", symbols={"PL031": 0xFE001000, "IRQ": 10}),
    Guest("xche_card"),
    Guest("doorbell_card", symbols={"RINGS": 16}),
    Guest("hpet_periodic", symbols={"HPET": 0xFED00000, "PIN": 20, "COUNT": 100, "LEGACY": 10}),
    Guest("pl011_uart", symbols={"PL011": 0xFE004000, "IRQ": 11}),
    Guest("sp804_timer", symbols={"SP804": 0xFE003000, "IRQ": 10, "COUNT": 20}),
    Guest("pl061_gpio", symbols={"PL061": 0xFE002000, "IRQ": 11}),
    Guest("port_loop", symbols={"COUNT": 20000, "PORT": 0x240}),
    Guest("pio_string", symbols={"PORT": 0x240}),
    Guest("small_pc", symbols={"HPET": 0xFED00000, "TICKS": 10}),
    Guest("pci_cards", symbols={"LENGTH": 1000}),
    Guest("dma_engine", symbols={"PIN": 19, "LENGTH": 1000}),
    Guest("message_loop", symbols={"COUNT": 1000}),
    Guest("long_mode", mode="long", symbols={"PL031": 0xFE001000}),
)


def missing_tools() -> list[str]:
    """Which of the tools this needs are not on PATH."""
    return [tool for tool in TOOLS if shutil.which(tool) is None]


def assemble(guest: Guest, output: Path) -> None:
    """Assemble and link one guest to a flat image; raises CalledProcessError with the tool's own message printed."""
    with tempfile.TemporaryDirectory() as scratch:
        obj = Path(scratch) / "guest.o"
        elf = Path(scratch) / "guest.elf"
        symbols = [f"--defsym={name}={value:#x}" for name, value in guest.symbols.items()]
        source = HERE / f"{guest.name}.S"
        subprocess.run(["as", "--64", *symbols, f"-I{HERE}", "-o", str(obj), str(source)], check=True)
        link = ["ld", "-m", "elf_x86_64", "-static", "--build-id=none", "-z", "max-page-size=4096", "-N"]
        subprocess.run([*link, f"-Ttext={LOAD:#x}", "--oformat=binary", "-o", str(elf), str(obj)], check=True)
        output.write_bytes(elf.read_bytes())


def main() -> int:
    """Build all guests; 1 when a tool is missing or a source does not assemble."""
    absent = missing_tools()
    if absent:
        print(f"build.py: not found on PATH: {', '.join(absent)}", file=sys.stderr)
        return 1
    PREBUILT.mkdir(exist_ok=True)
    for guest in GUESTS:
        output = PREBUILT / f"{guest.name}.bin"
        try:
            assemble(guest, output)
        except subprocess.CalledProcessError as error:
            print(f"build.py: {guest.name}: {error.cmd[0]} exited with {error.returncode}", file=sys.stderr)
            return 1
        print(f"{output.name}: {output.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
