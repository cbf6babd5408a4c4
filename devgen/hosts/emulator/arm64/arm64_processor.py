"""The arm64 processor: delivers the guest's exceptions and interrupts, and answers its PSCI calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from unicorn import (
    UC_ERR_FETCH_PROT,
    UC_ERR_FETCH_UNMAPPED,
    UC_ERR_READ_PROT,
    UC_ERR_WRITE_PROT,
)
from unicorn import arm64_const as arm64

from devgen.hosts.emulator.arm64 import psci
from devgen.hosts.emulator.arm64.arm64_engine import Arm64Hooks, new_engine, set_hooks
from devgen.hosts.emulator.arm64.code_words import CodeWords
from devgen.hosts.emulator.arm64.exception_entry import (
    FIQ,
    FLAG_FIQ,
    FLAG_IRQ,
    IRQ,
    SYNCHRONOUS,
    ExceptionEntry,
    external_abort,
)
from devgen.hosts.emulator.arm64.exception_record import ExceptionRecord
from devgen.hosts.emulator.arm64.gicv3 import GicV3
from devgen.hosts.emulator.guest_processor import GuestProcessor, Unsupported
from devgen.hosts.emulator.unicorn_engine import FOR_EVER, UcError
from devgen.runtime.base.faults import MachineError
from devgen.runtime.boot.arm64.arm64_loader import load_arm64_guest
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.machine_config import KernelConfig

_UNDEFINED, _PREFETCH_ABORT, _SMC = 1, 3, 13
"""Unicorn's numbers of exceptions."""
_ABORTS: Final = frozenset((0x20, 0x21, 0x22, 0x24, 0x25, 0x34, 0x35))
"""Exception classes that set FAR_EL1: aborts, a misaligned program counter, watchpoints."""
_HVC, _HVC_MASK = 0xD400_0002, 0xFFE0_001F
_START_STATE: Final = 0x3C5
"""PSTATE: exception level 1 with its own stack pointer, all interrupts masked."""
_MASK64: Final = (1 << 64) - 1


@dataclass(slots=True, frozen=True)
class Fault:
    """An abort that the host has found: the instruction's address, the syndrome of level 0, the fault address."""

    pc: int
    syndrome: int
    address: int


class Arm64Processor(GuestProcessor):
    """``gic``: its interrupt controller. ``fault``: an abort that is delivered when Unicorn has stopped.

    ``code`` reads the guest's instructions.
    """

    def __init__(self, machine: Machine, gic: GicV3) -> None:
        """Raises UcError, UnknownUnicorn."""
        self.engine = new_engine()
        super().__init__(self.engine)
        self._machine = machine
        self._gic = gic
        self._entry = ExceptionEntry(self.engine)
        self._record = ExceptionRecord(self.engine)
        self.code = CodeWords(self.engine, machine.ram)
        self._vector: int | None = None
        self._off = False
        self.fault: Fault | None = None

    def connect(self, hooks: Arm64Hooks) -> None:
        """Send the guest's accesses to ``hooks``, before the first ``run``."""
        set_hooks(self.engine, hooks)

    def boot(self, machine: Machine) -> None:
        """Write the guest into RAM and set the registers that it starts with. Raises MachineError, UcError."""
        if isinstance(machine.config.guest, KernelConfig):
            raise MachineError(
                f"{machine.config.name}: a kernel needs an arm64 host with /dev/kvm; on a board of type virt the "
                "emulator runs programs without an operating system (guest: image)"
            )
        state = load_arm64_guest(machine)
        assert state is not None  # checked by the host
        self.engine.reg_write(arm64.UC_ARM64_REG_PSTATE, _START_STATE)
        self.engine.reg_write(arm64.UC_ARM64_REG_X0, state.x0)
        self.engine.reg_write(arm64.UC_ARM64_REG_PC, state.entry)

    # --- state ---------------------------------------------------------------------------------

    @property
    def pc(self) -> int:
        """The program counter."""
        return int(self.engine.reg_read(arm64.UC_ARM64_REG_PC))

    def _set_pc(self, value: int) -> None:
        self.engine.reg_write(arm64.UC_ARM64_REG_PC, value)

    def skip_instruction(self) -> None:
        """Go on behind the present instruction, which a hook has carried out."""
        self._set_pc(self.pc + 4)

    @property
    def place(self) -> str:
        """The place of the present instruction, for messages."""
        try:
            return f"{self.pc:#x}"
        except UcError:
            return "an unknown address"

    @property
    def may_wake(self) -> bool:
        """Whether the GIC would signal an interrupt: WFI ends also for one that PSTATE masks."""
        return not self._off and self._gic.cpu.may_deliver()

    @property
    def has_fault(self) -> bool:
        """Whether an abort or an exception of the present instruction has been noted."""
        return self.fault is not None or self._vector is not None

    def raise_nmi(self) -> None:
        """Ignore it: arm64 has no NMI."""

    # --- exceptions and interrupts -----------------------------------------------------------

    def except_at(self, vector: int) -> None:
        """Note an exception that Unicorn reports; it is delivered when Unicorn has stopped."""
        self._vector = vector
        self.engine.emu_stop()

    def deliver_exception(self) -> None:
        """Enter the guest's handler of the exception that was noted, or carry out its PSCI call. Raises Unsupported."""
        fault, vector = self.fault, self._vector
        self.fault = self._vector = None
        if fault is not None:
            self._set_pc(fault.pc)
            self._entry.abort(fault.syndrome, fault.address)
        elif vector == _SMC:
            self._call()
        elif vector == _UNDEFINED and self._is_hypervisor_call():
            self.skip_instruction()
            self._call()
        elif vector is not None:
            self._reported(vector)

    def _reported(self, vector: int) -> None:
        exception = self._record.read()
        if vector == _PREFETCH_ABORT:
            self._check_handler()
        if exception.syndrome >> 26 in _ABORTS:
            self.engine.reg_write(arm64.UC_ARM64_REG_FAR_EL1, exception.address)
        self._entry.synchronous(exception.syndrome)

    def _check_handler(self) -> None:
        """Refuse the abort of a handler's own first instruction, which would repeat for ever. Raises Unsupported."""
        handler = self._entry.handler(SYNCHRONOUS)
        if self.pc == handler:
            raise Unsupported(f"an exception: there is no memory at its handler, {handler:#x}")

    def _is_hypervisor_call(self) -> bool:
        word = self.code.word(self.pc)
        return word is not None and word & _HVC_MASK == _HVC and not self._entry.at_el0

    def _call(self) -> None:
        """Carry out a PSCI call, by HVC or SMC; the program counter is behind the instruction."""
        function = self.engine.reg_read(arm64.UC_ARM64_REG_X0)
        answer = psci.call(function, self.engine.reg_read(arm64.UC_ARM64_REG_X1))
        match answer.action:
            case "power-off":
                self._machine.request_exit(0, "the guest powered off")
            case "reset":
                self._machine.request_reset()
            case "off":
                self.halted = self._off = True
            case "sleep":
                self.halted = True
        self.engine.reg_write(arm64.UC_ARM64_REG_X0, answer.value & _MASK64)

    def take_interrupt(self) -> bool:
        """Take a pending interrupt that is not masked. Return False if an interrupt is still pending."""
        group = None if self._off else self._gic.cpu.signalled()
        if group is None:
            self._steps = 0
            return True
        self.halted = False
        if not self._is_unmasked(group):
            return False
        self._steps = 0
        self._entry.enter(IRQ if group else FIQ)
        return False  # pending until the handler acknowledges it, and masked now

    def _is_unmasked(self, group: int) -> bool:
        return not self._entry.masks & (FLAG_IRQ if group else FLAG_FIQ)

    def _may_interrupt(self) -> bool:
        """Whether the interrupt can be taken, or is pending no longer: the handler has acknowledged it."""
        group = self._gic.cpu.signalled()
        return group is None or self._is_unmasked(group)

    # --- running -----------------------------------------------------------------------------

    def _execute(self) -> None:
        self.engine.emu_start(self.pc, 0, count=FOR_EVER)
        self.halted = not self.gate.stopped and not self.has_fault

    def _problem(self, error: UcError) -> str:
        """Handle the Unicorn errors that a guest can cause; re-raise others."""
        if error.errno in (UC_ERR_READ_PROT, UC_ERR_WRITE_PROT) and self.fault is not None:
            return ""
        if error.errno in (UC_ERR_FETCH_PROT, UC_ERR_FETCH_UNMAPPED):
            pc = self.pc
            if pc == self._entry.handler(SYNCHRONOUS):
                return f"the guest takes an exception, and there is no memory at its handler, {pc:#x}"
            self.fault = Fault(pc, external_abort(instruction=True), pc)
            return ""
        raise error
