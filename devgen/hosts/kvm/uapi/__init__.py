"""The kernel's KVM interface: ioctl numbers, structures and constants, under the names of <linux/kvm.h>.

The modules only declare the ABI of API version 12. What every architecture has stands by subject in ``uapi_system``
(requests on /dev/kvm, capabilities), ``uapi_memory`` (slots, dirty log), ``uapi_interrupts`` (lines, routes, eventfds),
``uapi_devices`` (devices and their attributes) and ``uapi_run`` (the shared page of a vCPU and its exits); what one
architecture alone has stands in a module named after it: ``uapi_x86``, ``uapi_arm64``. For example::

    region = uapi_memory.kvm_userspace_memory_region(slot, flags, address, size, host)
    fcntl.ioctl(vm, uapi_memory.KVM_SET_USER_MEMORY_REGION, region)

``tests/hosts/kvm/test_kvm_uapi.py`` compiles a C program against the installed headers and compares every name, so the
test also checks names that are added. Source: Documentation/virt/kvm/api.rst, include/uapi/linux/kvm.h.
"""

from typing import Final

from devgen.hosts.kvm.uapi import (
    uapi_arm64,
    uapi_devices,
    uapi_interrupts,
    uapi_memory,
    uapi_run,
    uapi_system,
    uapi_x86,
)

COMMON: Final = (uapi_system, uapi_memory, uapi_interrupts, uapi_devices, uapi_run)
"""The modules for every architecture."""

MODULES: Final = (*COMMON, uapi_x86, uapi_arm64)
"""The modules that declare requests."""

REQUESTS: Final[dict[str, int]] = {
    name: value
    for module in MODULES
    for name, value in vars(module).items()
    if name.startswith("KVM_") and isinstance(value, int)
}
"""Request numbers (and the other constants) by their names."""
