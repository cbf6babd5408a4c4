"""Exception entry at exception level 1, which Unicorn does not implement.

Arm ARM, D1.10: the processor's state is saved in SPSR_EL1, the return address in ELR_EL1, and interrupts are masked.
The kind of the exception and the state that it interrupts select the handler in the table at VBAR_EL1.
"""

from __future__ import annotations

from typing import Final

from unicorn import arm64_const as arm64

from devgen.hosts.emulator.arm64.arm64_engine import ELR, SPSR, Arm64Engine

SYNCHRONOUS, IRQ, FIQ = 0x000, 0x080, 0x100
"""Offsets of the handlers in a quarter of the vector table (table D1-7)."""

FLAG_FIQ: Final = 1 << 6
FLAG_IRQ: Final = 1 << 7
_MASKS: Final = 0x3C0
_EL1H: Final = 5
_LEVEL: Final = 0xC
_OWN_STACK: Final = 1
_FLAGS: Final = 0xF000_0000

_FROM_SP0, _FROM_SPX, _FROM_EL0 = 0x000, 0x200, 0x400

_DATA_ABORT, _INSTRUCTION_ABORT = 0x24, 0x20
"""Exception classes of aborts from exception level 0; those from the same level are one higher."""
_IL: Final = 1 << 25
_WRITE: Final = 1 << 6
_NO_ADDRESS: Final = 1 << 10
_EXTERNAL: Final = 0x10
_ALIGNMENT: Final = 0x21


def external_abort(*, instruction: bool = False, write: bool = False, address_known: bool = True) -> int:
    """The syndrome, of exception level 0, of a synchronous external abort; `ExceptionEntry.enter` adapts the level."""
    kind = _INSTRUCTION_ABORT if instruction else _DATA_ABORT
    return kind << 26 | _IL | _EXTERNAL | (_WRITE if write else 0) | (0 if address_known else _NO_ADDRESS)


def alignment_fault(*, write: bool) -> int:
    """The syndrome, of exception level 0, of an unaligned access to device memory."""
    return _DATA_ABORT << 26 | _IL | _ALIGNMENT | (_WRITE if write else 0)


class ExceptionEntry:
    """Enters the handlers of ``engine``, which must not be running."""

    def __init__(self, engine: Arm64Engine) -> None:
        self._engine = engine

    def _state(self) -> int:
        return int(self._engine.reg_read(arm64.UC_ARM64_REG_PSTATE)) & 0xFFFF_FFFF

    @property
    def masks(self) -> int:
        """PSTATE with its interrupt masks, ``FLAG_IRQ`` and ``FLAG_FIQ``."""
        return self._state()

    @property
    def at_el0(self) -> bool:
        """Whether the processor is at exception level 0."""
        return not self._state() & _LEVEL

    def handler(self, kind: int) -> int:
        """The address of the handler for ``kind`` from the present state."""
        state = self._state()
        quarter = _FROM_SPX if state & _OWN_STACK else _FROM_SP0
        if not state & _LEVEL:
            quarter = _FROM_EL0
        return (int(self._engine.reg_read(arm64.UC_ARM64_REG_VBAR_EL1)) & ~0x7FF) + quarter + kind

    def abort(self, syndrome: int, address: int) -> None:
        """Enter the synchronous handler for an abort that the host has made, with its fault address."""
        if not self.at_el0:
            syndrome += 1 << 26
        self._engine.reg_write(arm64.UC_ARM64_REG_FAR_EL1, address)
        self.synchronous(syndrome)

    def synchronous(self, syndrome: int) -> None:
        """Enter the synchronous handler with ESR_EL1 = ``syndrome``."""
        self._engine.reg_write(arm64.UC_ARM64_REG_ESR_EL1, syndrome)
        self.enter(SYNCHRONOUS)

    def enter(self, kind: int) -> None:
        """Enter the handler for ``kind``; it returns to the present program counter."""
        engine, state = self._engine, self._state()
        handler = self.handler(kind)
        returns_to = engine.reg_read(arm64.UC_ARM64_REG_PC)
        if not state & _OWN_STACK:
            engine.reg_write(arm64.UC_ARM64_REG_SP_EL0, engine.reg_read(arm64.UC_ARM64_REG_SP))
            engine.reg_write(arm64.UC_ARM64_REG_SP, engine.reg_read(arm64.UC_ARM64_REG_SP_EL1))
        engine.reg_write(arm64.UC_ARM64_REG_PSTATE, state & _FLAGS | _MASKS | _EL1H)
        engine.reg_write(arm64.UC_ARM64_REG_PC, handler)
        engine.cpr_write(*ELR, returns_to)
        engine.cpr_write(*SPSR, state)
