"""The KVM ioctl call and its exception."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os

from devgen.hosts.kvm.uapi import REQUESTS
from devgen.runtime.base.faults import RuntimeFault

_INT_MAX = (1 << 31) - 1  # fcntl.ioctl takes an int; the kernel takes a long


class KvmError(RuntimeFault):
    """A KVM ioctl failed, or /dev/kvm cannot be used.

    ``call`` is the UAPI name of the ioctl (or ``open``), ``number`` the errno, or 0 if no call failed.
    """

    def __init__(self, call: str, number: int, message: str) -> None:
        """Keep the call, the errno and a message without a trailing full stop."""
        super().__init__(message)
        self.call = call
        self.number = number


def failed(call: str, error: OSError, what: str) -> KvmError:
    """Return the error for a failed ioctl: ``what`` failed, the ioctl's name and the kernel's reason."""
    number = error.errno or 0
    name = errno.errorcode.get(number, str(number))
    return KvmError(call, number, f"{what}: {call} failed with {name} ({os.strerror(number)})")


def control(fd: int, name: str, argument: ctypes.Structure | bytearray | int, what: str) -> int:
    """Call ioctl ``name`` and return its result; it may change ``argument``. Raises KvmError with ``what`` failed."""
    try:
        if isinstance(argument, int) and argument > _INT_MAX:
            return _long_ioctl(fd, REQUESTS[name], argument)
        return int(fcntl.ioctl(fd, REQUESTS[name], argument))
    except OSError as error:
        raise failed(name, error, what) from None


def _long_ioctl(fd: int, number: int, argument: int) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    answer = libc.ioctl(fd, ctypes.c_ulong(number), ctypes.c_ulong(argument))
    if answer < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return int(answer)
