"""Clients that cannot be served: each gets an error reply to its first message before its connection is closed.

QEMU 11.1 aborts, and its guest ends, when the server closes a connection before it answers the first message. After the
answer, a client has `LEAVE` seconds to close the connection itself.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from devgen.hosts.vfio_user import protocol
from devgen.hosts.vfio_user.message_channel import ANCILLARY, LONG, MESSAGE_PATIENCE, descriptors, drain
from devgen.hosts.vfio_user.protocol import HEADER

MOST: Final = 8
"""Refused clients that may be connected at one time; for one more, the oldest is closed."""


class Waiting(Protocol):
    """The server's methods that this module uses."""

    def watch(self, fd: int, handler: Callable[[], None]) -> None:
        """Call ``handler()`` whenever ``fd`` is readable."""
        ...

    def ignore(self, fd: int) -> None:
        """Undo ``watch``."""
        ...

    def close_descriptors(self, fds: Iterable[int]) -> None:
        """Close descriptors of a client. Never waits for the client."""
        ...


LEAVE: Final = 1.0
"""Seconds that a client has to close its connection after the answer."""


@dataclass(slots=True, eq=False)
class _Refused:
    connection: socket.socket
    number: int
    deadline: float
    head: bytes = b""
    received: int = 0
    answered: bool = False


class RefusedClients:
    """Answers clients with an error. ``close`` answers clients whose message has come, and closes all connections."""

    def __init__(self, server: Waiting) -> None:
        self._server = server
        self._clients: list[_Refused] = []

    def __len__(self) -> int:
        """Number of clients that are still connected."""
        return len(self._clients)

    def add(self, connection: socket.socket, number: int) -> None:
        """Refuse a client with errno ``number``."""
        while len(self._clients) >= MOST:
            self._drop(self._clients[0])
        connection.setblocking(False)
        client = _Refused(connection, number, time.monotonic() + MESSAGE_PATIENCE)
        self._clients.append(client)
        self._server.watch(connection.fileno(), partial(self._hear, client))

    def deadline(self) -> float | None:
        """When the time of the first client expires (``time.monotonic``); None without clients."""
        return min((client.deadline for client in self._clients), default=None)

    def expire(self) -> None:
        """Close the clients whose time has expired."""
        now = time.monotonic()
        for client in [client for client in self._clients if now > client.deadline]:
            self._drop(client)

    def _hear(self, client: _Refused) -> None:
        try:
            data, ancillary, _, _ = client.connection.recvmsg(LONG, ANCILLARY)
        except BlockingIOError:
            return
        except OSError:
            self._drop(client)
            return
        self._server.close_descriptors(descriptors(ancillary))
        client.head += data[: HEADER.size - len(client.head)]
        client.received += len(data)
        if not data:
            self._drop(client)
        elif len(client.head) == HEADER.size and not client.answered:
            identifier, command, size, _, _ = HEADER.unpack(client.head)
            if client.received >= size or size > protocol.MAX_MESSAGE:
                self._answer(client, identifier, command)

    def _answer(self, client: _Refused, identifier: int, command: int) -> None:
        flags = protocol.REPLY | protocol.ERROR
        client.answered = True
        client.deadline = time.monotonic() + LEAVE
        with suppress(OSError):  # the client has closed the connection
            client.connection.send(HEADER.pack(identifier, command, HEADER.size, flags, client.number))

    def _drop(self, client: _Refused) -> None:
        self._clients.remove(client)
        self._server.ignore(client.connection.fileno())
        drain(client.connection, self._server.close_descriptors)
        client.connection.close()

    def close(self) -> None:
        """See the class."""
        for client in list(self._clients):
            self._hear(client)
        for client in list(self._clients):
            self._drop(client)
