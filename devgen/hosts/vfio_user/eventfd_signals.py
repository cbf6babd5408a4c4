"""Signal eventfds of a client without ever waiting for the client.

``write(2)`` to an eventfd waits while its count is at the maximum, unless O_NONBLOCK is set. The client shares that
flag and the count, so it can fill the count and clear the flag between any check and the write. Linux has no flag that
makes one write to an eventfd non-blocking (RWF_NOWAIT and MSG_DONTWAIT do not apply).

Asynchronous I/O (io_submit(2) with IOCB_FLAG_RESFD) has the kernel itself add one to an eventfd when a request
completes. ``eventfd_signal()`` in fs/eventfd.c never waits and looks at no flag; a count at the maximum stays there.
The request here is a read of no bytes from a file of this process, which completes within the system call.
"""

from __future__ import annotations

import ctypes
import errno
import os
from typing import Final

from devgen.runtime.base.faults import MachineError

SLOTS: Final = 64
"""Least number of completions in the kernel's ring; `EventfdSignals` empties it when half of them are used."""

_CALLS: Final = {"x86_64": (206, 207, 208, 209), "aarch64": (0, 1, 4, 2)}
"""Numbers of io_setup, io_destroy, io_getevents and io_submit by machine (asm/unistd.h)."""

_RESFD: Final = 1
_EVENT_SIZE: Final = 32


class _Request(ctypes.Structure):
    """``struct iocb`` of linux/aio_abi.h on a little-endian machine; operation 0 is IOCB_CMD_PREAD."""

    _fields_ = (
        ("data", ctypes.c_uint64),
        ("key", ctypes.c_uint32),
        ("rw_flags", ctypes.c_int32),
        ("operation", ctypes.c_uint16),
        ("priority", ctypes.c_int16),
        ("file", ctypes.c_uint32),
        ("buffer", ctypes.c_uint64),
        ("length", ctypes.c_uint64),
        ("offset", ctypes.c_int64),
        ("reserved", ctypes.c_uint64),
        ("flags", ctypes.c_uint32),
        ("eventfd", ctypes.c_uint32),
    )


class EventfdSignals:
    """Adds one to eventfds. Used by one thread; ``close`` it.

    Raises:
        MachineError: the host has no asynchronous I/O, or none left (fs.aio-max-nr).
    """

    def __init__(self) -> None:
        numbers = _CALLS.get(os.uname().machine)
        if numbers is None:
            raise MachineError(f"cannot signal interrupts: asynchronous I/O on {os.uname().machine} is not known")
        setup, self._destroy, self._reap, self._submit = numbers
        # PyDLL: it keeps the GIL during the call; that is right because these calls never wait.
        self._call = ctypes.PyDLL(None, use_errno=True).syscall
        self._call.restype = ctypes.c_long
        self._call.argtypes = (ctypes.c_long, ctypes.c_ulong, ctypes.c_long, *(ctypes.c_void_p,) * 3)
        self._context = self._set_up(setup)
        self._file = os.memfd_create("devgen-nothing", os.MFD_CLOEXEC)
        self._byte = ctypes.create_string_buffer(1)
        self._request = _Request(file=self._file, buffer=ctypes.addressof(self._byte), flags=_RESFD)
        self._requests = (ctypes.c_void_p * 1)(ctypes.addressof(self._request))
        self._list = ctypes.addressof(self._requests)
        self._events = ctypes.create_string_buffer(SLOTS * _EVENT_SIZE)
        self._used = 0

    def _set_up(self, number: int) -> int:
        context = ctypes.c_ulong(0)
        if self._call(number, SLOTS, ctypes.addressof(context), None, None, None) != 0:
            why = ctypes.get_errno()
            hint = " (fs.aio-max-nr is reached)" if why == errno.EAGAIN else ""
            raise MachineError(f"cannot signal interrupts: io_setup: {os.strerror(why)}{hint}")
        return context.value

    def signal(self, fd: int) -> bool:
        """Add one to the count of eventfd ``fd``. Return False if the kernel refuses, as for other descriptors."""
        self._request.eventfd = fd
        taken = bool(self._call(self._submit, self._context, 1, self._list, None, None) == 1)
        self._used += taken
        if self._used >= SLOTS // 2:
            self._call(self._reap, self._context, 0, SLOTS, ctypes.addressof(self._events), None)
            self._used = 0
        return taken

    def close(self) -> None:
        """Release the context. May be called again."""
        if self._file >= 0:
            self._call(self._destroy, self._context, 0, None, None, None)
            os.close(self._file)
            self._file = -1
