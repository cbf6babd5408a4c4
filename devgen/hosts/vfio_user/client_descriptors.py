"""Descriptors that a client has sent: find out their type, and close them without waiting for the client.

Nearly every system call on a file may wait for the program that implements the file: ``fstat``, ``pread`` and even
``close`` of a file on a FUSE mount send a request to the mount's server and wait for its answer, even after SIGKILL;
``close`` of a TCP socket waits for its peer when SO_LINGER is set. The server uses only two kinds, which
never wait: shared memory (memfd, tmpfs, hugetlbfs) and eventfds. It recognises both without a call into the file.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import time
from collections.abc import Iterable
from typing import Final

MOST_STUCK: Final = 16
"""With this many descriptors whose ``close`` hangs, the server refuses further clients."""

_CLONE_FILES: Final = 0x400
_STACK: Final = 1 << 16
_PATIENCE: Final = 0.05
"""Seconds to wait for a helper to start."""


def is_shared_memory(fd: int) -> bool:
    """Whether a descriptor is a file of tmpfs or hugetlbfs, a memfd among them.

    F_GET_SEALS compares the file's operations with those of these two (mm/memfd.c) and does not call the file.
    """
    try:
        fcntl.fcntl(fd, fcntl.F_GET_SEALS)
    except OSError:
        return False
    return True


def is_eventfd(fd: int) -> bool:
    """Whether a descriptor is an eventfd."""
    return _name(fd) == "anon_inode:[eventfd]"


def is_file(fd: int) -> bool:
    """Whether a descriptor is a file or folder of some filesystem: no socket, pipe or the like."""
    return _name(fd).startswith("/")


def _name(fd: int) -> str:
    """The target of the link in /proc/self/fd. The kernel builds it from names in memory and never waits."""
    return os.readlink(f"/proc/self/fd/{fd}")


class DescriptorCloser:
    """Closes descriptors of clients; used by one thread.

    A descriptor that is neither shared memory nor an eventfd is closed by a helper process that shares this process's
    descriptor table (CLONE_FILES) and executes ``close`` alone. The kernel takes a descriptor out of the table before
    it calls the file's ``flush``, so only the helper waits, and the server does not depend on the helper's end.
    """

    def __init__(self) -> None:
        self._helpers: set[int] = set()
        self._unclosed: list[int] = []
        self._stack = ctypes.create_string_buffer(_STACK)
        library = ctypes.PyDLL(None, use_errno=True)
        self._close = ctypes.cast(library.close, ctypes.c_void_p)
        self._clone = library.clone
        self._clone.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)

    def close(self, fds: Iterable[int]) -> None:
        """Close descriptors of any type, within a bounded time."""
        waiting, self._unclosed = self._unclosed, []
        for fd in (*waiting, *fds):
            if is_shared_memory(fd) or is_eventfd(fd):
                os.close(fd)
            else:
                self._hand_over(fd)

    def stuck(self) -> int:
        """Number of descriptors whose ``close`` has not returned yet."""
        self._helpers = {helper for helper in self._helpers if not _ended(helper)}
        return len(self._helpers) + len(self._unclosed)

    def _hand_over(self, fd: int) -> None:
        top = (ctypes.addressof(self._stack) + _STACK) & ~15
        # Without CLONE_VM the helper has a copy of this memory, its stack included.
        helper = self._clone(self._close, top, _CLONE_FILES | signal.SIGCHLD, fd)
        if helper < 0:  # the process limit is reached: try again later
            self._unclosed.append(fd)
            return
        self._helpers.add(helper)
        until = time.monotonic() + _PATIENCE
        while _is_open(fd) and time.monotonic() < until:
            time.sleep(0.0002)


def _ended(helper: int) -> bool:
    try:
        found, _ = os.waitpid(helper, os.WNOHANG)
    except ChildProcessError:  # another part of this process has taken its status
        return True
    return found != 0


def _is_open(fd: int) -> bool:
    try:
        fcntl.fcntl(fd, fcntl.F_GETFD)
    except OSError:
        return False
    return True
