"""Parts for the tests of arm64 guests on the emulator: machines of type virt, and guests written in assembly.

``asm64`` finds the machine code of a source in ``assembled.json``, as `emulator_parts.asm` does. With
DEVGEN_ASSEMBLE=1 it needs GNU as, ld and objcopy for arm64, with the prefix in CROSS_COMPILE (aarch64-linux-gnu-).
"""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from emulator_parts import Log, assembled

from devgen.hosts.emulator import EmulatorHost
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.machine_config import GuestConfig, MachineConfig
from devgen.runtime.machine.run_result import RunResult
from devgen.runtime.memory.memory_region import MemoryRegion

RAM = 0x4000_0000
CODE = RAM + 0x1_0000
DEVICE = 0x0900_0000

OFF = """
        movz w0, #0x8400, lsl #16
        movk w0, #8
        hvc #0
"""
"""Power off: the run ends with code 0."""

START = f"""
        .set DEVICE, {DEVICE:#x}
        .set RAM, {RAM:#x}
        .set GICD, 0x08000000
        .set GICR, 0x080a0000
        ldr x28, =RAM
        ldr x27, =DEVICE
        add x0, x28, #0x8000
        mov sp, x0
        ldr x0, =vectors
        msr vbar_el1, x0
"""
"""x28: RAM, for results; x27: the device; a stack; the vectors of VECTORS."""

VECTORS = f"""
        b .
        .ltorg
        .balign 2048
vectors:
        .set kind, 0
        .rept 16
        mov x9, #kind
        b 1f
        .balign 128
        .set kind, kind + 0x80
        .endr
1:      mrs x10, esr_el1
        mrs x11, elr_el1
        mrs x12, far_el1
        mrs x13, spsr_el1
        mov x14, sp
        ldr x8, =RAM
        stp x9, x10, [x8]
        stp x11, x12, [x8, #16]
        stp x13, x14, [x8, #32]
        {OFF}
        .ltorg
"""
"""A table whose handlers all store their offset, ESR, ELR, FAR, SPSR and SP at RAM, and power off."""

GIC = """
        ldr x0, =GICD
        mov w1, #3
        str w1, [x0]                    // both groups
        ldr x0, =GICR + 0x10000
        mov x1, #0xf0
        msr s3_0_c4_c6_0, x1            // ICC_PMR_EL1
        mov x1, #1
        msr s3_0_c12_c12_7, x1          // ICC_IGRPEN1_EL1
        msr s3_0_c12_c12_6, x1          // ICC_IGRPEN0_EL1
"""
"""Both groups enabled, priorities below 0xf0 pass; x0: the SGI frame."""


def asm64(source: str) -> bytes:
    """Machine code of ``source`` at CODE."""
    return assembled(f"arm64\n{source}", lambda: _assemble(source))


def _assemble(source: str) -> bytes:
    tool = os.environ.get("CROSS_COMPILE", "aarch64-linux-gnu-")
    with tempfile.TemporaryDirectory() as folder:
        obj, elf, out = (Path(folder) / name for name in ("a.o", "a.elf", "a.bin"))
        text = f".globl _start\n_start:\n{source}\n"
        subprocess.run([f"{tool}as", "-march=armv8.1-a", "-o", str(obj), "-"], input=text, text=True, check=True)
        subprocess.run([f"{tool}ld", "-N", f"-Ttext={CODE:#x}", "-o", str(elf), str(obj)], check=True)
        subprocess.run([f"{tool}objcopy", "-O", "binary", str(elf), str(out)], check=True)
        return out.read_bytes()


@dataclass
class Virt:
    """A machine of type virt with a device at DEVICE that logs its accesses; ``run`` runs its guest to the end."""

    machine: Machine
    device: Log
    host: EmulatorHost | None = None

    def start(self) -> EmulatorHost:
        self.host = self.host or EmulatorHost(self.machine)
        return self.host

    def run(self, timeout: float = 20) -> RunResult:
        return self.start().run(timeout)

    def word(self, offset: int, size: int = 8) -> int:
        """A result that the guest has stored."""
        return int.from_bytes(self.machine.memory.read_bytes(RAM + offset, size), "little")

    def drive(self, spi: int, level: int) -> None:
        for sink in self.machine.gsi_sinks:
            sink(spi, level)


@contextmanager
def virt(source: str, *, clock: str = "live", on_reset: str = "restart") -> Iterator[Virt]:
    """A machine whose guest is ``source``."""
    guest = GuestConfig(asm64(source), CODE)
    config = MachineConfig(type="virt", ram=1 << 20, clock=clock, guest=guest, on_reset=on_reset)  # type: ignore[arg-type]
    with Machine(config) as machine:
        made = Virt(machine, Log())
        machine.memory.root.add_subregion(DEVICE, MemoryRegion.io("device", 0x1000, made.device))
        try:
            yield made
        finally:
            if made.host is not None:
                made.host.close()
