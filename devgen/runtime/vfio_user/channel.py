"""Messages on a UNIX stream socket, with the descriptors that belong to them.

The kernel hands descriptors over with the first byte of the message that they were sent with, and ends a read behind
it. So those of one read belong to the last message that begins in it.
"""

from __future__ import annotations

import array
import errno
import os
import socket
import struct
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from devgen.runtime.vfio_user import protocol
from devgen.runtime.vfio_user.protocol import HEADER, Disconnect
from devgen.runtime.vfio_user.sharing import Sharing

READ: Final = 1 << 16
PATIENCE: Final = 5
"""Seconds that a client may leave its side of the socket full before it is given up."""

_ANCILLARY = socket.CMSG_SPACE(253 * array.array("i").itemsize)  # SCM_MAX_FD: none is lost, however many are too many


@dataclass(slots=True)
class Message:
    """One message; its descriptors are closed by ``close`` unless somebody has taken them."""

    identifier: int
    command: int
    flags: int
    error: int
    payload: bytes
    fds: list[int] = field(default_factory=list)
    too_many: bool = False

    def take_fds(self) -> list[int]:
        """The descriptors, which are the caller's from now on."""
        taken, self.fds = self.fds, []
        return taken

    def close(self) -> None:
        """Close the descriptors that nobody has taken."""
        for fd in self.take_fds():
            os.close(fd)


class Channel:
    """One connection. ``receive`` never blocks; sending blocks for `PATIENCE` at most."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        connection.setblocking(True)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", PATIENCE, 0))
        self._buffer = bytearray()
        self._fds: deque[tuple[int, list[int], bool]] = deque()
        self._consumed = 0
        self._received = 0

    def fileno(self) -> int:
        """The socket."""
        return self._socket.fileno()

    def sharing(self) -> Sharing:
        """What can be seen of the process at the other end."""
        return Sharing(self._socket)

    # --- receiving -----------------------------------------------------------------------

    def fill(self) -> int:
        """Read what is there, `READ` bytes at most; how many came. Raises Disconnect when the client has gone."""
        try:
            data, ancillary, flags, _ = self._socket.recvmsg(
                READ, _ANCILLARY, socket.MSG_DONTWAIT | socket.MSG_CMSG_CLOEXEC
            )
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError as error:
            raise Disconnect(f"cannot read: {error.strerror}") from None
        fds = _descriptors(ancillary)
        if not data:
            _close(fds)
            raise Disconnect("the client has closed the connection")
        self._buffer += data
        self._received += len(data)
        if fds or flags & socket.MSG_CTRUNC:
            self._attach(fds, bool(flags & socket.MSG_CTRUNC))
        return len(data)

    def _attach(self, fds: list[int], truncated: bool) -> None:
        self._fds.append((self._last_start(), fds, truncated or len(fds) > protocol.MAX_FDS))

    def _last_start(self) -> int:
        """Where in the stream the last message begins of which something has been read."""
        at = start = self._consumed
        while at < self._received:
            start, offset = at, at - self._consumed
            if offset + HEADER.size > len(self._buffer):
                break
            at += max(HEADER.unpack_from(self._buffer, offset)[2], HEADER.size)
        return start

    def next(self) -> Message | None:
        """The next whole message that has been read. Raises Disconnect when what comes next is none."""
        if len(self._buffer) < HEADER.size:
            return None
        identifier, command, size, flags, error = HEADER.unpack_from(self._buffer)
        if not HEADER.size <= size <= protocol.MAX_MESSAGE:
            raise Disconnect(f"a message of {size} bytes")
        if len(self._buffer) < size:
            return None
        message = Message(identifier, command, flags, error, bytes(self._buffer[HEADER.size : size]))
        while self._fds and self._fds[0][0] <= self._consumed:
            _, fds, too_many = self._fds.popleft()
            message.fds += fds
            message.too_many |= too_many
        del self._buffer[:size]
        self._consumed += size
        return message

    # --- sending -------------------------------------------------------------------------

    def reply(self, message: Message, payload: bytes = b"", fds: Sequence[int] = ()) -> None:
        """Answer a command. Raises Disconnect."""
        size = HEADER.size + len(payload)
        self._send(HEADER.pack(message.identifier, message.command, size, protocol.REPLY, 0) + payload, fds)

    def refuse(self, message: Message, number: int) -> None:
        """Answer a command with an error. Raises Disconnect."""
        flags = protocol.REPLY | protocol.ERROR
        self._send(HEADER.pack(message.identifier, message.command, HEADER.size, flags, number), ())

    def request(self, identifier: int, command: int, payload: bytes) -> None:
        """Send a command of our own. Raises Disconnect."""
        self._send(HEADER.pack(identifier, command, HEADER.size + len(payload), protocol.COMMAND, 0) + payload, ())

    def _send(self, data: bytes, fds: Sequence[int]) -> None:
        try:
            if not fds:
                self._socket.sendall(data)
                return
            rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))
            sent = self._socket.sendmsg([data], [rights])
            if sent < len(data):
                self._socket.sendall(data[sent:])
        except OSError as error:
            why = "does not read its replies" if error.errno == errno.EAGAIN else str(error.strerror)
            raise Disconnect(f"cannot send: {why}") from None

    def close(self) -> None:
        """Close the connection and whatever descriptors wait for their message."""
        self._socket.close()
        for _, fds, _ in self._fds:
            _close(fds)
        self._fds.clear()


def _descriptors(ancillary: list[tuple[int, int, bytes]]) -> list[int]:
    found = array.array("i")
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            found.frombytes(data[: len(data) - len(data) % found.itemsize])
    return list(found)


def _close(fds: Sequence[int]) -> None:
    for fd in fds:
        os.close(fd)
