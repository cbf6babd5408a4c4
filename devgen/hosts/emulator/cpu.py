"""The processor: Unicorn's x86 behind the few things that a host asks of it.

Which of Unicorn's engines serves which guest: Unicorn's 64-bit engine for guests that start in long mode, its 32-bit
engine for all others. The latter switches between real, unreal and protected mode as the guest does; a guest that
goes on to long mode by itself runs there as long as its code and its stack lie below 4 GiB (that engine hides the
upper halves from us). Its 16-bit engine is of no use here: it cannot hold an EIP above 64 KiB after a switch to
protected mode.
"""

from __future__ import annotations

from typing import Final

from unicorn import x86_const as x86

from devgen.hosts.emulator.unicorn_engine import new_engine
from devgen.runtime.machine.boot_image import BootState

CR0_PE: Final = 1 << 0
CR0_PG: Final = 1 << 31
EFER_LMA: Final = 1 << 10
FLAG_TF: Final = 1 << 8
FLAG_IF: Final = 1 << 9
FLAG_NT: Final = 1 << 14
FLAG_RF: Final = 1 << 16
FLAG_VM: Final = 1 << 17
FLAG_AC: Final = 1 << 18

_MSR_EFER: Final = 0xC0000080

_FOR_EVER: Final = 1 << 62
"""A number of instructions that no run reaches. Counting them makes Unicorn call code hooks at every one, see `gate`.
"""

_DATA_SEGMENTS = (
    x86.UC_X86_REG_SS,
    x86.UC_X86_REG_DS,
    x86.UC_X86_REG_ES,
    x86.UC_X86_REG_FS,
    x86.UC_X86_REG_GS,
)


class Cpu:
    """One x86 processor. ``uc`` is Unicorn's engine, for those who map memory and set hooks."""

    def __init__(self, mode: str) -> None:
        """A processor for a guest that starts in ``mode``: real, protected or long.

        Raises UcError if Unicorn cannot make one.
        """
        self.wide = mode == "long"
        self.uc = new_engine(wide=self.wide)
        self._pc = x86.UC_X86_REG_RIP if self.wide else x86.UC_X86_REG_EIP
        self._sp = x86.UC_X86_REG_RSP if self.wide else x86.UC_X86_REG_ESP

    def load(self, state: BootState) -> None:
        """Load the registers of ``state``, whose memory has been written and mapped. Raises UcError."""
        uc = self.uc
        uc.reg_write(x86.UC_X86_REG_GDTR, (0, state.gdt_base, state.gdt_limit, 0))
        uc.reg_write(x86.UC_X86_REG_IDTR, (0, 0, 0xFFFF, 0))
        uc.reg_write(x86.UC_X86_REG_CR3, state.cr3)
        uc.reg_write(x86.UC_X86_REG_CR4, state.cr4)
        uc.reg_write(x86.UC_X86_REG_CR0, state.cr0)
        uc.reg_write(x86.UC_X86_REG_CS, state.code.selector)
        for register in _DATA_SEGMENTS:
            uc.reg_write(register, state.data.selector)
        uc.reg_write(x86.UC_X86_REG_EFLAGS, state.rflags)
        self.pc = state.ip
        self.sp = state.sp

    # --- running ---------------------------------------------------------------------------

    def run(self) -> None:
        """Run until HLT, until a hook stops it, or until something that Unicorn raises as UcError."""
        self.uc.emu_start(self.pc, 0, count=_FOR_EVER)

    def stop(self) -> None:
        """Stop; only for the exception hook, which runs between two instructions. Elsewhere use the gate."""
        self.uc.emu_stop()

    # --- registers -------------------------------------------------------------------------

    def _get(self, register: int) -> int:
        return int(self.uc.reg_read(register))

    @property
    def pc(self) -> int:
        """Offset of the next instruction in the code segment."""
        return self._get(self._pc)

    @pc.setter
    def pc(self, value: int) -> None:
        self.uc.reg_write(self._pc, value)

    @property
    def sp(self) -> int:
        """The whole stack pointer, whatever its width in use."""
        return self._get(self._sp)

    @sp.setter
    def sp(self, value: int) -> None:
        self.uc.reg_write(self._sp, value)

    @property
    def flags(self) -> int:
        """EFLAGS."""
        return self._get(x86.UC_X86_REG_EFLAGS)

    @flags.setter
    def flags(self, value: int) -> None:
        self.uc.reg_write(x86.UC_X86_REG_EFLAGS, value)

    @property
    def interrupts_enabled(self) -> bool:
        """The IF flag."""
        return bool(self.flags & FLAG_IF)

    @property
    def cs(self) -> int:
        """Code segment selector."""
        return self._get(x86.UC_X86_REG_CS)

    def load_cs(self, selector: int) -> None:
        """Load the code segment; in long mode a 64-bit one stays one. Raises UcError for a bad descriptor."""
        self.uc.reg_write(x86.UC_X86_REG_CS, selector)

    @property
    def ss(self) -> int:
        """Stack segment selector."""
        return self._get(x86.UC_X86_REG_SS)

    @property
    def cr0(self) -> int:
        """CR0: mode bits."""
        return self._get(x86.UC_X86_REG_CR0)

    @property
    def cr2(self) -> int:
        """CR2: the address of the last page fault."""
        return self._get(x86.UC_X86_REG_CR2)

    @property
    def cr3(self) -> int:
        """CR3: root of the page tables."""
        return self._get(x86.UC_X86_REG_CR3)

    @property
    def cr4(self) -> int:
        """CR4: extensions of paging among others."""
        return self._get(x86.UC_X86_REG_CR4)

    @property
    def protected(self) -> bool:
        """Whether it is in protected (or long) mode."""
        return bool(self.cr0 & CR0_PE)

    @property
    def long(self) -> bool:
        """Whether it is in long mode, compatibility mode included."""
        return self.wide or bool(self.uc.msr_read(_MSR_EFER) & EFER_LMA)

    def _table(self, register: int) -> tuple[int, int]:
        _, base, limit, _ = self.uc.reg_read(register)
        return int(base), int(limit)

    @property
    def idt(self) -> tuple[int, int]:
        """Interrupt table: linear base, limit in bytes."""
        return self._table(x86.UC_X86_REG_IDTR)

    @property
    def gdt(self) -> tuple[int, int]:
        """Global descriptor table: linear base, limit in bytes."""
        return self._table(x86.UC_X86_REG_GDTR)

    @property
    def tss(self) -> tuple[int, int]:
        """Task state segment: linear base, limit in bytes."""
        return self._table(x86.UC_X86_REG_TR)
