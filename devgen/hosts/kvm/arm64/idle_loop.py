"""Finds the loop in which a processor waits for nothing: Linux' ``halt`` on arm64 ends in one.

PSCI has no call for it. Linux masks interrupts and branches to itself (machine_halt in arch/arm64/kernel/process.c);
the other processors repeat WFE and WFI (cpu_park_loop in arch/arm64/include/asm/smp.h). With interrupts masked, such a
loop ends only by a reset. Source: Arm Architecture Reference Manual for A-profile (DDI 0487), C4.1 and C6.2.
"""

from __future__ import annotations

from typing import Final

from devgen.hosts.kvm.arm64.stage1_walk import Stage1, translate
from devgen.hosts.kvm.vcpu import ReadRam

LONGEST: Final = 16
"""Instructions that a loop may have."""

IRQ_MASKED: Final = 1 << 7
FIQ_MASKED: Final = 1 << 6
AARCH32: Final = 1 << 4
"""Bits of PSTATE as SPSR_EL1 has them (C5.2.18)."""

_WORD = 4
_BRANCH = 0xFC000000, 0x14000000  # mask and value of B
_HINTS = frozenset((0xD503201F, 0xD503203F, 0xD503205F, 0xD503207F))  # NOP, YIELD, WFE, WFI
_BARRIERS = frozenset((0xD503309F, 0xD50330BF, 0xD50330DF))  # DSB, DMB, ISB, without their option
_BARRIER_OPTION = 0xF00


def is_masked(pstate: int) -> bool:
    """Whether a processor in AArch64 state takes neither interrupts nor fast interrupts."""
    masked = IRQ_MASKED | FIQ_MASKED
    return pstate & masked == masked and not pstate & AARCH32


def find_idle_loop(pc: int, stage1: Stage1, read: ReadRam) -> int | None:
    """Return the first address of the loop at ``pc`` that only waits, or None if there is none.

    The loop has hints, barriers and unconditional branches alone, and neither depends on anything nor changes it.
    """
    path: list[int] = []
    while pc not in path:
        step = _step(_fetch(pc, stage1, read))
        if step is None or len(path) == LONGEST:
            return None
        path.append(pc)
        pc += step
    return min(path[path.index(pc) :])


def _fetch(pc: int, stage1: Stage1, read: ReadRam) -> int | None:
    address = translate(stage1, pc, read)
    data = None if address is None else read(address, _WORD)
    return None if data is None else int.from_bytes(data, "little")


def _step(word: int | None) -> int | None:
    """Return the distance in bytes to the instruction that follows ``word``; None if that has another effect."""
    if word is None:
        return None
    mask, branch = _BRANCH
    if word & mask == branch:
        words = word & ~mask
        return _WORD * (words - (1 << 26) if words >> 25 else words)
    return _WORD if word in _HINTS or word & ~_BARRIER_OPTION in _BARRIERS else None
