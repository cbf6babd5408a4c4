"""A KVM VM: each VM ioctl as a method with plain arguments.

The methods only fill the ioctl's structure and raise errors. Other modules of this package decide which slots,
doorbells and routes there are.
"""

from __future__ import annotations

import ctypes
import mmap
import os
from collections.abc import Sequence

from devgen.hosts.kvm.kvm_error import KvmError, control
from devgen.hosts.kvm.kvm_system import KvmSystem
from devgen.hosts.kvm.uapi import uapi_devices, uapi_interrupts, uapi_memory, uapi_system

PAGE_SIZE = mmap.PAGESIZE  # bytes of a page of this host, the unit of slots, dirty bitmaps and the shared pages


class KvmVm:
    """A VM of the kernel. Any method may raise KvmError; ``close`` releases everything."""

    def __init__(self, system: KvmSystem) -> None:
        """Create the VM; ``system`` may be closed afterwards."""
        self.fd = system.create_vm()
        self.devices: dict[int, VmDevice] = {}
        """The devices created, by their types."""

    def call(self, name: str, argument: ctypes.Structure | bytearray | int, what: str) -> int:
        """Call an ioctl of the VM by its name; the error says that ``what`` failed."""
        return control(self.fd, name, argument, what)

    def capability(self, number: int) -> int:
        """Return KVM_CHECK_EXTENSION of this VM; some results (KVM_CAP_MSI_DEVID) differ from the system's."""
        return self.call("KVM_CHECK_EXTENSION", number, "cannot check a capability")

    def enable(self, capability: int) -> None:
        """Enable a capability."""
        self.call("KVM_ENABLE_CAP", uapi_system.kvm_enable_cap(cap=capability), "cannot enable a capability")

    def create_vcpu(self, index: int) -> int:
        """Create a vCPU and return its descriptor."""
        return self.call("KVM_CREATE_VCPU", index, f"cannot create vCPU {index}")

    # --- memory ---

    def set_memory(self, slot: int, address: int, size: int, host: int, flags: int = 0) -> None:
        """Map ``size`` bytes at host virtual address ``host`` to guest address ``address``; size 0 removes the slot."""
        region = uapi_memory.kvm_userspace_memory_region(slot, flags, address, size, host)
        self.call("KVM_SET_USER_MEMORY_REGION", region, f"cannot map slot {slot} ({size:#x} bytes at {address:#x})")

    def dirty_log(self, slot: int, size: int) -> bytes:
        """Return the bitmap of the slot's pages (bit n = page n) written since the last call; the kernel clears it."""
        words = (size // PAGE_SIZE + 63) // 64
        bitmap = ctypes.create_string_buffer(words * 8)
        log = uapi_memory.kvm_dirty_log(slot=slot, dirty_bitmap=ctypes.addressof(bitmap))
        self.call("KVM_GET_DIRTY_LOG", log, f"cannot read the dirty log of slot {slot}")
        return bitmap.raw

    # --- doorbells and coalesced writes ---

    def ioeventfd(self, *, fd: int, address: int, length: int, match: int | None, pio: bool, assign: bool) -> None:
        """Add or remove a doorbell: a write of ``length`` bytes (0: any) at ``address`` signals ``fd``."""
        flags = (
            (uapi_interrupts.KVM_IOEVENTFD_FLAG_DATAMATCH if match is not None else 0)
            | (uapi_interrupts.KVM_IOEVENTFD_FLAG_PIO if pio else 0)
            | (0 if assign else uapi_interrupts.KVM_IOEVENTFD_FLAG_DEASSIGN)
        )
        argument = uapi_interrupts.kvm_ioeventfd(datamatch=match or 0, addr=address, len=length, fd=fd, flags=flags)
        space = "port" if pio else "address"
        value = "any value" if match is None else f"value {match:#x}"
        verb = "add" if assign else "remove"
        self.call(
            "KVM_IOEVENTFD", argument, f"cannot {verb} the doorbell at {space} {address:#x}, length {length}, {value}"
        )

    def coalesce(self, *, address: int, size: int, pio: bool, register: bool) -> None:
        """Add or remove a range whose writes the kernel queues without an exit."""
        zone = uapi_memory.kvm_coalesced_mmio_zone(addr=address, size=size, pio=int(pio))
        name = "KVM_REGISTER_COALESCED_MMIO" if register else "KVM_UNREGISTER_COALESCED_MMIO"
        self.call(name, zone, f"cannot change the coalesced range at {address:#x}, {size:#x} bytes")

    # --- interrupts ---

    def create_device(self, kind: int, what: str) -> VmDevice:
        """Create the device of type ``kind``, once; ``what`` names it in errors."""
        argument = uapi_devices.kvm_create_device(type=kind)
        self.call("KVM_CREATE_DEVICE", argument, f"cannot create the {what}")
        device = self.devices[kind] = VmDevice(argument.fd, what)
        return device

    def has_device(self, kind: int) -> bool:
        """Whether the kernel can create a device of type ``kind``."""
        argument = uapi_devices.kvm_create_device(type=kind, flags=uapi_devices.KVM_CREATE_DEVICE_TEST)
        try:
            self.call("KVM_CREATE_DEVICE", argument, "cannot test for a device")
        except KvmError:
            return False
        return True

    def create_irqchip(self) -> None:
        """Create the in-kernel interrupt controllers of the host's architecture."""
        self.call("KVM_CREATE_IRQCHIP", 0, "cannot create the interrupt controllers")

    def irq_line(self, gsi: int, level: int) -> None:
        """Set a GSI's level; needs an irqchip."""
        self.call("KVM_IRQ_LINE", uapi_interrupts.kvm_irq_level(irq=gsi, level=level), f"cannot set GSI {gsi}")

    def irqfd(self, *, fd: int, gsi: int, resample: int | None = None, assign: bool = True) -> None:
        """Add or remove eventfd ``fd`` as an irqfd; ``resample`` is signalled when the guest ends the interrupt."""
        flags = 0 if assign else uapi_interrupts.KVM_IRQFD_FLAG_DEASSIGN
        if resample is not None and assign:
            flags |= uapi_interrupts.KVM_IRQFD_FLAG_RESAMPLE
        argument = uapi_interrupts.kvm_irqfd(fd=fd, gsi=gsi, flags=flags, resamplefd=resample or 0)
        self.call("KVM_IRQFD", argument, f"cannot {'add' if assign else 'remove'} the irqfd of GSI {gsi}")

    def set_gsi_routing(self, entries: Sequence[bytes]) -> None:
        """Replace the whole table of GSI routes; each entry is the bytes of a kvm_irq_routing_entry."""
        table = bytes(uapi_interrupts.kvm_irq_routing(nr=len(entries))) + b"".join(entries)
        self.call("KVM_SET_GSI_ROUTING", bytearray(table), "cannot set the GSI routes")

    def signal_msi(self, address: int, data: int, sender: int | None = None) -> int:
        """Deliver a message-signalled interrupt; return the number of vCPUs that accepted it, 0 if it was masked.

        ``sender``: the requester ID of the function, for controllers that tell senders apart.
        """
        message = uapi_interrupts.kvm_msi(address_lo=address & 0xFFFFFFFF, address_hi=address >> 32, data=data)
        if sender is not None:
            message.flags, message.devid = uapi_interrupts.KVM_MSI_VALID_DEVID, sender
        return self.call("KVM_SIGNAL_MSI", message, f"cannot signal the MSI at {address:#x}")

    def close(self) -> None:
        """Close the descriptor; the kernel frees the VM when the last vCPU's is closed too."""
        for device in self.devices.values():
            device.close()
        self.devices.clear()
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


class VmDevice:
    """A device in the kernel, as an interrupt controller. ``what`` names it in errors."""

    def __init__(self, fd: int, what: str) -> None:
        self.fd = fd
        self.what = what

    def set(self, group: int, attribute: int, value: ctypes.c_uint32 | ctypes.c_uint64 | None = None) -> None:
        """Set an attribute. Raises KvmError."""
        address = 0 if value is None else ctypes.addressof(value)
        argument = uapi_devices.kvm_device_attr(group=group, attr=attribute, addr=address)
        control(
            self.fd, "KVM_SET_DEVICE_ATTR", argument, f"cannot set attribute {group}.{attribute} of the {self.what}"
        )

    def close(self) -> None:
        """Close the descriptor; the device exists as long as its VM."""
        os.close(self.fd)
