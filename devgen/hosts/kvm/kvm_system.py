"""/dev/kvm: availability, capabilities, creation of a VM."""

from __future__ import annotations

import fcntl
import os
from types import TracebackType

from devgen.hosts.kvm.kvm_error import KvmError, control, failed
from devgen.hosts.kvm.uapi import uapi_system

REQUIRED = (
    ("KVM_CAP_USER_MEMORY", uapi_system.KVM_CAP_USER_MEMORY),
    ("KVM_CAP_IOEVENTFD", uapi_system.KVM_CAP_IOEVENTFD),
    ("KVM_CAP_IRQFD", uapi_system.KVM_CAP_IRQFD),
    ("KVM_CAP_IMMEDIATE_EXIT", uapi_system.KVM_CAP_IMMEDIATE_EXIT),
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
        if version != uapi_system.KVM_API_VERSION:
            raise KvmError("KVM_GET_API_VERSION", 0, f"{path} speaks API version {version}, not 12")
        missing = [name for name, number in REQUIRED if not self.capability(number)]
        if missing:
            raise KvmError("KVM_CHECK_EXTENSION", 0, f"{path} lacks {', '.join(missing)}")

    def capability(self, number: int) -> int:
        """Return the result of KVM_CHECK_EXTENSION: 0 if absent, else 1 or a quantity."""
        return fcntl.ioctl(self.fd, uapi_system.KVM_CHECK_EXTENSION, number)

    def run_size(self) -> int:
        """Return the bytes to map of a vCPU's file: kvm_run, the port data page and the coalesced ring."""
        return fcntl.ioctl(self.fd, uapi_system.KVM_GET_VCPU_MMAP_SIZE)

    def create_vm(self) -> int:
        """Create a VM and return its descriptor; EINTR during the set-up is retried."""
        while True:
            try:
                return fcntl.ioctl(self.fd, uapi_system.KVM_CREATE_VM)
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
