"""Assemble the guests into prebuilt/*.bin: `python examples/guests/build.py` (needs GNU as, ld and objcopy).

The images are flat, linked at 0x7000 (arm64: 0x40080000), and checked in, so that running them needs no assembler. The
tools for arm64 are those of the prefix in CROSS_COMPILE, by default aarch64-linux-gnu-.
``tests/guests`` rebuilds them where one is present and compares byte by byte.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
PREBUILT = HERE / "prebuilt"
LOAD = 0x7000
ARM64_LOAD = 0x4008_0000
TOOLS = ("as", "ld")
ARM64_TOOLS = ("as", "ld", "objcopy")
"""The linker for arm64 writes no flat images."""


@dataclass(frozen=True, slots=True)
class Guest:
    """One image: its source, how it starts (real, protected, long; or arm64) and the symbols it is assembled with."""

    name: str
    mode: str = "real"
    symbols: Mapping[str, int] = field(default_factory=dict)

    @property
    def load(self) -> int:
        """Where the image is loaded and starts."""
        return ARM64_LOAD if self.mode == "arm64" else LOAD

    @property
    def tools(self) -> tuple[str, ...]:
        """The programs that make it."""
        if self.mode != "arm64":
            return TOOLS
        prefix = os.environ.get("CROSS_COMPILE", "aarch64-linux-gnu-")
        return tuple(prefix + tool for tool in ARM64_TOOLS)


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
    Guest("pl031_virt", mode="arm64", symbols={"PL031": 0x09010000, "SPI": 2}),
    Guest(
        "small_virt",
        mode="arm64",
        symbols={"PL061": 0x09030000, "PL061_SPI": 7, "SP804": 0x09040000, "SP804_SPI": 8, "COUNT": 10},
    ),
)


def missing_tools(guests: Iterable[Guest] = GUESTS) -> list[str]:
    """Which of the tools that ``guests`` need are not on PATH."""
    tools = dict.fromkeys(tool for guest in guests for tool in guest.tools)
    return [tool for tool in tools if shutil.which(tool) is None]


def assemble(guest: Guest, output: Path) -> None:
    """Assemble and link one guest to a flat image; raises CalledProcessError with the tool's own message printed."""
    with tempfile.TemporaryDirectory() as scratch:
        obj = Path(scratch) / "guest.o"
        elf, image = Path(scratch) / "guest.elf", Path(scratch) / "guest.bin"
        symbols = [f"--defsym={name}={value:#x}" for name, value in guest.symbols.items()]
        source = HERE / f"{guest.name}.S"
        width = [] if guest.mode == "arm64" else ["--64"]
        subprocess.run([guest.tools[0], *width, *symbols, f"-I{HERE}", "-o", str(obj), str(source)], check=True)
        emulation = "aarch64linux" if guest.mode == "arm64" else "elf_x86_64"
        link = [guest.tools[1], "-m", emulation, "-static", "--build-id=none", "-z", "max-page-size=4096", "-N"]
        link.append(f"-Ttext={guest.load:#x}")
        if guest.mode == "arm64":
            subprocess.run([*link, "--no-warn-rwx-segments", "-o", str(elf), str(obj)], check=True)
            subprocess.run([guest.tools[2], "-O", "binary", str(elf), str(image)], check=True)
        else:
            subprocess.run([*link, "--oformat=binary", "-o", str(image), str(obj)], check=True)
        output.write_bytes(image.read_bytes())


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
