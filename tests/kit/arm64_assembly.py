"""Guests in arm64 assembly: their common parts, and accesses to devices that are refused.

``asm64`` finds the machine code of a source (see `assembled_guests`). With DEVGEN_ASSEMBLE=1 it needs GNU as, ld and
objcopy for arm64, with the prefix in CROSS_COMPILE (aarch64-linux-gnu-).
"""

import os
import subprocess
import tempfile
from pathlib import Path

from assembled_guests import assembled

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
        mov x0, #(3 << 20)              // SIMD and floating-point
        msr cpacr_el1, x0
        isb
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


OFFSET, ESR, ELR, FAR, SPSR, STACK = range(0, 48, 8)
"""What VECTORS stores at RAM: the handler's offset, and registers."""

WRITE = 0x40
DATA_ABORT, FETCH_ABORT = 0x9600_0000, 0x8600_0000
EXTERNAL, UNALIGNED = 0x10, 0x21

REFUSED = (
    ("ldp x1, x2, [x27]", DATA_ABORT | EXTERNAL, DEVICE),
    ("stp w1, w2, [x27, #8]", DATA_ABORT | EXTERNAL | WRITE, DEVICE + 8),
    ("ldr q0, [x27]", DATA_ABORT | EXTERNAL, DEVICE),
    ("str d0, [x27]", DATA_ABORT | EXTERNAL | WRITE, DEVICE),
    ("ldr w1, [x27], #4", DATA_ABORT | EXTERNAL, DEVICE),
    ("str w1, [x27, #4]!", DATA_ABORT | EXTERNAL | WRITE, DEVICE + 4),
    ("ldxr w1, [x27]", DATA_ABORT | EXTERNAL, DEVICE),
    ("dc zva, x27", DATA_ABORT | EXTERNAL | WRITE, DEVICE),
    ("ldp x1, x2, [x26]", DATA_ABORT | EXTERNAL, 0x0800_0000),
    ("stp x1, x2, [x26]", DATA_ABORT | EXTERNAL | WRITE, 0x0800_0000),
)
"""Accesses to device memory (x26: the GIC) that a processor does not describe: instruction, ESR_EL1, FAR_EL1."""

EXECUTED = ("ldr x1, [x27, #8]", "ldar w1, [x27]", "ldtr w1, [x27, #4]", "ldurh w1, [x27, #6]", "str xzr, [x27, #16]")
"""Accesses that it describes."""


def refusal(body: str) -> str:
    """A guest that executes ``body`` at the address that it stores at RAM + 64."""
    return f"{START}\n ldr x26, =GICD\n adr x25, test\n str x25, [x28, #64]\ntest: {body}\n{OFF}{VECTORS}"
