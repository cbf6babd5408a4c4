"""What only arm64 has: the initial state of a vCPU, its events, its GIC. Source: arch/arm64/include/uapi/asm/kvm.h."""

from __future__ import annotations

from ctypes import Structure, c_uint8, c_uint32, c_uint64
from typing import Final

from devgen.hosts.kvm.uapi.uapi_numbers import ior, iow


class kvm_vcpu_init(Structure):
    """The kind of a processor, and the bits of its features."""

    _fields_ = (("target", c_uint32), ("features", c_uint32 * 7))


class kvm_vcpu_events(Structure):
    """Exceptions that the processor takes before its next instruction."""

    class _exception(Structure):
        _fields_ = (
            ("serror_pending", c_uint8),
            ("serror_has_esr", c_uint8),
            ("ext_dabt_pending", c_uint8),
            ("pad", c_uint8 * 5),
            ("serror_esr", c_uint64),
        )

    _fields_ = (("exception", _exception), ("reserved", c_uint32 * 12))


KVM_SET_VCPU_EVENTS = iow(0xA0, kvm_vcpu_events)
KVM_ARM_VCPU_INIT = iow(0xAE, kvm_vcpu_init)
KVM_ARM_PREFERRED_TARGET = ior(0xAF, kvm_vcpu_init)
KVM_ARM_VCPU_POWER_OFF = 0
KVM_ARM_VCPU_PSCI_0_2 = 2

KVM_REG_ARM64: Final = 0x6000000000000000
KVM_REG_ARM_CORE: Final = 0x0010 << 16
KVM_REG_ARM64_SYSREG: Final = 0x0013 << 16
KVM_REG_SIZE_U64: Final = 0x0030000000000000
CORE_REGISTERS: Final = {**{f"x{number}": 8 * number for number in range(31)}, "sp": 248, "pc": 256, "pstate": 264}
"""Name → offset in bytes of a register in struct kvm_regs (struct user_pt_regs)."""

SYSTEM_REGISTERS: Final = {
    name: op0 << 14 | op1 << 11 | crn << 7 | crm << 3 | op2
    for name, (op0, op1, crn, crm, op2) in {
        "sctlr_el1": (3, 0, 1, 0, 0),
        "ttbr0_el1": (3, 0, 2, 0, 0),
        "ttbr1_el1": (3, 0, 2, 0, 1),
        "tcr_el1": (3, 0, 2, 0, 2),
    }.items()
}
"""Name → number of a system register: op0, op1, CRn, CRm and op2 as MRS has them (macro ARM64_SYS_REG)."""

KVM_ARM_IRQ_TYPE_SHIFT = 24
KVM_ARM_IRQ_TYPE_SPI = 1
KVM_DEV_ARM_VGIC_GRP_ADDR = 0
KVM_DEV_ARM_VGIC_GRP_NR_IRQS = 3
KVM_DEV_ARM_VGIC_GRP_CTRL = 4
KVM_DEV_ARM_VGIC_CTRL_INIT = 0
KVM_VGIC_V3_ADDR_TYPE_DIST = 2
KVM_VGIC_V3_ADDR_TYPE_REDIST = 3
KVM_VGIC_ITS_ADDR_TYPE = 4
