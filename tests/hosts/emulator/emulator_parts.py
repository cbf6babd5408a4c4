"""Parts for the tests of the emulator host: machines with a log of their accesses, and guests written in assembly.

``asm`` finds the machine code of a source (see `assembled_guests`).
"""

import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from assembled_guests import assembled

from devgen.hosts.emulator import EmulatorHost
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.machine_config import GuestConfig, MachineConfig
from devgen.runtime.machine.run_result import RunResult
from devgen.runtime.memory.memory_region import MemoryRegion
from devgen.runtime.memory.ram_block import RamBlock

LOAD = 0x7000
RAM = 1 << 20
EXIT = 0xF4


def asm(source: str, bits: int = 16) -> bytes:
    """Machine code of ``source`` at LOAD."""
    return assembled(f"{bits}\n{source}", lambda: _assemble(source, bits))


def _assemble(source: str, bits: int) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        obj, out = Path(folder) / "a.o", Path(folder) / "a.bin"
        text = f".code{bits}\n.globl _start\n_start:\n{source}\n"
        subprocess.run(["as", "--64", "-o", str(obj), "-"], input=text, text=True, check=True)
        link = ["ld", "-m", "elf_x86_64", "-N", f"-Ttext={LOAD:#x}", "--oformat=binary", "-o", str(out), str(obj)]
        subprocess.run(link, check=True)
        return out.read_bytes()


class Log:
    """I/O operations that log (offset, size, value or None for a read); reads give a counter's bytes 1, 2, 3 ..."""

    def __init__(self) -> None:
        self.log: list[tuple[int, int, int | None]] = []
        self.answer: Callable[[int, int], int] = lambda offset, size: 0x0807060504030201 & ((1 << 8 * size) - 1)
        self.on_write: Callable[[int, int, int], None] = lambda offset, size, value: None

    def resolve_read(self, offset: int, size: int) -> Callable[[], int]:
        def read() -> int:
            self.log.append((offset, size, None))
            return self.answer(offset, size)

        return read

    def resolve_write(self, offset: int, size: int) -> Callable[[int], None]:
        def write(value: int) -> None:
            self.log.append((offset, size, value))
            self.on_write(offset, size, value)

        return write

    def cacheable(self, offset: int, size: int) -> bool:
        return False


@dataclass
class Rig:
    """A machine with an exit port and what a test adds; ``run`` runs its guest to the end."""

    machine: Machine
    exit: Log = field(default_factory=Log)
    host: EmulatorHost | None = None

    def map_port(self, port: int, size: int = 4, ops: Log | None = None) -> Log:
        ops = ops or Log()
        self.machine.io.root.add_subregion(port, MemoryRegion.io(f"port-{port:x}", size, ops))
        return ops

    def map_mmio(self, address: int, size: int = 0x1000, ops: Log | None = None) -> Log:
        ops = ops or Log()
        self.add_region(address, MemoryRegion.io(f"mmio-{address:x}", size, ops))
        return ops

    def add_region(self, address: int, region: MemoryRegion, priority: int = 0) -> MemoryRegion:
        self.machine.memory.root.add_subregion(address, region, priority)
        return region

    def add_ram(self, address: int, size: int = 0x1000, *, rom: bool = False) -> RamBlock:
        block = RamBlock(size)
        make = MemoryRegion.rom if rom else MemoryRegion.ram
        self.add_region(address, make(f"ram-{address:x}", size, block))
        return block

    def start(self) -> EmulatorHost:
        self.host = self.host or EmulatorHost(self.machine)
        return self.host

    def run(self, timeout: float = 10) -> RunResult:
        return self.start().run(timeout)

    def ram(self, address: int, size: int) -> bytes:
        return self.machine.memory.read_bytes(address, size)

    def word(self, address: int, size: int = 4) -> int:
        return int.from_bytes(self.ram(address, size), "little")


@contextmanager
def rig(
    code: bytes = b"\xf4", *, mode: str = "real", irqchip: str = "none", clock: str = "live", ram: int = RAM
) -> Iterator[Rig]:
    """A machine whose guest is ``code`` at LOAD; a byte written to port EXIT ends the run with it."""
    guest = GuestConfig(code, LOAD, LOAD, mode)  # type: ignore[arg-type]
    config = MachineConfig(ram=ram, irqchip=irqchip, clock=clock, guest=guest)  # type: ignore[arg-type]
    with Machine(config) as machine:
        made = Rig(machine)
        made.exit.on_write = lambda offset, size, value: machine.request_exit(value)
        made.map_port(EXIT, 1, made.exit)
        try:
            yield made
        finally:
            if made.host is not None:
                made.host.close()
