"""Streams to a Unix socket that another program connects to."""

from __future__ import annotations

import errno
import os
import socket
import stat
from contextlib import suppress
from pathlib import Path

from devgen.runtime.machine.stream_ends import Arrival, Buffer, NullEnd, read_available, write_available


class SocketEnd(NullEnd):
    """A Unix socket that others connect to, one at a time; only the user who runs devgen may.

    Bytes that the device sends while nobody is connected, or faster than they are read, are lost.
    """

    direct = False
    connects = True

    def __init__(self, path: Path) -> None:
        """Listen at ``path``. Raises OSError if that is not possible, FileExistsError if something else is there."""
        self._path = path
        self._client: socket.socket | None = None
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            _remove_stale(path)
            self._server.bind(str(path))
            os.chmod(path, 0o600)  # before it listens: nobody gets in between
            self._server.listen(1)
            self._server.setblocking(False)
            self._made = _identity(path)
        except BaseException:
            self._server.close()
            raise
        self.where = str(path)

    def write(self, value: int) -> None:
        """Send the byte to who is connected. One who has gone is noticed by reading."""
        self.write_all(bytes((value,)))

    def write_all(self, data: Buffer) -> None:
        """Send bytes at once: the kernel's buffer holds few pieces, some 300, however small they are."""
        self.take(data)

    def take(self, data: Buffer) -> int:
        """Send what there is room for; all is gone if nobody is connected."""
        if self._client is None:
            return len(memoryview(data))
        return write_available(self._client.fileno(), data)

    def outlet(self) -> int | None:
        """The connection, if there is one."""
        return None if self._client is None else self._client.fileno()

    def fileno(self) -> int | None:
        """The connection, or the door."""
        return (self._client or self._server).fileno()

    def read(self, limit: int) -> Arrival | None:
        """Take a connection, or what comes over it; when that ends wait for another."""
        if self._client is None:
            with suppress(OSError):
                self._client, _ = self._server.accept()
                self._client.setblocking(False)
            return ()
        data = read_available(self._client.fileno(), limit)
        if data is None:
            self._client.close()
            self._client = None
            return ()
        return (data,)

    def close(self) -> None:
        """Close both and remove the name, if it is still this socket's. May be called again."""
        for one in (self._client, self._server):
            if one is not None:
                one.close()
        self._client = None
        with suppress(OSError):
            if _identity(self._path) == self._made:
                self._path.unlink()


def _identity(path: Path) -> tuple[int, int]:
    found = path.lstat()
    return found.st_dev, found.st_ino


def _remove_stale(path: Path) -> None:
    """Remove a socket that nobody listens at any more; anything else is left for ``bind`` to refuse."""
    with suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise FileExistsError(errno.EEXIST, "something that is no socket is there")
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as probe:
            try:
                probe.connect(str(path))
            except ConnectionRefusedError:
                path.unlink()
            except BlockingIOError:  # a server that is too busy to accept
                return
