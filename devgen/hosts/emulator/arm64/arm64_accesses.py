"""Unicorn's hooks for an arm64 guest: memory, MRS and MSR.

Accesses to device memory follow KVM on arm64: one that the processor does not describe to the hypervisor (see
`described_access`) is an external abort, an unaligned one an alignment fault.
"""

from __future__ import annotations

from typing import Any, Final

from unicorn import arm64_const as arm64

from devgen.hosts.emulator.arm64.arm64_engine import SCTLR, Arm64Engine, Encoding
from devgen.hosts.emulator.arm64.arm64_processor import Arm64Processor, Fault
from devgen.hosts.emulator.arm64.described_access import is_described
from devgen.hosts.emulator.arm64.exception_entry import alignment_fault, external_abort
from devgen.hosts.emulator.arm64.system_registers import CNTKCTL, SystemRegisters
from devgen.hosts.emulator.guest_bus import GuestBus
from devgen.hosts.emulator.host_calls import HostCalls
from devgen.hosts.emulator.memory_accesses import MemoryAccesses
from devgen.hosts.emulator.memory_map import GuestMemory
from devgen.runtime.base.machine_lock import MachineLock

_LEVEL: Final = 0xC


class Arm64Accesses(MemoryAccesses):
    """The hooks of ``processor``."""

    def __init__(
        self,
        processor: Arm64Processor,
        bus: GuestBus,
        memory: GuestMemory,
        lock: MachineLock,
        calls: HostCalls,
        registers: SystemRegisters,
    ) -> None:
        """``lock`` is the machine's, taken for each access."""
        super().__init__(processor.uc, bus, memory, lock, calls)
        self._processor = processor
        self._engine64: Arm64Engine = processor.engine
        self._code = processor.code
        self._registers = registers

    def on_exception(self, _engine: object, vector: int, _data: object) -> None:
        """An exception."""
        self.forget()
        self._processor.except_at(vector)

    # --- device memory -------------------------------------------------------------------------

    def on_load(self, engine: object, kind: int, address: int, size: int, value: int, data: object) -> bool:
        """A whole load from a hole; False if it is an abort."""
        if self._aborts(address, size, write=False):
            return False
        return super().on_load(engine, kind, address, size, value, data)

    def on_store(self, engine: object, kind: int, address: int, size: int, value: int, data: object) -> bool:
        """A whole store to a hole, to ROM or to logged RAM; False if it is an abort."""
        if self._memory.logged_section(address) is None and self._aborts(address, size, write=True):
            return False
        return super().on_store(engine, kind, address, size, value, data)

    def _aborts(self, address: int, size: int, *, write: bool) -> bool:
        """Note the fault of an access that device memory does not allow."""
        processor = self._processor
        if processor.has_fault:  # DC ZVA goes on after its first store was refused
            return True
        pc = processor.pc
        if address % size:
            processor.fault = Fault(pc, alignment_fault(write=write), address)
            return True
        word = self._code.word(pc)
        if word is None or is_described(word):
            return False
        known = not self._code.translated
        processor.fault = Fault(pc, external_abort(write=write, address_known=known), address if known else 0)
        return True

    # --- system registers --------------------------------------------------------------------

    def on_mrs(self, _engine: object, register: int, access: Any, _data: object) -> int:
        """MRS; 0 if Unicorn shall carry it out."""
        encoding = Encoding(access.op0, access.op1, access.crn, access.crm, access.op2)
        read = self._registers.reads.get(encoding)
        if read is None or not self._is_allowed(encoding):
            return 0
        try:
            with self._lock:
                value = read()
                self._settle()
        except Exception as error:
            self._failed(error)
            value = 0
        self._engine64.reg_write(register, value)
        self._processor.skip_instruction()
        return 1

    def on_msr(self, _engine: object, _register: int, access: Any, _data: object) -> int:
        """MSR; 0 if Unicorn shall carry it out."""
        encoding = Encoding(access.op0, access.op1, access.crn, access.crm, access.op2)
        if encoding == SCTLR and self._is_privileged():
            self._code.translated = bool(access.val & 1)
        write = self._registers.writes.get(encoding)
        if write is None or not self._is_allowed(encoding):
            return 0
        try:
            with self._lock:
                write(access.val & (1 << 64) - 1)
                self._settle()
        except Exception as error:
            self._failed(error)
        self._processor.skip_instruction()
        return 1

    def _is_privileged(self) -> bool:
        return bool(self._engine64.reg_read(arm64.UC_ARM64_REG_PSTATE) & _LEVEL)

    def _is_allowed(self, encoding: Encoding) -> bool:
        """Whether the present exception level may use the register; else Unicorn raises the exception."""
        if self._is_privileged():
            return True
        return bool(self._registers.user.get(encoding, 0) & self._engine64.cpr_read(*CNTKCTL))
