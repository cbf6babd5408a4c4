"""Messages on a UNIX stream socket, with the descriptors that belong to them.

The kernel delivers descriptors with the bytes that they were sent with, and ends the read after these bytes. So the
descriptors of one read belong to the last message that begins in it.
"""

from __future__ import annotations

import array
import errno
import os
import select
import socket
import struct
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from devgen.hosts.vfio_user import protocol
from devgen.hosts.vfio_user.memory_sharing import MapsReader, Sharing
from devgen.hosts.vfio_user.protocol import HEADER, Disconnect

SHORT: Final = 400
"""Bytes of a read while messages are short: small enough for Python's own allocator of small objects."""

LONG: Final = 1 << 14
"""Bytes of a read after a read that filled its buffer: room for a few hundred messages."""

LINGER: Final = 1e-3
"""Seconds that ``receive`` waits: the next message within this time needs no turn of the server's loop."""

PATIENCE: Final = 5.0
"""Seconds that a client may take to read one message from the server."""

MESSAGE_PATIENCE: Final = 5.0
"""Seconds that a client may take to complete a message that it has begun, and to send its first message."""

SLICE: Final = 0.05
"""Seconds between two checks of ``stopping()``, while a client does not read."""

PIECE: Final = 1 << 16
"""Bytes of one send."""

ANCILLARY: Final = socket.CMSG_SPACE(253 * array.array("i").itemsize)
"""Bytes that hold as many descriptors as one message may carry (SCM_MAX_FD of net/scm.h).

The kernel closes descriptors that do not fit, in this thread; a peer may block that close (`client_descriptors`).
"""

NOW: Final = socket.MSG_DONTWAIT
"""Flag of `Channel.transmit`."""

Ancillary = Sequence[tuple[int, int, bytes]]


@dataclass(slots=True)
class Message:
    """One message. Its handler takes the descriptors, or passes them to a `DescriptorCloser`."""

    identifier: int
    command: int
    flags: int
    error: int
    payload: bytes
    fds: list[int] = field(default_factory=list)
    too_many: bool = False

    def take_fds(self) -> list[int]:
        """Return the descriptors; the caller now owns and closes them."""
        taken, self.fds = self.fds, []
        return taken


class Channel:
    """One connection. ``receive`` waits for `LINGER` at most; sending for `PATIENCE` at most, less if ``stopping()``.

    ``close_descriptors`` closes the client's descriptors that no message's handler takes.
    """

    def __init__(
        self,
        connection: socket.socket,
        close_descriptors: Callable[[Iterable[int]], None],
        stopping: Callable[[], bool],
    ) -> None:
        self._socket = connection
        self._close_descriptors = close_descriptors
        self._stopping = stopping
        self.recvmsg = connection.recvmsg
        """Reads ``room`` bytes and their descriptors."""
        self.transmit = connection.send
        """Sends a short message whole, with flag `NOW`; after a BlockingIOError call `send_rest`."""
        connection.setblocking(True)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _timeval(LINGER))
        self.data = b""
        """Received bytes; `next` takes the whole messages out of them."""
        self.at = 0
        """Offset in ``data`` of the next message. `next` or a session that handles the message in place advances it."""
        self.fds: deque[tuple[int, list[int], bool]] = deque()
        """Descriptors of later messages: (the message's position in the stream, descriptors, whether too many came)."""
        self._begin = 0  # position in the stream of `data`, or of `_partial` while `data` is empty
        self._partial = bytearray()
        self._missing = 0  # bytes that `_partial` lacks
        self.room = SHORT
        self.special = False
        """Whether the next read continues a partial message, or ``fds`` has descriptors of later messages."""
        self.deadline: float | None = time.monotonic() + MESSAGE_PATIENCE
        """When the message that has begun must be complete (``time.monotonic``); None if none has begun."""

    def fileno(self) -> int:
        """The descriptor of the socket."""
        return self._socket.fileno()

    def hung_up(self) -> bool:
        """Whether the client has closed its end; unread messages may be left."""
        poll = select.poll()
        poll.register(self._socket, 0)
        return bool(poll.poll(0))

    def sharing(self, maps: MapsReader) -> Sharing:
        """The mappings of the client's process, see `memory_sharing`."""
        return Sharing(self._socket, maps)

    # --- receiving -----------------------------------------------------------------------

    def receive(self) -> bool:
        """Read the bytes that are there, or arrive within `LINGER`, into ``data``; `next` has returned None before.

        Return whether bytes were read. Raises Disconnect when the client has closed the connection.
        """
        try:
            data, ancillary, flags, _ = self.recvmsg(self.room, ANCILLARY)
        except OSError as error:
            nothing_came(error)
            return False
        self.put(data, ancillary, flags)
        return True

    def put(self, data: bytes, ancillary: Ancillary = (), flags: int = 0) -> None:
        """Store the result of ``recvmsg`` in ``data``. Raises Disconnect when the client has closed the connection."""
        fds = descriptors(ancillary)
        truncated = bool(flags & socket.MSG_CTRUNC)
        if not data:
            self._close_descriptors(fds)
            raise Disconnect("the client has closed the connection")
        if fds or truncated:
            self._keep(fds, truncated, self._last_start(data))
        self.room = LONG if len(data) >= SHORT else SHORT
        if self._partial:
            self._partial += data
            self._missing -= len(data)
            data = b""
            if self._missing <= 0:
                data, self._partial = bytes(self._partial), bytearray()
                self.deadline = None  # known accesses are answered without `next`
        self.data = data
        self._consider()

    def _consider(self) -> None:
        self.special = bool(self.fds or self._partial)

    def _keep(self, fds: list[int], truncated: bool, start: int) -> None:
        too_many = truncated or sum(len(waiting) for _, waiting, _ in self.fds) + len(fds) > protocol.MAX_FDS
        if too_many:  # close them now: their message may never be complete
            self._close_descriptors(fds)
        self.fds.append((start, [] if too_many else fds, too_many))

    def next(self) -> Message | None:
        """Return the next whole message of ``data``, or None. Raises Disconnect for bytes that are no message."""
        data, at = self.data, self.at
        size = self._size(data, at)
        if at + size > len(data):
            self._set_aside(size)
            return None
        identifier, command, _, flags, error = HEADER.unpack_from(data, at)
        message = Message(identifier, command, flags, error, data[at + HEADER.size : at + size])
        while self.fds and self.fds[0][0] <= self._begin + at:
            _, fds, too_many = self.fds.popleft()
            message.fds += fds
            message.too_many |= too_many
            self._consider()
        self.at = at + size
        self.deadline = None
        return message

    @staticmethod
    def _size(data: bytes | bytearray, at: int) -> int:
        """Size in bytes of the message at ``at``, or of its header while that is incomplete. Raises Disconnect."""
        if at + HEADER.size > len(data):
            return HEADER.size
        size: int = HEADER.unpack_from(data, at)[2]
        if not HEADER.size <= size <= protocol.MAX_MESSAGE:
            raise Disconnect(f"a message of {size} bytes")
        return size

    def _set_aside(self, size: int) -> None:
        """Move the rest of ``data``, the beginning of a message of at least ``size`` bytes, to ``_partial``."""
        if self.at < len(self.data):
            self._partial += self.data[self.at :]
            self._missing = size - len(self._partial)
            if self.deadline is None:
                self.deadline = time.monotonic() + MESSAGE_PATIENCE
            self._consider()
        self._begin += self.at
        self.data, self.at = b"", 0

    def _last_start(self, data: bytes) -> int:
        """Position in the stream of the last message that has bytes in ``data``, which was just read."""
        read = self._partial + data
        at = start = 0
        while at < len(read):
            start = at
            if at + HEADER.size > len(read):
                break
            at += max(HEADER.unpack_from(read, at)[2], HEADER.size)
        return self._begin + start

    # --- sending -------------------------------------------------------------------------

    def reply(self, message: Message, payload: bytes = b"", fds: Sequence[int] = ()) -> None:
        """Answer a command. Raises Disconnect."""
        size = HEADER.size + len(payload)
        data = HEADER.pack(message.identifier, message.command, size, protocol.REPLY, 0) + payload
        if fds:
            self._send_with(data, fds)
        else:
            self.send(data)

    def refuse(self, message: Message, number: int) -> None:
        """Answer a command with an error. Raises Disconnect."""
        flags = protocol.REPLY | protocol.ERROR
        self.send(HEADER.pack(message.identifier, message.command, HEADER.size, flags, number))

    def request(self, identifier: int, command: int, payload: bytes) -> None:
        """Send a command to the client. Raises Disconnect."""
        self.send(HEADER.pack(identifier, command, HEADER.size + len(payload), protocol.COMMAND, 0) + payload)

    def send(self, data: bytes) -> None:
        """Send a message. Raises Disconnect."""
        try:
            sent = self.transmit(data if len(data) <= PIECE else data[:PIECE], NOW)
        except OSError as error:
            sent = self.blocked(error)
        if sent != len(data):
            self.send_rest(data, sent)

    def _send_with(self, data: bytes, fds: Sequence[int]) -> None:
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))]
        until = time.monotonic() + PATIENCE
        sent = 0
        while not sent:  # the descriptors go with the first byte
            try:
                sent = self._socket.sendmsg([data], rights, NOW)
            except OSError as error:
                sent = self.blocked(error)
                self._await_room(until)
        self.send_rest(data, sent)

    def send_rest(self, data: bytes, sent: int = 0) -> None:
        """Send the bytes after ``sent``. Raises Disconnect when the client does not read them, or the server stops."""
        until = time.monotonic() + PATIENCE
        while sent < len(data):
            try:
                sent += self.transmit(data[sent : sent + PIECE], NOW)
            except OSError as error:
                self.blocked(error)
                self._await_room(until)

    @staticmethod
    def blocked(error: OSError) -> int:
        """Return 0 bytes sent if ``transmit`` failed because the socket's buffer is full; else raise Disconnect."""
        if error.errno != errno.EAGAIN:
            raise Disconnect(f"cannot send: {error.strerror}") from None
        return 0

    def _await_room(self, until: float) -> None:
        if self._stopping():
            raise Disconnect("the server ends")
        if time.monotonic() > until:
            raise Disconnect("cannot send: the client does not read its replies")
        poll = select.poll()
        poll.register(self._socket, select.POLLOUT)
        poll.poll(SLICE * 1000)

    def close(self) -> None:
        """Close the connection, and all descriptors of the client that no handler has taken."""
        for _, fds, _ in self.fds:
            self._close_descriptors(fds)
        self.fds.clear()
        drain(self._socket, self._close_descriptors)
        self._socket.close()


def drain(connection: socket.socket, close_descriptors: Callable[[Iterable[int]], None]) -> None:
    """Read the rest of a connection. Else the kernel would close the descriptors in it, in this thread."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)  # the client can send no more, so the rest is finite
        connection.setblocking(False)
        while True:
            data, ancillary, _, _ = connection.recvmsg(LONG, ANCILLARY)
            close_descriptors(descriptors(ancillary))
            if not data:
                return


def _timeval(seconds: float) -> bytes:
    return struct.pack("ll", int(seconds), int(seconds % 1 * 1e6))


def nothing_came(error: OSError) -> None:
    """Raise Disconnect for an error of ``recvmsg``, unless it says that `LINGER` has passed."""
    if error.errno != errno.EAGAIN:
        raise Disconnect(f"cannot read: {error.strerror}") from None


def descriptors(ancillary: Ancillary) -> list[int]:
    """The descriptors of one read, close-on-exec."""
    found = array.array("i")
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            found.frombytes(data[: len(data) - len(data) % found.itemsize])
    for fd in found:
        os.set_inheritable(fd, False)
    return list(found)
