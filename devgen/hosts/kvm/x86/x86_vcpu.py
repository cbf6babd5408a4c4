"""The registers of an x86 vCPU."""

from __future__ import annotations

from devgen.hosts.kvm.kvm_error import KvmError
from devgen.hosts.kvm.uapi import uapi_run, uapi_x86
from devgen.hosts.kvm.vcpu import ReadRam, Vcpu
from devgen.runtime.boot.boot_image import BootState, Segment

FLAG_IF = 1 << 9

NOT_STARTED = frozenset((uapi_run.KVM_MP_STATE_UNINITIALIZED, uapi_run.KVM_MP_STATE_INIT_RECEIVED))


class X86Vcpu(Vcpu):
    """An x86 vCPU: its general, segment, table and control registers."""

    def where(self) -> str:
        """Return CS:IP as text, for a message. Never raises."""
        try:
            return f"{self.sregs().cs.selector:#x}:{self.regs().rip:#x}"
        except KvmError:
            return "an unknown address"

    def asleep_at(self, _read: ReadRam) -> int | None:
        """Return RIP if the processor waits for its start-up IPI, or is halted with interrupts disabled; else None."""
        state, regs = self.mp_state(), self.regs()
        halted = state == uapi_run.KVM_MP_STATE_HALTED and not regs.rflags & FLAG_IF
        return int(regs.rip) if halted or state in NOT_STARTED else None

    def regs(self) -> uapi_x86.kvm_regs:
        """Return the general registers after the last instruction; completes a pending exit first."""
        self.complete_exit()
        value = uapi_x86.kvm_regs()
        self._call("KVM_GET_REGS", value)
        return value

    def unfinished_ip(self) -> int:
        """Return RIP; a pending exit stays pending."""
        value = uapi_x86.kvm_regs()
        self._call("KVM_GET_REGS", value)
        return int(value.rip)

    def set_regs(self, value: uapi_x86.kvm_regs) -> None:
        """Set the general registers; completes a pending exit first, which would otherwise overwrite them."""
        self.complete_exit()
        self._call("KVM_SET_REGS", value)

    def sregs(self) -> uapi_x86.kvm_sregs:
        """Return the segment, table and control registers."""
        value = uapi_x86.kvm_sregs()
        self._call("KVM_GET_SREGS", value)
        return value

    def set_sregs(self, value: uapi_x86.kvm_sregs) -> None:
        """Set the segment, table and control registers."""
        self._call("KVM_SET_SREGS", value)

    def set_cpuid(self, leaves: bytes) -> None:
        """Set the CPUID leaves (kvm_cpuid2 with its entries)."""
        self._call("KVM_SET_CPUID2", bytearray(leaves))

    def load(self, boot: BootState) -> None:
        """Set the registers of a guest's start state."""
        sregs = self.sregs()
        _load_segment(sregs.cs, boot.code)
        for name in ("ds", "es", "fs", "gs", "ss"):
            _load_segment(getattr(sregs, name), boot.data)
        sregs.gdt.base = boot.gdt_base
        sregs.gdt.limit = boot.gdt_limit
        sregs.cr0, sregs.cr3, sregs.cr4, sregs.efer = boot.cr0, boot.cr3, boot.cr4, boot.efer
        self.set_sregs(sregs)
        self.set_regs(uapi_x86.kvm_regs(rip=boot.ip, rsp=boot.sp, rflags=boot.rflags, rsi=boot.si))


def _load_segment(target: uapi_x86.kvm_segment, source: Segment) -> None:
    target.selector = source.selector
    target.base = source.base
    target.limit = source.limit
    target.type = source.type
    target.present = 1
    target.s = 1
    target.dpl = 0
    target.db = source.db
    target.l = source.long
    target.g = source.granular
    target.unusable = 0
