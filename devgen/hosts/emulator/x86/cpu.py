"""The processor: the operations of Unicorn's x86 that the host uses.

One 64-bit engine serves guests of every start mode, since guests switch modes by themselves. The engine begins
in long mode; for other guests `load` leaves it. Unicorn's register calls do not load segments (in the 64-bit engine
they set only the selectors), so segments are written through a saved context, see `saved_context`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from unicorn import x86_const as x86

from devgen.hosts.emulator.unicorn_engine import FOR_EVER
from devgen.hosts.emulator.x86.descriptor import Descriptor
from devgen.hosts.emulator.x86.saved_context import (
    CS,
    DS,
    ES,
    HF2_NMI,
    HF_ADDSEG,
    HF_CPL,
    HF_CS32,
    HF_CS64,
    HF_INHIBIT_IRQ,
    HF_SS32,
    MSR_EFER,
    SS,
    Processor,
    SavedContext,
    SegmentCache,
    find_layout,
    leave_long_mode,
)
from devgen.hosts.emulator.x86.x86_engine import new_engine
from devgen.runtime.boot.boot_image import BootState, Segment

CR0_PE: Final = 1 << 0
CR0_PG: Final = 1 << 31
EFER_LMA: Final = 1 << 10
FLAG_TF: Final = 1 << 8
FLAG_IF: Final = 1 << 9
FLAG_NT: Final = 1 << 14
FLAG_RF: Final = 1 << 16
FLAG_VM: Final = 1 << 17
FLAG_AC: Final = 1 << 18

_DESC_BIG: Final = 1 << 22
_DESC_LONG: Final = 1 << 21
_DPL_SHIFT: Final = 13
_ADDING: Final = (ES, SS, DS)
"""Segments with a base other than 0 set HF_ADDSEG: translated code then adds the base to addresses."""


@dataclass(slots=True, frozen=True)
class RaisedException:
    """An exception or INT n as Unicorn reports it.

    ``pc`` is the return address: the faulting instruction, or the one after INT n (``by_instruction``).
    """

    error: int
    by_instruction: bool
    pc: int


class Cpu:
    """One x86 processor. ``uc`` is Unicorn's engine, for mapping memory and setting hooks."""

    def __init__(self) -> None:
        """A processor in Unicorn's initial state; `load` gives it a guest's.

        Raises UcError if Unicorn cannot create an engine, UnknownUnicorn if Unicorn's version is not supported.
        """
        layout = find_layout()
        self.uc = new_engine()
        self._context = SavedContext(self.uc, layout)

    def load(self, state: BootState) -> None:
        """Load the registers of ``state``, whose memory has been written and mapped. Raises UcError."""
        uc = self.uc
        uc.reg_write(x86.UC_X86_REG_GDTR, (0, state.gdt_base, state.gdt_limit, 0))
        uc.reg_write(x86.UC_X86_REG_IDTR, (0, 0, 0xFFFF, 0))
        if not state.efer:
            leave_long_mode(uc)
        uc.reg_write(x86.UC_X86_REG_CR3, state.cr3)
        uc.reg_write(x86.UC_X86_REG_CR4, state.cr4)
        uc.reg_write(x86.UC_X86_REG_CR0, state.cr0)
        head = self._context.refresh()
        for index in range(6):
            head.segs[index] = _boot_segment(state.code if index == CS else state.data)
        self._apply_segments(head)
        uc.reg_write(x86.UC_X86_REG_EFLAGS, state.rflags)
        self.pc = state.ip
        self.sp = state.sp
        uc.reg_write(x86.UC_X86_REG_RSI, state.si)

    # --- running ---------------------------------------------------------------------------

    def run(self) -> None:
        """Run until HLT or until a hook stops it. Raises UcError."""
        self.uc.emu_start(self.pc, 0, count=FOR_EVER)

    def stop(self) -> None:
        """Stop; only for the exception hook, which runs between two instructions. Elsewhere use `stop_gate.Gate`."""
        self.uc.emu_stop()

    # --- registers -------------------------------------------------------------------------

    def _get(self, register: int) -> int:
        return int(self.uc.reg_read(register))

    @property
    def pc(self) -> int:
        """Offset of the next instruction in the code segment."""
        return self._get(x86.UC_X86_REG_RIP)

    @pc.setter
    def pc(self, value: int) -> None:
        self.uc.reg_write(x86.UC_X86_REG_RIP, value)

    @property
    def sp(self) -> int:
        """The whole 64-bit stack pointer; the present mode may use only a part of it."""
        return self._get(x86.UC_X86_REG_RSP)

    @sp.setter
    def sp(self, value: int) -> None:
        self.uc.reg_write(x86.UC_X86_REG_RSP, value)

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

    @property
    def code_base(self) -> int:
        """Linear base of the code segment."""
        head = self._context.refresh()
        return 0 if head.hflags & HF_CS64 else int(head.segs[CS].base)

    def load_real_cs(self, selector: int) -> None:
        """Load the code segment as real mode does: base and selector, nothing else. Ends the shadow of STI."""
        head = self._context.refresh()
        head.hflags &= ~HF_INHIBIT_IRQ
        head.segs[CS].selector = selector
        head.segs[CS].base = selector << 4
        self._context.apply()

    def load_cs(self, selector: int, descriptor: Descriptor) -> None:
        """Load the code segment with ``descriptor``, which has been checked. Ends the shadow of STI."""
        head = self._context.refresh()
        head.segs[CS] = SegmentCache(selector, descriptor.base, descriptor.limit, descriptor.raw >> 32)
        self._apply_segments(head)

    def _apply_segments(self, head: Processor) -> None:
        """Write the segments back with the flags that translated code takes from them."""
        code, stack = head.segs[CS].flags, head.segs[SS].flags
        flags = head.hflags & ~(HF_CPL | HF_CS32 | HF_CS64 | HF_SS32 | HF_ADDSEG | HF_INHIBIT_IRQ)
        flags |= stack >> _DPL_SHIFT & HF_CPL
        if self.long and code & _DESC_LONG:
            flags |= HF_CS32 | HF_SS32 | HF_CS64
        else:
            flags |= (HF_CS32 if code & _DESC_BIG else 0) | (HF_SS32 if stack & _DESC_BIG else 0)
            flat = self.protected and code & _DESC_BIG and not any(head.segs[index].base for index in _ADDING)
            flags |= 0 if flat else HF_ADDSEG
        head.hflags = flags
        self._context.apply()

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

    @cr2.setter
    def cr2(self, value: int) -> None:
        self.uc.reg_write(x86.UC_X86_REG_CR2, value)

    @property
    def cr3(self) -> int:
        """CR3: root of the page tables."""
        return self._get(x86.UC_X86_REG_CR3)

    @property
    def cr4(self) -> int:
        """CR4: paging extensions and other feature bits."""
        return self._get(x86.UC_X86_REG_CR4)

    @property
    def protected(self) -> bool:
        """Whether it is in protected (or long) mode."""
        return bool(self.cr0 & CR0_PE)

    @property
    def long(self) -> bool:
        """Whether it is in long mode (EFER.LMA), compatibility mode included."""
        return bool(self.uc.msr_read(MSR_EFER) & EFER_LMA)

    @property
    def runs_64_bit_code(self) -> bool:
        """Whether the code segment is a 64-bit one, whose base is ignored."""
        return bool(self._context.refresh().hflags & HF_CS64)

    @property
    def in_shadow(self) -> bool:
        """Whether the last instruction was STI or a load of SS, which block interrupts for one instruction."""
        return bool(self._context.refresh().hflags & HF_INHIBIT_IRQ)

    @property
    def nmi_blocked(self) -> bool:
        """Whether the handler of an NMI has not returned yet."""
        return bool(self._context.refresh().hflags2 & HF2_NMI)

    def block_nmi(self) -> None:
        """Block NMIs until the next IRET."""
        self._context.refresh().hflags2 |= HF2_NMI
        self._context.apply()

    def take_exception(self) -> RaisedException:
        """Return the exception that Unicorn has just reported, and mark it as delivered."""
        self._context.refresh()
        self._context.forget_exception()
        self._context.apply()
        return RaisedException(*self._context.exception())

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


def _boot_segment(segment: Segment) -> SegmentCache:
    """``segment`` in the processor's hidden format: present, ring 0, no system segment."""
    flags = segment.type << 8 | 1 << 12 | 1 << 15 | segment.long << 21 | segment.db << 22 | segment.granular << 23
    return SegmentCache(segment.selector, segment.base, segment.limit, flags)
