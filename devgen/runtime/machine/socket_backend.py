"""The Unix socket backend, to which another program connects."""

from __future__ import annotations

import errno
import os
import socket
import stat
from contextlib import suppress
from pathlib import Path

from devgen.runtime.machine.stream_backends import Arrival, Buffer, NullBackend, read_available, write_available


class SocketBackend(NullBackend):
    """A listening Unix socket. One client at a time may connect, only of the user who runs devgen.

    Bytes that the device sends without a client, or faster than the client reads, are lost.
    """

    direct = False
    connects = True

    def __init__(self, path: Path) -> None:
        """Listen at ``path``. Raises OSError if that is not possible, FileExistsError if ``path`` is not a socket."""
        self._path = path
        self._client: socket.socket | None = None
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            _remove_stale(path)
            self._server.bind(str(path))
            os.chmod(path, 0o600)  # before `listen`, so that no other user can connect first
            self._server.listen(1)
            self._server.setblocking(False)
            self._made = _identity(path)
        except BaseException:
            self._server.close()
            raise
        self.where = str(path)

    def write(self, value: int) -> None:
        """Send the byte to the client. A closed connection is detected by reading."""
        self.write_all(bytes((value,)))

    def write_all(self, data: Buffer) -> None:
        """Send the bytes with one call: the kernel's buffer holds only about 300 pieces of any size."""
        self.take(data)

    def take(self, data: Buffer) -> int:
        """Send as many bytes as possible and return their number; without a client all are dropped."""
        if self._client is None:
            return len(memoryview(data))
        return write_available(self._client.fileno(), data)

    def outlet(self) -> int | None:
        """Return the connection's descriptor, or None without a client."""
        return None if self._client is None else self._client.fileno()

    def fileno(self) -> int | None:
        """Return the connection's descriptor, or the listening socket's without a client."""
        return (self._client or self._server).fileno()

    def read(self, limit: int) -> Arrival | None:
        """Accept a client, or read from it; after its end, wait for another client."""
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
        """Close the sockets and remove the path if it still is this socket's. May be called again."""
        for connection in (self._client, self._server):
            if connection is not None:
                connection.close()
        self._client = None
        with suppress(OSError):
            if _identity(self._path) == self._made:
                self._path.unlink()


def _identity(path: Path) -> tuple[int, int]:
    found = path.lstat()
    return found.st_dev, found.st_ino


def _remove_stale(path: Path) -> None:
    """Remove a socket without a listener. Raises FileExistsError if ``path`` is something other than a socket."""
    with suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise FileExistsError(errno.EEXIST, "the path exists and is not a socket")
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as probe:
            try:
                probe.connect(str(path))
            except ConnectionRefusedError:
                path.unlink()
            except BlockingIOError:  # a server whose queue of connections is full
                return
