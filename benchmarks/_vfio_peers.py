"""The references of `vfio_user.py`: processes at the other side of a socket that do almost nothing.

    python benchmarks/_vfio_peers.py ROLE PATH

A role listens at PATH and serves one connection after the other until it is killed. They are as fast as Python allows:
a blocking ``recv``, and a ``send`` of prepared bytes.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from devgen.hosts.vfio_user import protocol
from devgen.hosts.vfio_user.protocol import HEADER, Command

CHECKOUT = Path(__file__).resolve().parents[1]
REPLY = bytes(36)

# --- the other ends: each serves one connection ---------------------------------------------------------------


def echo(connection: socket.socket) -> None:
    """Answers whatever arrives with as many bytes as a register read's reply has."""
    receive, send = connection.recv, connection.send
    while receive(4096):
        send(REPLY)


def sink(connection: socket.socket) -> None:
    """Takes as many bytes as the first 8 say, then answers; and again."""
    receive = connection.recv
    while head := receive(8, socket.MSG_WAITALL):
        left = int.from_bytes(head, "little")
        while left:
            left -= len(receive(1 << 16))
        connection.send(REPLY)


def bell(connection: socket.socket) -> None:
    """Is given an eventfd, and signals it for whatever arrives."""
    _, (fd, *_), _, _ = socket.recv_fds(connection, 4096, 1)
    receive, write = connection.recv, os.eventfd_write
    while receive(4096):
        write(fd, 1)
    os.close(fd)


def canned(connection: socket.socket) -> None:
    """A vfio-user device of one 4 KiB BAR whose registers all read alike: no more than QEMU insists on.

    A register's read or posted write, alone in what has come, costs it no more than `echo` spends.
    """
    config = bytearray(256)
    config[:4], config[8:12] = b"\x36\x1b\xf3\x00", b"\0\0\0\xff"
    receive, send = connection.recv, connection.send
    while data := receive(4096):
        if len(data) == 32 and data[2] == Command.REGION_READ and not data[24]:
            send(data[:2] + b"\x09\0\x24\0\0\0\1\0\0\0\0\0\0\0" + data[16:] + bytes(4))
        elif len(data) != 36 or data[8] != protocol.NO_REPLY:
            _answer(connection, config, data)


def _answer(connection: socket.socket, config: bytearray, data: bytes) -> None:
    while data:
        size = HEADER.unpack_from(data)[2] if len(data) >= HEADER.size else HEADER.size
        if len(data) < size:
            data += connection.recv(4096)
            continue
        identifier, command, _, flags, _ = HEADER.unpack_from(data)
        reply = _canned_reply(config, command, data[HEADER.size : size])
        if not flags & protocol.NO_REPLY:
            connection.send(HEADER.pack(identifier, command, HEADER.size + len(reply), protocol.REPLY, 0) + reply)
        data = data[size:]


def _canned_reply(config: bytearray, command: int, payload: bytes) -> bytes:
    match command:
        case Command.REGION_READ:
            offset, region, count = protocol.REGION_ACCESS.unpack(payload)
            data = config[offset : offset + count] if region == protocol.REGION_CONFIG else bytes(count)
            return payload + data
        case Command.REGION_WRITE:
            offset, region, count = protocol.REGION_ACCESS.unpack_from(payload)
            if region == protocol.REGION_CONFIG and offset in (4, 16):
                config[offset : offset + count] = payload[16:]
                config[16:18] = bytes((0, config[17] & 0xF0))  # BAR 0 is of 4 KiB
            return payload[:16]
        case Command.DEVICE_GET_INFO:
            return protocol.DEVICE_INFO.pack(16, 3, protocol.REGIONS, 5)
        case Command.DEVICE_GET_REGION_INFO:
            index = protocol.REGION_INFO.unpack_from(payload)[2]
            size = {0: 4096, protocol.REGION_CONFIG: 256}.get(index, 0)
            return protocol.REGION_INFO.pack(32, 3 if size else 0, index, 0, size, 0)
        case Command.DEVICE_GET_IRQ_INFO:
            return protocol.IRQ_INFO.pack(16, 0, protocol.IRQ_INFO.unpack(payload)[2], 0)
        case Command.VERSION:
            _, minor = protocol.VERSION.unpack_from(payload)
            return protocol.version_reply(minor, {"max_msg_fds": 8, "write_multiple": True}, len(payload))
        case Command.DMA_UNMAP:
            return payload[: protocol.DMA_UNMAP.size]
    return b""


ROLES: dict[str, Callable[[socket.socket], None]] = {each.__name__: each for each in (echo, sink, bell, canned)}


def main() -> None:
    """Be what the command line says."""
    role, path = sys.argv[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(path)
        listener.listen(1)
        print("listens", file=sys.stderr, flush=True)
        while True:
            connection, _ = listener.accept()
            with connection:
                ROLES[role](connection)


# --- starting them --------------------------------------------------------------------------------------------


@contextmanager
def listening(command: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    """A process that has said on standard error that it listens."""
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stderr is not None
            line = process.stderr.readline()
            if "listens" not in line:
                raise SystemExit(f"{command[1:]} does not listen: {line}{process.stderr.read()}")
            yield process
        finally:
            process.kill()


def peer(role: str, path: Path) -> list[str]:
    """The command of a role."""
    return [sys.executable, __file__, role, str(path)]


def served(device: str, path: Path) -> list[str]:
    """The command that serves a device of the catalogue."""
    return [sys.executable, "-m", "devgen", "serve", device, "--socket", str(path)]


if __name__ == "__main__":
    main()
