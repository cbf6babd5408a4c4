"""/dev/kvm: availability, capabilities, creation of a VM."""

from __future__ import annotations

import ctypes
import fcntl
import os
import platform
from types import TracebackType

from devgen.hosts.kvm import uapi
from devgen.hosts.kvm.kvm_error import KvmError, control, failed

REQUIRED = (
    ("KVM_CAP_USER_MEMORY", uapi.KVM_CAP_USER_MEMORY),
    ("KVM_CAP_IOEVENTFD", uapi.KVM_CAP_IOEVENTFD),
    ("KVM_CAP_IRQFD", uapi.KVM_CAP_IRQFD),
    ("KVM_CAP_IMMEDIATE_EXIT", uapi.KVM_CAP_IMMEDIATE_EXIT),
)


class KvmSystem:
    """An open /dev/kvm of API version 12 with the required capabilities."""

    def __init__(self, path: str = "/dev/kvm") -> None:
        """Open ``path``. Raises KvmError if it is absent, not permitted, or lacks a required capability."""
        try:
            self.fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except OSError as error:
            number = error.errno or 0
            raise KvmError("open", number, f"cannot open {path}: {os.strerror(number)}") from None
        try:
            self._check(path)
        except BaseException:
            self.close()
            raise

    def _check(self, path: str) -> None:
        version = control(self.fd, "KVM_GET_API_VERSION", 0, f"{path} does not answer as KVM")
        if version != uapi.KVM_API_VERSION:
            raise KvmError("KVM_GET_API_VERSION", 0, f"{path} speaks API version {version}, not 12")
        missing = [name for name, number in REQUIRED if not self.capability(number)]
        if missing:
            raise KvmError("KVM_CHECK_EXTENSION", 0, f"{path} lacks {', '.join(missing)}")

    def capability(self, number: int) -> int:
        """Return the result of KVM_CHECK_EXTENSION: 0 if absent, else 1 or a quantity."""
        return fcntl.ioctl(self.fd, uapi.KVM_CHECK_EXTENSION, number)

    def run_size(self) -> int:
        """Return the bytes to map of a vCPU's file: kvm_run, the port data page and the coalesced ring."""
        return fcntl.ioctl(self.fd, uapi.KVM_GET_VCPU_MMAP_SIZE)

    def supported_cpuid(self) -> bytes:
        """Return all CPUID leaves that the kernel supports, as kvm_cpuid2 with its entries."""
        count = 256
        buffer = bytearray(8 + 40 * count)
        buffer[0:4] = count.to_bytes(4, "little")
        control(self.fd, "KVM_GET_SUPPORTED_CPUID", buffer, "cannot read the guest's CPUID")
        return bytes(buffer[: 8 + 40 * int.from_bytes(buffer[0:4], "little")])

    def create_vm(self) -> int:
        """Create a VM and return its descriptor; EINTR during the set-up is retried."""
        while True:
            try:
                return fcntl.ioctl(self.fd, uapi.KVM_CREATE_VM)
            except InterruptedError:
                continue
            except OSError as error:
                raise failed("KVM_CREATE_VM", error, "cannot create a virtual machine") from None

    def close(self) -> None:
        """Close the descriptor. May be called again."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def __enter__(self) -> KvmSystem:
        """Use as a context manager."""
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        """Close."""
        self.close()


def guest_cpuid(leaves: bytes, index: int) -> bytes:
    """Return the CPUID of vCPU ``index``: the supported leaves, the hypervisor bit and the local APIC ID.

    Without CPUID.1:ECX[31] (hypervisor) a guest kernel calibrates its clocks as on bare metal, and may hang; bit 24 is
    the TSC deadline timer of the in-kernel local APIC. CPUID.1:EBX[31:24] and CPUID.0BH:EDX are the APIC ID.
    """
    out = bytearray(leaves)
    for at in range(8, len(out), ctypes.sizeof(uapi.kvm_cpuid_entry2)):
        entry = uapi.kvm_cpuid_entry2.from_buffer(out, at)
        if entry.function == 1:
            entry.ecx |= 1 << 31 | 1 << 24
            entry.ebx = entry.ebx & 0xFFFFFF | index << 24
        elif entry.function == 0xB:
            entry.edx = index
    return bytes(out)


def unavailable(path: str = "/dev/kvm") -> str | None:
    """Return the reason why KVM cannot run an x86 guest on this host, or None.

    The check creates a VM with interrupt controllers and closes it, because a /dev/kvm that can be opened may be of
    another architecture or without hardware support.
    """
    try:
        with KvmSystem(path) as system:
            if not system.capability(uapi.KVM_CAP_EXT_CPUID):
                return f"{path} of this host ({platform.machine()}) runs no x86 guests"
            vm = system.create_vm()
            try:
                control(vm, "KVM_CREATE_IRQCHIP", 0, f"{path} makes no PC's interrupt controllers")
            finally:
                os.close(vm)
    except KvmError as error:
        return str(error)
    return None
