"""The kernel's KVM interface: ioctl numbers, structures and constants, under the names of <linux/kvm.h>.

This module only declares the x86 ABI of API version 12. ``tests/hosts/kvm/test_kvm_uapi.py`` compiles a C program
against the installed headers and compares every name of this module, so the test also checks names that are added.
Source: Documentation/virt/kvm/api.rst, include/uapi/linux/kvm.h, arch/x86/.../asm/kvm.h.
"""

from __future__ import annotations

import ctypes
from ctypes import Structure, Union, c_char, c_int32, c_uint8, c_uint16, c_uint32, c_uint64
from typing import TypeAlias

CType: TypeAlias = type[Structure] | type[Union] | type[ctypes._SimpleCData]  # type: ignore[type-arg]

# --- ioctl numbers (asm-generic/ioctl.h): 8 bits of number, 8 of type, 14 of size, 2 of direction ---

KVMIO = 0xAE
_WRITE = 1  # userspace writes, the kernel reads
_READ = 2


def _ioc(direction: int, number: int, size: int) -> int:
    return direction << 30 | size << 16 | KVMIO << 8 | number


def _io(number: int) -> int:
    return _ioc(0, number, 0)


def _ior(number: int, argument: CType) -> int:
    return _ioc(_READ, number, ctypes.sizeof(argument))


def _iow(number: int, argument: CType) -> int:
    return _ioc(_WRITE, number, ctypes.sizeof(argument))


def _iowr(number: int, argument: CType) -> int:
    return _ioc(_READ | _WRITE, number, ctypes.sizeof(argument))


# --- memory ---


class kvm_userspace_memory_region(Structure):
    """One memory slot; sizes in bytes, addresses page aligned, size 0 deletes the slot."""

    _fields_ = (
        ("slot", c_uint32),
        ("flags", c_uint32),
        ("guest_phys_addr", c_uint64),
        ("memory_size", c_uint64),
        ("userspace_addr", c_uint64),
    )


class kvm_dirty_log(Structure):
    """Where to put a slot's bitmap of pages written since the last call; one bit a page, 64 bits at a time."""

    class _bitmap(Union):
        _fields_ = (("dirty_bitmap", ctypes.c_void_p), ("padding2", c_uint64))

    _anonymous_ = ("_bitmap",)
    _fields_ = (("slot", c_uint32), ("padding1", c_uint32), ("_bitmap", _bitmap))


class kvm_coalesced_mmio_zone(Structure):
    """A range whose writes the kernel queues; ``pio`` 1 means port space."""

    class _space(Union):
        _fields_ = (("pad", c_uint32), ("pio", c_uint32))

    _anonymous_ = ("_space",)
    _fields_ = (("addr", c_uint64), ("size", c_uint32), ("_space", _space))


class kvm_coalesced_mmio(Structure):
    """One queued write: the low ``len`` bytes of ``data``."""

    class _space(Union):
        _fields_ = (("pad", c_uint32), ("pio", c_uint32))

    _anonymous_ = ("_space",)
    _fields_ = (("phys_addr", c_uint64), ("len", c_uint32), ("_space", _space), ("data", c_uint8 * 8))


class kvm_coalesced_mmio_ring(Structure):
    """Header of the ring page; userspace advances ``first``, the kernel advances ``last``. Entries follow."""

    _fields_ = (("first", c_uint32), ("last", c_uint32))


# --- interrupts and events ---


class kvm_irq_level(Structure):
    """A GSI (0-15 PIC and IOAPIC, 16-23 IOAPIC only on x86) and its new level."""

    class _irq(Union):
        _fields_ = (("irq", c_uint32), ("status", c_int32))

    _anonymous_ = ("_irq",)
    _fields_ = (("_irq", _irq), ("level", c_uint32))


class kvm_pit_config(Structure):
    """Flags of the in-kernel i8254."""

    _fields_ = (("flags", c_uint32), ("pad", c_uint32 * 15))


class kvm_irq_routing_irqchip(Structure):
    """Route to an input pin of an in-kernel interrupt controller."""

    _fields_ = (("irqchip", c_uint32), ("pin", c_uint32))


class kvm_irq_routing_msi(Structure):
    """Route to a message-signalled interrupt."""

    class _device(Union):
        _fields_ = (("pad", c_uint32), ("devid", c_uint32))

    _anonymous_ = ("_device",)
    _fields_ = (("address_lo", c_uint32), ("address_hi", c_uint32), ("data", c_uint32), ("_device", _device))


class kvm_irq_routing_entry(Structure):
    """One route from a GSI; a GSI may have several."""

    class _u(Union):
        _fields_ = (("irqchip", kvm_irq_routing_irqchip), ("msi", kvm_irq_routing_msi), ("pad", c_uint32 * 8))

    _fields_ = (("gsi", c_uint32), ("type", c_uint32), ("flags", c_uint32), ("pad", c_uint32), ("u", _u))


class kvm_irq_routing(Structure):
    """Header of the routing table; ``nr`` entries follow."""

    _fields_ = (("nr", c_uint32), ("flags", c_uint32))


class kvm_irqfd(Structure):
    """An eventfd that raises a GSI; with RESAMPLE ``resamplefd`` is signalled at the guest's EOI."""

    _fields_ = (
        ("fd", c_uint32),
        ("gsi", c_uint32),
        ("flags", c_uint32),
        ("resamplefd", c_uint32),
        ("pad", c_uint8 * 16),
    )


class kvm_ioeventfd(Structure):
    """A write that signals an eventfd instead of leaving the kernel; ``len`` 0 ignores the length."""

    _fields_ = (
        ("datamatch", c_uint64),
        ("addr", c_uint64),
        ("len", c_uint32),
        ("fd", c_int32),
        ("flags", c_uint32),
        ("pad", c_uint8 * 36),
    )


class kvm_msi(Structure):
    """A message-signalled interrupt to deliver immediately."""

    _fields_ = (
        ("address_lo", c_uint32),
        ("address_hi", c_uint32),
        ("data", c_uint32),
        ("flags", c_uint32),
        ("devid", c_uint32),
        ("pad", c_uint8 * 12),
    )


class kvm_enable_cap(Structure):
    """A capability to enable."""

    _fields_ = (("cap", c_uint32), ("flags", c_uint32), ("args", c_uint64 * 4), ("pad", c_uint8 * 64))


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


# --- the processor ---


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


class kvm_mp_state(Structure):
    """Whether a processor runs, is halted, or waits for a start-up message."""

    _fields_ = (("mp_state", c_uint32),)


class kvm_interrupt(Structure):
    """A vector to queue (no in-kernel irqchip only)."""

    _fields_ = (("irq", c_uint32),)


# --- kvm_run: what a vCPU's file maps ---


class _run_hw(Structure):
    _fields_ = (("hardware_exit_reason", c_uint64),)


class _run_fail_entry(Structure):
    _fields_ = (("hardware_entry_failure_reason", c_uint64), ("cpu", c_uint32))


class _run_ex(Structure):
    _fields_ = (("exception", c_uint32), ("error_code", c_uint32))


class _run_io(Structure):
    _fields_ = (
        ("direction", c_uint8),
        ("size", c_uint8),
        ("port", c_uint16),
        ("count", c_uint32),
        ("data_offset", c_uint64),
    )


class _run_mmio(Structure):
    _fields_ = (("phys_addr", c_uint64), ("data", c_uint8 * 8), ("len", c_uint32), ("is_write", c_uint8))


class _run_internal(Structure):
    _fields_ = (("suberror", c_uint32), ("ndata", c_uint32), ("data", c_uint64 * 16))


class _run_system_event(Structure):
    _fields_ = (("type", c_uint32), ("ndata", c_uint32), ("data", c_uint64 * 16))


class _run_eoi(Structure):
    _fields_ = (("vector", c_uint8),)


class _run_exit(Union):
    _fields_ = (
        ("hw", _run_hw),
        ("fail_entry", _run_fail_entry),
        ("ex", _run_ex),
        ("io", _run_io),
        ("mmio", _run_mmio),
        ("internal", _run_internal),
        ("system_event", _run_system_event),
        ("eoi", _run_eoi),
        ("padding", c_char * 256),
    )


class kvm_run(Structure):
    """The page shared by a vCPU and its owner: requests in, the reason of the exit out."""

    _anonymous_ = ("_exit",)
    _fields_ = (
        ("request_interrupt_window", c_uint8),
        ("immediate_exit", c_uint8),
        ("padding1", c_uint8 * 6),
        ("exit_reason", c_uint32),
        ("ready_for_interrupt_injection", c_uint8),
        ("if_flag", c_uint8),
        ("flags", c_uint16),
        ("cr8", c_uint64),
        ("apic_base", c_uint64),
        ("_exit", _run_exit),
        ("kvm_valid_regs", c_uint64),
        ("kvm_dirty_regs", c_uint64),
        ("s", c_char * 2048),
    )


# --- ioctls on /dev/kvm ---

KVM_API_VERSION = 12
KVM_GET_API_VERSION = _io(0x00)
KVM_CREATE_VM = _io(0x01)
KVM_CHECK_EXTENSION = _io(0x03)
KVM_GET_VCPU_MMAP_SIZE = _io(0x04)
KVM_GET_SUPPORTED_CPUID = _iowr(0x05, kvm_cpuid2)

# --- ioctls on a VM ---

KVM_CREATE_VCPU = _io(0x41)
KVM_GET_DIRTY_LOG = _iow(0x42, kvm_dirty_log)
KVM_SET_USER_MEMORY_REGION = _iow(0x46, kvm_userspace_memory_region)
KVM_SET_TSS_ADDR = _io(0x47)
KVM_SET_IDENTITY_MAP_ADDR = _iow(0x48, c_uint64)
KVM_CREATE_IRQCHIP = _io(0x60)
KVM_IRQ_LINE = _iow(0x61, kvm_irq_level)
KVM_REGISTER_COALESCED_MMIO = _iow(0x67, kvm_coalesced_mmio_zone)
KVM_UNREGISTER_COALESCED_MMIO = _iow(0x68, kvm_coalesced_mmio_zone)
KVM_SET_GSI_ROUTING = _iow(0x6A, kvm_irq_routing)
KVM_IRQFD = _iow(0x76, kvm_irqfd)
KVM_CREATE_PIT2 = _iow(0x77, kvm_pit_config)
KVM_SET_BOOT_CPU_ID = _io(0x78)
KVM_IOEVENTFD = _iow(0x79, kvm_ioeventfd)
KVM_SET_CLOCK = _iow(0x7B, kvm_clock_data)
KVM_GET_CLOCK = _ior(0x7C, kvm_clock_data)
KVM_ENABLE_CAP = _iow(0xA3, kvm_enable_cap)
KVM_SIGNAL_MSI = _iow(0xA5, kvm_msi)

# --- ioctls on a vCPU ---

KVM_RUN = _io(0x80)
KVM_GET_REGS = _ior(0x81, kvm_regs)
KVM_SET_REGS = _iow(0x82, kvm_regs)
KVM_GET_SREGS = _ior(0x83, kvm_sregs)
KVM_SET_SREGS = _iow(0x84, kvm_sregs)
KVM_INTERRUPT = _iow(0x86, kvm_interrupt)
KVM_GET_FPU = _ior(0x8C, kvm_fpu)
KVM_SET_FPU = _iow(0x8D, kvm_fpu)
KVM_SET_CPUID2 = _iow(0x90, kvm_cpuid2)
KVM_GET_MP_STATE = _ior(0x98, kvm_mp_state)
KVM_SET_MP_STATE = _iow(0x99, kvm_mp_state)
KVM_NMI = _io(0x9A)

# --- flags ---

KVM_MEM_LOG_DIRTY_PAGES = 1 << 0
KVM_MEM_READONLY = 1 << 1
KVM_IOEVENTFD_FLAG_DATAMATCH = 1 << 0
KVM_IOEVENTFD_FLAG_PIO = 1 << 1
KVM_IOEVENTFD_FLAG_DEASSIGN = 1 << 2
KVM_IRQFD_FLAG_DEASSIGN = 1 << 0
KVM_IRQFD_FLAG_RESAMPLE = 1 << 1
KVM_PIT_SPEAKER_DUMMY = 1
KVM_IRQCHIP_PIC_MASTER = 0
KVM_IRQCHIP_PIC_SLAVE = 1
KVM_IRQCHIP_IOAPIC = 2
KVM_IOAPIC_NUM_PINS = 24
KVM_IRQ_ROUTING_IRQCHIP = 1
KVM_IRQ_ROUTING_MSI = 2
KVM_MP_STATE_RUNNABLE = 0
KVM_MP_STATE_UNINITIALIZED = 1
KVM_MP_STATE_INIT_RECEIVED = 2
KVM_MP_STATE_HALTED = 3

# --- exit reasons ---

KVM_EXIT_UNKNOWN = 0
KVM_EXIT_EXCEPTION = 1
KVM_EXIT_IO = 2
KVM_EXIT_HYPERCALL = 3
KVM_EXIT_DEBUG = 4
KVM_EXIT_HLT = 5
KVM_EXIT_MMIO = 6
KVM_EXIT_IRQ_WINDOW_OPEN = 7
KVM_EXIT_SHUTDOWN = 8
KVM_EXIT_FAIL_ENTRY = 9
KVM_EXIT_INTR = 10
KVM_EXIT_SET_TPR = 11
KVM_EXIT_TPR_ACCESS = 12
KVM_EXIT_NMI = 16
KVM_EXIT_INTERNAL_ERROR = 17
KVM_EXIT_WATCHDOG = 21
KVM_EXIT_SYSTEM_EVENT = 24
KVM_EXIT_IOAPIC_EOI = 26
KVM_EXIT_HYPERV = 27
KVM_EXIT_X86_RDMSR = 29
KVM_EXIT_X86_WRMSR = 30
KVM_EXIT_DIRTY_RING_FULL = 31
KVM_EXIT_X86_BUS_LOCK = 33
KVM_EXIT_XEN = 34
KVM_EXIT_NOTIFY = 37

KVM_EXIT_IO_IN = 0
KVM_EXIT_IO_OUT = 1

KVM_INTERNAL_ERROR_EMULATION = 1
KVM_INTERNAL_ERROR_SIMUL_EX = 2
KVM_INTERNAL_ERROR_DELIVERY_EV = 3
KVM_INTERNAL_ERROR_UNEXPECTED_EXIT_REASON = 4

KVM_SYSTEM_EVENT_SHUTDOWN = 1
KVM_SYSTEM_EVENT_RESET = 2
KVM_SYSTEM_EVENT_CRASH = 3

# --- capabilities ---

KVM_CAP_IRQCHIP = 0
KVM_CAP_HLT = 1
KVM_CAP_USER_MEMORY = 3
KVM_CAP_SET_TSS_ADDR = 4
KVM_CAP_EXT_CPUID = 7
KVM_CAP_NR_VCPUS = 9
KVM_CAP_NR_MEMSLOTS = 10
KVM_CAP_MP_STATE = 14
KVM_CAP_COALESCED_MMIO = 15
KVM_CAP_IRQ_ROUTING = 25
KVM_CAP_IRQFD = 32
KVM_CAP_PIT2 = 33
KVM_CAP_IOEVENTFD = 36
KVM_CAP_SET_IDENTITY_MAP_ADDR = 37
KVM_CAP_ADJUST_CLOCK = 39
KVM_CAP_INTERNAL_ERROR_DATA = 40
KVM_CAP_MAX_VCPUS = 66
KVM_CAP_SIGNAL_MSI = 77
KVM_CAP_READONLY_MEM = 81
KVM_CAP_IRQFD_RESAMPLE = 82
KVM_CAP_IOEVENTFD_NO_LENGTH = 100
KVM_CAP_IOEVENTFD_ANY_LENGTH = 122
KVM_CAP_IMMEDIATE_EXIT = 136
KVM_CAP_COALESCED_PIO = 162
