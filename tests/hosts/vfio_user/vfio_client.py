"""A vfio-user client for tests: one message at a time, by hand, with whatever is wrong about it."""

from __future__ import annotations

import array
import json
import os
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from devgen.hosts.vfio_user import protocol
from devgen.hosts.vfio_user.protocol import HEADER, Command

BAR0, PORTS, MEMORY, TABLES, CONFIG = 0, 1, 2, 4, 7
"""Regions of the catalogue's dma-engine."""

NO_REPLY, ERROR, REPLY = protocol.NO_REPLY, protocol.ERROR, protocol.REPLY
OFFER = {"capabilities": {"max_msg_fds": 16, "max_data_xfer_size": 1 << 20, "write_multiple": True}}


@dataclass
class Reply:
    """One message from the server."""

    identifier: int
    command: int
    flags: int
    error: int
    payload: bytes
    fds: list[int]


class Client:
    """A connection to a server."""

    def __init__(self, path: Path, timeout: float = 10) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        self.socket.connect(str(path))
        self.identifier = 0

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- messages ----------------------------------------------------------------------------

    def send_raw(self, data: bytes, fds: Sequence[int] = ()) -> None:
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        sent = self.socket.sendmsg([data], rights)
        if sent < len(data):
            self.socket.sendall(data[sent:])

    def send(self, command: int, payload: bytes = b"", fds: Sequence[int] = (), flags: int = 0) -> int:
        self.identifier = (self.identifier + 1) & 0xFFFF
        self.send_raw(HEADER.pack(self.identifier, command, HEADER.size + len(payload), flags, 0) + payload, fds)
        return self.identifier

    def receive(self) -> Reply:
        data, ancillary, _, _ = self.socket.recvmsg(HEADER.size, socket.CMSG_SPACE(253 * 4))
        fds = array.array("i")
        for _, _, rights in ancillary:
            fds.frombytes(rights)
        data += self._exactly(HEADER.size - len(data))
        identifier, command, size, flags, error = HEADER.unpack(data)
        return Reply(identifier, command, flags, error, self._exactly(size - HEADER.size), list(fds))

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            piece = self.socket.recv(count - len(data))
            if not piece:
                raise ConnectionError("the server has closed the connection")
            data += piece
        return data

    def ask(self, command: int, payload: bytes = b"", fds: Sequence[int] = ()) -> Reply:
        identifier = self.send(command, payload, fds)
        reply = self.receive()
        assert (reply.identifier, reply.command, reply.flags & protocol.TYPE_MASK) == (identifier, command, REPLY)
        if reply.flags & ERROR:
            assert reply.payload == b""
        return reply

    def closed(self) -> bool:
        """Whether the server has closed the connection (after what it has still said)."""
        try:
            while self.socket.recv(1 << 16):
                pass
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False
        return True

    # --- what a client does --------------------------------------------------------------------

    def hello(self, offer: object = OFFER) -> Reply:
        data = json.dumps(offer).encode() + b"\0"
        return self.ask(Command.VERSION, protocol.VERSION.pack(0, 1) + data)

    def read(self, region: int, offset: int, count: int) -> bytes:
        reply = self.ask(Command.REGION_READ, protocol.REGION_ACCESS.pack(offset, region, count))
        assert not reply.flags & ERROR, os.strerror(reply.error)
        assert protocol.REGION_ACCESS.unpack_from(reply.payload) == (offset, region, count)
        return reply.payload[protocol.REGION_ACCESS.size :]

    def read32(self, region: int, offset: int) -> int:
        return int.from_bytes(self.read(region, offset, 4), "little")

    def write(self, region: int, offset: int, data: bytes) -> None:
        reply = self.ask(Command.REGION_WRITE, protocol.REGION_ACCESS.pack(offset, region, len(data)) + data)
        assert not reply.flags & ERROR, os.strerror(reply.error)
        assert reply.payload == protocol.REGION_ACCESS.pack(offset, region, len(data))

    def write32(self, region: int, offset: int, value: int) -> None:
        self.write(region, offset, value.to_bytes(4, "little"))

    def post(self, region: int, offset: int, data: bytes) -> None:
        payload = protocol.REGION_ACCESS.pack(offset, region, len(data)) + data
        self.send(Command.REGION_WRITE, payload, flags=NO_REPLY)

    def region_info(self, index: int, argsz: int = 32) -> tuple[tuple[int, ...], bytes, list[int]]:
        request = protocol.REGION_INFO.pack(argsz, 0, index, 0, 0, 0)
        reply = self.ask(Command.DEVICE_GET_REGION_INFO, request)
        assert not reply.flags & ERROR
        assert len(reply.payload) <= argsz
        return protocol.REGION_INFO.unpack_from(reply.payload), reply.payload[32:], reply.fds

    def map(self, address: int, size: int, fd: int | None = None, offset: int = 0, flags: int = 3) -> Reply:
        request = protocol.DMA_MAP.pack(32, flags, offset, address, size)
        return self.ask(Command.DMA_MAP, request, () if fd is None else (fd,))

    def unmap(self, address: int, size: int, flags: int = 0) -> Reply:
        return self.ask(Command.DMA_UNMAP, protocol.DMA_UNMAP.pack(24, flags, address, size))

    def set_irqs(
        self, index: int, flags: int, start: int, count: int, fds: Sequence[int] = (), data: bytes = b""
    ) -> Reply:
        request = protocol.IRQ_SET.pack(20 + len(data), flags, index, start, count) + data
        return self.ask(Command.DEVICE_SET_IRQS, request, fds)


def rung(fd: int) -> int:
    """How often an eventfd has been signalled since the last look."""
    try:
        return struct.unpack("=Q", os.read(fd, 8))[0]  # type: ignore[no-any-return]
    except BlockingIOError:
        return 0
