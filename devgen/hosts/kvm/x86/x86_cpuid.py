"""The CPUID leaves that a guest sees: those that the kernel supports, completed for each processor."""

from __future__ import annotations

import ctypes

from devgen.hosts.kvm.kvm_error import control
from devgen.hosts.kvm.kvm_system import KvmSystem
from devgen.hosts.kvm.uapi import uapi_x86


def supported_cpuid(system: KvmSystem) -> bytes:
    """Return all CPUID leaves that the kernel supports, as kvm_cpuid2 with its entries."""
    count = 256
    buffer = bytearray(8 + 40 * count)
    buffer[0:4] = count.to_bytes(4, "little")
    control(system.fd, "KVM_GET_SUPPORTED_CPUID", buffer, "cannot read the guest's CPUID")
    return bytes(buffer[: 8 + 40 * int.from_bytes(buffer[0:4], "little")])


def guest_cpuid(leaves: bytes, index: int) -> bytes:
    """Return the CPUID of vCPU ``index``: the supported leaves, the hypervisor bit and the local APIC ID.

    Without CPUID.1:ECX[31] (hypervisor) a guest kernel calibrates its clocks as on bare metal, and may hang; bit 24 is
    the TSC deadline timer of the in-kernel local APIC. CPUID.1:EBX[31:24] and CPUID.0BH:EDX are the APIC ID.
    """
    out = bytearray(leaves)
    for at in range(8, len(out), ctypes.sizeof(uapi_x86.kvm_cpuid_entry2)):
        entry = uapi_x86.kvm_cpuid_entry2.from_buffer(out, at)
        if entry.function == 1:
            entry.ecx |= 1 << 31 | 1 << 24
            entry.ebx = entry.ebx & 0xFFFFFF | index << 24
        elif entry.function == 0xB:
            entry.edx = index
    return bytes(out)
