"""What only x86 has: registers, CPUID, the PC's interrupt chips and timer. Source: arch/x86/include/uapi/asm/kvm.h."""

from __future__ import annotations

from ctypes import Structure, c_uint8, c_uint16, c_uint32, c_uint64

from devgen.hosts.kvm.uapi.uapi_numbers import io, ior, iow, iowr


class kvm_pit_config(Structure):
    """Flags of the in-kernel i8254."""

    _fields_ = (("flags", c_uint32), ("pad", c_uint32 * 15))


class kvm_clock_data(Structure):
    """The guest's paravirtual clock, in ns."""

    _fields_ = (
        ("clock", c_uint64),
        ("flags", c_uint32),
        ("pad0", c_uint32),
        ("realtime", c_uint64),
        ("host_tsc", c_uint64),
        ("pad", c_uint32 * 4),
    )


class kvm_regs(Structure):
    """General registers, each 64 bits."""

    _fields_ = tuple(
        (name, c_uint64)
        for name in (
            *("rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rsp", "rbp"),
            *("r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"),
            *("rip", "rflags"),
        )
    )


class kvm_segment(Structure):
    """A segment register with its hidden part."""

    _fields_ = (
        ("base", c_uint64),
        ("limit", c_uint32),
        ("selector", c_uint16),
        *((name, c_uint8) for name in ("type", "present", "dpl", "db", "s", "l", "g", "avl", "unusable", "padding")),
    )


class kvm_dtable(Structure):
    """GDTR or IDTR."""

    _fields_ = (("base", c_uint64), ("limit", c_uint16), ("padding", c_uint16 * 3))


class kvm_sregs(Structure):
    """Segment, table and control registers."""

    _fields_ = (
        *((name, kvm_segment) for name in ("cs", "ds", "es", "fs", "gs", "ss", "tr", "ldt")),
        *((name, kvm_dtable) for name in ("gdt", "idt")),
        *((name, c_uint64) for name in ("cr0", "cr2", "cr3", "cr4", "cr8", "efer", "apic_base")),
        ("interrupt_bitmap", c_uint64 * 4),
    )


class kvm_fpu(Structure):
    """x87 and SSE registers."""

    _fields_ = (
        ("fpr", c_uint8 * 16 * 8),
        ("fcw", c_uint16),
        ("fsw", c_uint16),
        ("ftwx", c_uint8),
        ("pad1", c_uint8),
        ("last_opcode", c_uint16),
        ("last_ip", c_uint64),
        ("last_dp", c_uint64),
        ("xmm", c_uint8 * 16 * 16),
        ("mxcsr", c_uint32),
        ("pad2", c_uint32),
    )


class kvm_cpuid_entry2(Structure):
    """One CPUID leaf."""

    _fields_ = (
        *((name, c_uint32) for name in ("function", "index", "flags", "eax", "ebx", "ecx", "edx")),
        ("padding", c_uint32 * 3),
    )


class kvm_cpuid2(Structure):
    """Header of a list of CPUID leaves; ``nent`` entries follow."""

    _fields_ = (("nent", c_uint32), ("padding", c_uint32))


class kvm_interrupt(Structure):
    """A vector to queue (no in-kernel irqchip only)."""

    _fields_ = (("irq", c_uint32),)


KVM_GET_SUPPORTED_CPUID = iowr(0x05, kvm_cpuid2)
KVM_SET_TSS_ADDR = io(0x47)
KVM_SET_IDENTITY_MAP_ADDR = iow(0x48, c_uint64)
KVM_CREATE_PIT2 = iow(0x77, kvm_pit_config)
KVM_SET_BOOT_CPU_ID = io(0x78)
KVM_SET_CLOCK = iow(0x7B, kvm_clock_data)
KVM_GET_CLOCK = ior(0x7C, kvm_clock_data)
KVM_GET_REGS = ior(0x81, kvm_regs)
KVM_SET_REGS = iow(0x82, kvm_regs)
KVM_GET_SREGS = ior(0x83, kvm_sregs)
KVM_SET_SREGS = iow(0x84, kvm_sregs)
KVM_INTERRUPT = iow(0x86, kvm_interrupt)
KVM_GET_FPU = ior(0x8C, kvm_fpu)
KVM_SET_FPU = iow(0x8D, kvm_fpu)
KVM_SET_CPUID2 = iow(0x90, kvm_cpuid2)
KVM_PIT_SPEAKER_DUMMY = 1
KVM_IRQCHIP_PIC_MASTER = 0
KVM_IRQCHIP_PIC_SLAVE = 1
KVM_IRQCHIP_IOAPIC = 2
KVM_IOAPIC_NUM_PINS = 24
