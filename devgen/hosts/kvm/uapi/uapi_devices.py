"""Devices of a VM (interrupt controllers) and single registers of a vCPU. Source: include/uapi/linux/kvm.h."""

from __future__ import annotations

from ctypes import Structure, c_uint32, c_uint64

from devgen.hosts.kvm.uapi.uapi_numbers import iow, iowr


class kvm_create_device(Structure):
    """A device to create; the kernel returns its descriptor in ``fd``."""

    _fields_ = (("type", c_uint32), ("fd", c_uint32), ("flags", c_uint32))


class kvm_device_attr(Structure):
    """An attribute of a device, and the address of its value."""

    _fields_ = (("flags", c_uint32), ("group", c_uint32), ("attr", c_uint64), ("addr", c_uint64))


class kvm_one_reg(Structure):
    """A register's number, and the address of its value."""

    _fields_ = (("id", c_uint64), ("addr", c_uint64))


KVM_GET_ONE_REG = iow(0xAB, kvm_one_reg)
KVM_SET_ONE_REG = iow(0xAC, kvm_one_reg)
KVM_CREATE_DEVICE = iowr(0xE0, kvm_create_device)
KVM_SET_DEVICE_ATTR = iow(0xE1, kvm_device_attr)
KVM_CREATE_DEVICE_TEST = 1
KVM_DEV_TYPE_ARM_VGIC_V3 = 7
KVM_DEV_TYPE_ARM_VGIC_ITS = 8
