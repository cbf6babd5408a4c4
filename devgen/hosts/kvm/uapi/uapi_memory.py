"""Memory slots, the dirty log and coalesced writes. Source: include/uapi/linux/kvm.h."""

from __future__ import annotations

import ctypes
from ctypes import Structure, Union, c_uint8, c_uint32, c_uint64

from devgen.hosts.kvm.uapi.uapi_numbers import iow


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


KVM_GET_DIRTY_LOG = iow(0x42, kvm_dirty_log)
KVM_SET_USER_MEMORY_REGION = iow(0x46, kvm_userspace_memory_region)
KVM_REGISTER_COALESCED_MMIO = iow(0x67, kvm_coalesced_mmio_zone)
KVM_UNREGISTER_COALESCED_MMIO = iow(0x68, kvm_coalesced_mmio_zone)
KVM_MEM_LOG_DIRTY_PAGES = 1 << 0
KVM_MEM_READONLY = 1 << 1
