"""The x86 processor: delivers the guest's exceptions, interrupts and NMIs.

While an interrupt waits for IF, for an IRET or for the end of an interrupt shadow, the guest runs step by step.
"""

from __future__ import annotations

from typing import Final

from unicorn import UC_ERR_FETCH_PROT, UC_ERR_FETCH_UNMAPPED, UC_ERR_INSN_INVALID

from devgen.hosts.emulator.guest_processor import GuestProcessor, Watch
from devgen.hosts.emulator.unicorn_engine import UcError
from devgen.hosts.emulator.x86.access_hooks import GuestAccesses
from devgen.hosts.emulator.x86.apic_base import ApicBaseReads
from devgen.hosts.emulator.x86.cpu import Cpu, RaisedException
from devgen.hosts.emulator.x86.emulated_chips import IrqChip
from devgen.hosts.emulator.x86.guest_view import GuestFault, GuestView
from devgen.hosts.emulator.x86.interrupt_entry import Delivery
from devgen.hosts.emulator.x86.x86_engine import set_hooks
from devgen.runtime.boot.guest_loader import load_guest
from devgen.runtime.machine.machine import Machine
from devgen.runtime.memory.address_space import AddressSpace

_NMI_VECTOR: Final = 2
_INVALID_OPCODE: Final = 6


class X86Processor(GuestProcessor):
    """``chip``: its interrupt controllers, None without any."""

    def __init__(self, memory: AddressSpace, chip: IrqChip | None) -> None:
        self.cpu = Cpu()
        super().__init__(self.cpu.uc)
        self._memory = memory
        self._chip = chip
        self._nmi = self._invalid_opcode = False
        self._boundaries = 0
        self._fault: int | None = None
        self._delivery = Delivery(self.cpu, memory)
        self._apic_base: ApicBaseReads | None = None

    def connect(self, accesses: GuestAccesses) -> None:
        """Send the guest's accesses to ``accesses``, before the first ``run``."""
        set_hooks(self.uc, accesses)
        self._apic_base = None if self._chip is None else ApicBaseReads(self.uc, self._code)

    def boot(self, machine: Machine) -> None:
        """Write the guest into RAM and set the registers that it starts with. Raises MachineError, UcError."""
        state = load_guest(machine)
        assert state is not None  # checked by the host
        self.cpu.load(state)

    @property
    def pc(self) -> int:
        """Offset of the instruction in the code segment."""
        return self.cpu.pc

    @property
    def place(self) -> str:
        """The place of the present instruction, for messages."""
        try:
            return f"{self.cpu.cs:#x}:{self.cpu.pc:#x}"
        except UcError:
            return "an unknown address"

    @property
    def may_wake(self) -> bool:
        """Whether IF is set."""
        return self.cpu.interrupts_enabled

    def instruction(self) -> tuple[int, bytes]:
        """Program counter and opcode of the present instruction."""
        pc = self.cpu.pc
        return pc, GuestView(self.cpu, self._memory).opcode(pc)

    def _code(self, address: int, size: int) -> bytes:
        """Read ``size`` bytes of code at a linear address; empty where there is no memory."""
        try:
            return GuestView(self.cpu, self._memory).read_bytes(address, size)
        except GuestFault:
            return b""

    # --- exceptions and interrupts -----------------------------------------------------------

    def raise_nmi(self) -> None:
        """Make an NMI pending. Further NMIs while one is pending are merged with it."""
        self._nmi = True

    def except_at(self, vector: int) -> None:
        """Note an exception or an INT n that Unicorn reports; it is delivered when Unicorn has stopped."""
        self._fault = vector
        self.cpu.stop()

    def deliver_exception(self) -> None:
        """Enter the guest's handler of the exception that was noted, if one was. Raises TripleFault, Unsupported."""
        if self._fault is None:
            return
        vector, raised = self._fault, self.cpu.take_exception()
        if self._invalid_opcode:  # Unicorn then ends the run with an error and reports no exception
            raised = RaisedException(0, False, self.cpu.pc)
        self._fault, self._invalid_opcode = None, False
        self._delivery.raised(vector, raised)

    def take_interrupt(self) -> bool:
        """Take a pending interrupt that is not masked. Return False if an interrupt is still pending.

        Raises TripleFault, Unsupported.
        """
        if not self._is_pending():
            self._steps = 0
            return True
        if self.cpu.in_shadow or not self._may_interrupt():
            return False
        self.halted = False
        self._steps = 0
        if self._nmi and not self.cpu.nmi_blocked:
            self._nmi = False
            self.cpu.block_nmi()
            self._delivery.interrupt(_NMI_VECTOR)
        elif self._chip is not None:
            self._delivery.interrupt(self._chip.acknowledge())
        return not self._is_pending()

    def _is_pending(self) -> bool:
        return self._nmi or self._irq_pending()

    def _irq_pending(self) -> bool:
        return self._chip is not None and self._chip.pending()

    def _may_interrupt(self) -> bool:
        """Whether a pending interrupt can be taken: an NMI unless NMIs are blocked, other interrupts if IF is set."""
        if self._nmi and not self.cpu.nmi_blocked:
            return True
        return self._irq_pending() and self.cpu.interrupts_enabled

    # --- running -----------------------------------------------------------------------------

    def _execute(self) -> None:
        if self._apic_base is not None:
            self._apic_base.begin(self.cpu.code_base + self.cpu.pc)
        self.cpu.run()
        self.halted = not self.gate.stopped and self._fault is None

    def _problem(self, error: UcError) -> str:
        """Handle the Unicorn errors that a guest can cause; re-raise others."""
        if error.errno == UC_ERR_INSN_INVALID:
            self._fault = _INVALID_OPCODE
            self._invalid_opcode = True
            return ""
        if error.errno in (UC_ERR_FETCH_PROT, UC_ERR_FETCH_UNMAPPED):
            return f"the guest fetches an instruction where there is no memory, at {self.place}"
        raise error

    def watch_for_window(self) -> Watch | None:
        """Return what ends the guest's run while an interrupt waits, or for one instruction in an interrupt shadow."""
        if self.cpu.in_shadow:
            self._boundaries = 0
            return self._second_boundary
        return super().watch_for_window()

    def _second_boundary(self) -> bool:
        self._boundaries += 1
        return self._boundaries > 1
