"""Interrupt and exception entry, which Unicorn does not implement.

Real mode uses the interrupt vector table; protected mode uses 16-bit and 32-bit interrupt and trap gates; long mode
uses 16-byte gates with stack alignment and the interrupt stack table. A handler runs at the privilege level of the
interrupted code: Unicorn cannot change the privilege level from outside, so task gates, virtual-8086 mode and gates to
an inner level end the run with a message. The error code of a page fault is always 0, because Unicorn does not report
it. Intel SDM volume 3, chapter 6; for real mode volume 3, 21.1.4.
"""

from __future__ import annotations

from typing import Final

from devgen.hosts.emulator.guest_processor import ShutDown, Unsupported
from devgen.hosts.emulator.x86.cpu import FLAG_AC, FLAG_IF, FLAG_NT, FLAG_RF, FLAG_TF, FLAG_VM, Cpu, RaisedException
from devgen.hosts.emulator.x86.descriptor import Descriptor
from devgen.hosts.emulator.x86.guest_view import GENERAL_PROTECTION, INVALID_TSS, NOT_PRESENT, GuestFault, GuestView
from devgen.runtime.memory.address_space import AddressSpace

DOUBLE_FAULT: Final = 8
_WITH_ERROR_CODE: Final = frozenset((8, 10, 11, 12, 13, 14, 17))
_CONTRIBUTORY: Final = frozenset((0, 10, 11, 12, 13))
_PAGE_FAULT: Final = 14
_SHORT_INTS: Final = {1: 0xF1, 3: 0xCC, 4: 0xCE}
"""Vectors that have a one-byte instruction, and its opcode."""
_TASK_GATE: Final = 5
_GATES: Final = frozenset((0x6, 0x7, 0xE, 0xF))
_LONG_GATES: Final = frozenset((0xE, 0xF))
_MASK64: Final = (1 << 64) - 1


def _makes_double(first: int, second: int) -> bool:
    """Whether fault ``second`` while ``first`` is delivered is a double fault."""
    if first == _PAGE_FAULT:
        return second == _PAGE_FAULT or second in _CONTRIBUTORY
    return first in _CONTRIBUTORY and second in _CONTRIBUTORY


class TripleFault(ShutDown):
    """A fault while a double fault is delivered: the processor shuts down."""


class Delivery:
    """Takes interrupts and exceptions for ``cpu``, which must not be running."""

    def __init__(self, cpu: Cpu, memory: AddressSpace) -> None:
        """``memory`` is the physical address space."""
        self._cpu = cpu
        self._memory = memory

    def interrupt(self, vector: int) -> None:
        """Enter the handler of an external interrupt or NMI. Raises TripleFault, Unsupported."""
        try:
            self._enter(vector, None, external=1)
        except GuestFault as fault:
            self._deliver(fault)

    def raised(self, vector: int, exception: RaisedException) -> None:
        """Enter the handler of an exception or INT n of the guest. Raises TripleFault, Unsupported."""
        if not exception.by_instruction:
            self._deliver(GuestFault(vector, exception.error))
            return
        try:
            self._enter(vector, None, software=True)
        except GuestFault as fault:
            self._cpu.pc = self._start_of_int(vector, exception.pc)
            self._deliver(fault)

    def _start_of_int(self, vector: int, after: int) -> int:
        """Address of the INT n, INT3, INT1 or INTO that ends at ``after``: it is executed again after a fault.

        Prefixes are left out; they have no effect on these instructions.
        """
        last = GuestView(self._cpu, self._memory).before(after)[1]
        return after - (1 if last == _SHORT_INTS.get(vector) else 2)

    def _deliver(self, fault: GuestFault) -> None:
        """Deliver a fault. A second fault during delivery may become a double fault; a third one is a triple fault.

        SDM volume 3, table 6-5: contributory exceptions and page faults make double faults, others are serial.
        """
        while True:
            if fault.address is not None:
                self._cpu.cr2 = fault.address
            try:
                self._enter(fault.vector, fault.error if fault.vector in _WITH_ERROR_CODE else None)
            except GuestFault as second:
                if fault.vector == DOUBLE_FAULT:
                    text = f"triple fault: fault {second.vector} while a double fault was delivered"
                    raise TripleFault(text) from None
                fault = GuestFault(DOUBLE_FAULT) if _makes_double(fault.vector, second.vector) else second
            else:
                return

    def _enter(self, vector: int, error: int | None, *, software: bool = False, external: int = 0) -> None:
        view = GuestView(self._cpu, self._memory)
        if view.virtual_8086:
            raise Unsupported("an interrupt in virtual-8086 mode")
        if view.long:
            self._enter_long(view, vector, error, software, external)
        elif view.protected:
            self._enter_protected(view, vector, error, software, external)
        else:
            self._enter_real(view, vector)

    # --- real mode -------------------------------------------------------------------------

    def _enter_real(self, view: GuestView, vector: int) -> None:
        cpu = self._cpu
        base, limit = cpu.idt
        if 4 * vector + 3 > limit:
            raise GuestFault(GENERAL_PROTECTION)
        entry = view.read(base + 4 * vector, 4)
        flags = cpu.flags
        self._push(view, (flags, cpu.cs, cpu.pc), 2)
        cpu.flags = flags & ~(FLAG_IF | FLAG_TF | FLAG_AC | FLAG_RF)
        cpu.load_real_cs(entry >> 16)
        cpu.pc = entry & 0xFFFF

    def _push(self, view: GuestView, values: tuple[int, ...], width: int) -> None:
        """Push on the present stack; the stack pointer changes only after all values are written."""
        base, big = view.segment(self._cpu.ss)
        mask = 0xFFFFFFFF if big else 0xFFFF
        whole = self._cpu.sp
        sp = whole & mask
        for value in values:
            sp = sp - width & mask
            view.write(base + sp, value & ((1 << 8 * width) - 1), width)
        self._cpu.sp = whole & ~mask | sp

    # --- protected mode --------------------------------------------------------------------

    def _enter_protected(self, view: GuestView, vector: int, error: int | None, software: bool, external: int) -> None:
        cpu = self._cpu
        code = 8 * vector | 2 | external
        base, limit = cpu.idt
        if 8 * vector + 7 > limit:
            raise GuestFault(GENERAL_PROTECTION, code)
        gate = view.read(base + 8 * vector, 8)
        kind = gate >> 40 & 0x1F
        self._check_gate(gate, kind, _GATES, code, software)
        selector = gate >> 16 & 0xFFFF
        descriptor = self._code_segment(view, selector, external)
        wide = bool(kind & 8)
        offset = gate & 0xFFFF | (gate >> 48 << 16 if wide else 0)
        flags = cpu.flags
        frame = (flags, cpu.cs, cpu.pc) + (() if error is None else (error,))
        self._push(view, frame, 4 if wide else 2)
        self._enter_handler(selector, descriptor, offset, flags, clear_if=not kind & 1)

    def _check_gate(self, gate: int, kind: int, known: frozenset[int], code: int, software: bool) -> None:
        if kind == _TASK_GATE:
            raise Unsupported("a task gate")
        if kind not in known or (software and gate >> 45 & 3 < self._cpu.cs & 3):
            raise GuestFault(GENERAL_PROTECTION, code)
        if not gate >> 47 & 1:
            raise GuestFault(NOT_PRESENT, code)

    def _code_segment(self, view: GuestView, selector: int, external: int) -> Descriptor:
        descriptor = view.descriptor(selector, external=external)
        level = self._cpu.cs & 3
        code = selector & 0xFFFC | external
        if not descriptor.code or descriptor.dpl > level:
            raise GuestFault(GENERAL_PROTECTION, code)
        if not descriptor.present:
            raise GuestFault(NOT_PRESENT, code)
        if descriptor.dpl < level and not descriptor.conforming:
            raise Unsupported("a gate to an inner privilege level")
        return descriptor

    def _enter_handler(self, selector: int, descriptor: Descriptor, offset: int, flags: int, *, clear_if: bool) -> None:
        cpu = self._cpu
        clear = FLAG_TF | FLAG_NT | FLAG_RF | FLAG_VM | (FLAG_IF if clear_if else 0)
        cpu.flags = flags & ~clear
        cpu.load_cs(selector & ~3 | cpu.cs & 3, descriptor)
        cpu.pc = offset

    # --- long mode -------------------------------------------------------------------------

    def _enter_long(self, view: GuestView, vector: int, error: int | None, software: bool, external: int) -> None:
        cpu = self._cpu
        code = 8 * vector | 2 | external
        base, limit = cpu.idt
        if 16 * vector + 15 > limit:
            raise GuestFault(GENERAL_PROTECTION, code)
        gate, high = view.read(base + 16 * vector, 8), view.read(base + 16 * vector + 8, 8)
        kind = gate >> 40 & 0x1F
        self._check_gate(gate, kind, _LONG_GATES, code, software)
        selector = gate >> 16 & 0xFFFF
        descriptor = self._code_segment(view, selector, external)
        if not descriptor.long:
            raise GuestFault(GENERAL_PROTECTION, selector & 0xFFFC | external)
        offset = gate & 0xFFFF | gate >> 48 << 16 | (high & 0xFFFFFFFF) << 32
        flags, old_sp = cpu.flags, cpu.sp
        sp = self._interrupt_stack(view, gate >> 32 & 7, old_sp) & ~0xF
        frame = (cpu.ss, old_sp, flags, cpu.cs, cpu.pc) + (() if error is None else (error,))
        for value in frame:
            sp = sp - 8 & _MASK64
            view.write(sp, value, 8)
        cpu.sp = sp
        self._enter_handler(selector, descriptor, offset, flags, clear_if=not kind & 1)

    def _interrupt_stack(self, view: GuestView, index: int, present: int) -> int:
        """The stack pointer for a gate's IST index, from the TSS; index 0: the present stack (SDM volume 3, 6.14.5)."""
        if not index:
            return present
        base, limit = self._cpu.tss
        at = 0x24 + 8 * (index - 1)
        if at + 7 > limit:
            raise GuestFault(INVALID_TSS)
        return view.read(base + at, 8)
