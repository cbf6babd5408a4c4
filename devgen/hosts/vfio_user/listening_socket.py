"""The listening socket of the server."""

from __future__ import annotations

import errno
import os
import socket
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

from devgen.runtime.base.faults import MachineError

LONGEST_PATH: Final = 107
"""Bytes of a socket's path (unix(7): sun_path without its terminating zero)."""

WAITING: Final = 8
"""Backlog of ``listen``: clients that may wait to be accepted."""


PRIVATE: Final = 0o600
"""Default mode of the socket: only the user who runs the server may connect."""


class Listener:
    """Listens at ``path`` until ``close``; replaces a socket that a dead server has left there.

    The socket has mode ``mode``, regardless of the umask. Raises MachineError if it cannot listen.
    """

    def __init__(self, path: Path, mode: int = PRIVATE) -> None:
        self._path = path
        self._socket = _listen(path, mode)
        self._file = _identity(path)
        self._spare = _spare()

    def fileno(self) -> int:
        """The descriptor, readable when a client waits; -1 after ``close``."""
        return self._socket.fileno()

    def accept(self) -> socket.socket | None:
        """Return the connection of a client; None if the client has closed it already.

        If the process has no free descriptor, the reserved one is used: ``exhausted`` is then True, the client can
        only be refused, and the caller calls `restore` afterwards.
        """
        try:
            return self._socket.accept()[0]
        except OSError as error:
            if error.errno not in (errno.EMFILE, errno.ENFILE) or self.exhausted:
                return None
        os.close(self._spare)
        self._spare = -1
        try:
            return self._socket.accept()[0]
        except OSError:
            return None

    @property
    def exhausted(self) -> bool:
        """Whether the process has no free descriptor for a client."""
        return self._spare < 0

    def restore(self) -> None:
        """Reserve a descriptor again for the next client that has to be refused, if one is free."""
        if self.exhausted:
            with suppress(OSError):
                self._spare = _spare()

    def remove(self) -> None:
        """Remove the socket file, unless it was replaced by another."""
        if self._file is not None and _identity(self._path) == self._file:
            self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Stop listening, and remove the socket."""
        self.remove()
        self._socket.close()
        if not self.exhausted:
            os.close(self._spare)


def _listen(path: Path, mode: int) -> socket.socket:
    if "\0" in str(path):
        raise MachineError(f"{str(path)!r}: its name holds a NUL character")
    length = len(os.fsencode(path))
    if length > LONGEST_PATH:
        raise MachineError(f"{path}: the path has {length} bytes; a socket's has at most {LONGEST_PATH}")
    if not path.parent.is_dir():
        raise MachineError(f"{path}: there is no folder {path.parent}")
    try:
        if not stat.S_ISSOCK(os.lstat(path).st_mode):
            raise MachineError(f"{path}: the file there is not a socket")
        _replace(path)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise MachineError(f"{path}: {error.strerror}") from None
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
    try:
        listener.bind(str(path))
        os.chmod(path, mode)  # before ``listen``, so that no client connects with another mode
        listener.listen(WAITING)
    except OSError as error:
        listener.close()
        raise MachineError(f"{path}: cannot listen there: {error.strerror or error}") from None
    return listener


def _replace(path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
        except BlockingIOError:  # a server listens there, and its backlog is full
            pass
    raise MachineError(f"{path}: another server listens there")


def _identity(path: Path) -> tuple[int, int] | None:
    """Device and inode of the file; None if there is none."""
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _spare() -> int:
    """Open a descriptor that is closed when the process has no other left."""
    return os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
