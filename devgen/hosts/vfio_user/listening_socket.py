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
"""Bytes of a socket's path (unix(7): sun_path, with its end)."""

WAITING: Final = 8
"""Clients that may wait to be accepted."""


PRIVATE: Final = 0o600
"""Mode of the socket unless told otherwise: only the user who serves may connect."""


class Listener:
    """Listens at ``path``, where it replaces a socket that a dead server has left, until ``close``.

    The socket has mode ``mode``, whatever the umask is. Raises MachineError where it cannot listen.
    """

    def __init__(self, path: Path, mode: int = PRIVATE) -> None:
        self._path = path
        self._socket = _listen(path, mode)
        self._file = _identity(path)
        self._spare = _spare()

    def fileno(self) -> int:
        """Readable when a client waits; -1 once it is closed."""
        return self._socket.fileno()

    def accept(self) -> socket.socket | None:
        """The connection of a client; None if it has gone again.

        Without a descriptor for it, the one that is kept for this is given up: ``exhausted`` is True then, the client
        can only be refused, and `restore` is called afterwards.
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
        """Whether the process has no descriptor left for a client."""
        return self._spare < 0

    def restore(self) -> None:
        """Keep a descriptor for one more client that has to be refused, if there is one again."""
        if self.exhausted:
            with suppress(OSError):
                self._spare = _spare()

    def remove(self) -> None:
        """Remove the socket, unless another has been put in its place."""
        if self._file is not None and _identity(self._path) == self._file:
            self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Listen no more, and remove the socket."""
        self.remove()
        self._socket.close()
        if not self.exhausted:
            os.close(self._spare)


def _listen(path: Path, mode: int) -> socket.socket:
    length = len(os.fsencode(path))
    if length > LONGEST_PATH:
        raise MachineError(f"{path}: the path has {length} bytes; a socket's has at most {LONGEST_PATH}")
    if not path.parent.is_dir():
        raise MachineError(f"{path}: there is no folder {path.parent}")
    try:
        if not stat.S_ISSOCK(os.lstat(path).st_mode):
            raise MachineError(f"{path}: something is there that is no socket")
        _replace(path)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise MachineError(f"{path}: {error.strerror}") from None
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
    try:
        listener.bind(str(path))
        os.chmod(path, mode)  # before it listens, so that nobody connects in between
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
        except BlockingIOError:  # somebody listens, and is too busy for those who wait
            pass
    raise MachineError(f"{path}: another server listens there")


def _identity(path: Path) -> tuple[int, int] | None:
    """What file that is; None if there is none."""
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _spare() -> int:
    """A descriptor to give up when there is none left."""
    return os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
