"""Interrupt lines, GSI routes, irqfds, ioeventfds and messages. Source: include/uapi/linux/kvm.h."""

from __future__ import annotations

from ctypes import Structure, Union, c_int32, c_uint8, c_uint32, c_uint64

from devgen.hosts.kvm.uapi.uapi_numbers import io, iow


class kvm_irq_level(Structure):
    """A GSI (0-15 PIC and IOAPIC, 16-23 IOAPIC only on x86) and its new level."""

    class _irq(Union):
        _fields_ = (("irq", c_uint32), ("status", c_int32))

    _anonymous_ = ("_irq",)
    _fields_ = (("_irq", _irq), ("level", c_uint32))


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


KVM_CREATE_IRQCHIP = io(0x60)
KVM_IRQ_LINE = iow(0x61, kvm_irq_level)
KVM_SET_GSI_ROUTING = iow(0x6A, kvm_irq_routing)
KVM_IRQFD = iow(0x76, kvm_irqfd)
KVM_IOEVENTFD = iow(0x79, kvm_ioeventfd)
KVM_SIGNAL_MSI = iow(0xA5, kvm_msi)
KVM_IOEVENTFD_FLAG_DATAMATCH = 1 << 0
KVM_IOEVENTFD_FLAG_PIO = 1 << 1
KVM_IOEVENTFD_FLAG_DEASSIGN = 1 << 2
KVM_IRQFD_FLAG_DEASSIGN = 1 << 0
KVM_IRQFD_FLAG_RESAMPLE = 1 << 1
KVM_IRQ_ROUTING_IRQCHIP = 1
KVM_IRQ_ROUTING_MSI = 2
KVM_MSI_VALID_DEVID = 1 << 0
