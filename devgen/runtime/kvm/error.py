"""What can go wrong between us and the kernel, as one exception with a sentence a user can act on."""

from __future__ import annotations

import errno
import os


class KvmError(Exception):
    """A KVM ioctl failed, or /dev/kvm cannot be used.

    ``call`` is the UAPI name of the ioctl (or ``open``), ``number`` the errno or 0 when the kernel was not asked.
    """

    def __init__(self, call: str, number: int, message: str) -> None:
        """Keep the call, the errno and a message without a trailing full stop."""
        super().__init__(message)
        self.call = call
        self.number = number


def failed(call: str, error: OSError, what: str) -> KvmError:
    """Word a failed ioctl: what was wanted, the ioctl's name and the kernel's reason."""
    number = error.errno or 0
    name = errno.errorcode.get(number, str(number))
    return KvmError(call, number, f"{what}: {call} failed with {name} ({os.strerror(number)})")
