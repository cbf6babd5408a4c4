"""Clients that want too much: what they cost the server is bounded, and the next one is served."""

from __future__ import annotations

import os
import resource
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from vfio_client import BAR0, CONFIG, ERROR, MEMORY, Client, rung
from vfio_faults import alive

from devgen.hosts.vfio_user import VfioUserServer, protocol
from devgen.hosts.vfio_user.protocol import HEADER, Command, Irq, SetFlag

PATIENCE = "devgen.hosts.vfio_user.message_channel.PATIENCE"
READ_ALL = HEADER.pack(1, Command.REGION_READ, 32, 0, 0) + protocol.REGION_ACCESS.pack(0, MEMORY, 0x10000)
MAP = HEADER.pack(9, Command.DMA_MAP, 48, protocol.NO_REPLY, 0)


@contextmanager
def many_descriptors(most: int, held: int) -> Iterator[None]:
    """A process that may have ``most`` descriptors, and has ``held`` already."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    mine = [os.open(os.devnull, os.O_RDONLY) for _ in range(held)]
    try:
        yield
    finally:
        for fd in mine:
            os.close(fd)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_descriptors_beyond_those_that_select_takes(
    server: VfioUserServer, eventfds: Callable[[int], list[int]]
) -> None:
    fd, unmask = eventfds(2)
    with many_descriptors(4096, 1100), Client(server.path) as client:
        client.hello()
        client.set_irqs(Irq.INTX, SetFlag.EVENTFD | SetFlag.TRIGGER, 0, 1, [fd])
        client.set_irqs(Irq.INTX, SetFlag.EVENTFD | SetFlag.UNMASK, 0, 1, [unmask])
        client.write(CONFIG, 4, b"\x07\x00")
        client.map(0, 0x1000)
        client.write32(BAR0, 0x18, 4)
        client.write32(BAR0, 0x800, 1)
        for command, payload in ((Command.DMA_READ, b"abcd"), (Command.DMA_WRITE, b"")):
            asked = client.receive()
            assert asked.command == command
            body = asked.payload[:16] + payload
            client.send_raw(HEADER.pack(asked.identifier, command, 16 + len(body), protocol.REPLY, 0) + body)
        assert client.read32(BAR0, 0x20) == 1
        os.eventfd_write(unmask, 1)
        rings = 0
        for _ in range(1000):
            client.read32(BAR0, 0)
            rings += rung(fd)
        assert rings == 2  # when the copy was done, and on unmask
    alive(server)


def test_who_reads_no_replies_is_let_go(server: VfioUserServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PATIENCE, 0.1)
    with Client(server.path) as client:
        client.hello()
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            while True:
                client.socket.sendall(READ_ALL)
    alive(server)


def test_who_reads_replies_byte_by_byte_is_let_go(server: VfioUserServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PATIENCE, 0.1)
    over = threading.Event()
    with Client(server.path) as client:
        client.hello()

        def sip() -> None:
            with suppress(OSError):
                while not over.wait(0.002):
                    client.socket.recv(512)

        sipping = threading.Thread(target=sip)
        sipping.start()
        with suppress(BrokenPipeError, ConnectionResetError):
            for _ in range(100):
                client.socket.sendall(READ_ALL)
        deadline = time.monotonic() + 20
        while server.connected and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not server.connected
        over.set()
        sipping.join(20)
    alive(server)


def test_a_message_that_never_ends_is_kept_no_longer_than_a_message_may_be(
    client: Client, server: VfioUserServer
) -> None:
    client.send_raw(HEADER.pack(1, Command.REGION_WRITE, protocol.MAX_MESSAGE, 0, 0))
    client.socket.sendall(bytes(protocol.MAX_MESSAGE - HEADER.size))
    assert client.receive().flags & ERROR  # a write of no bytes
    assert client.read32(BAR0, 0) == 0x444D4131


def test_mappings_have_a_limit(client: Client, server: VfioUserServer) -> None:
    for first in range(0, protocol.MAX_MAPS + 2000, 1000):
        client.socket.sendall(
            b"".join(MAP + protocol.DMA_MAP.pack(32, 3, 0, at << 12, 0x1000) for at in range(first, first + 1000))
        )
    assert client.map(1 << 60, 0x1000).error == 28
    assert len(server.memory) == protocol.MAX_MAPS
    assert client.read32(BAR0, 0) == 0x444D4131
    assert not client.unmap(0, 0, flags=2).error
    assert not client.map(1 << 60, 0x1000).error


@pytest.mark.parametrize("sealed", [True, False])
def test_mappings_of_files_have_a_limit(
    client: Client, server: VfioUserServer, memory: int, monkeypatch: pytest.MonkeyPatch, sealed: bool
) -> None:
    monkeypatch.setattr("devgen.hosts.vfio_user.client_memory.MOST_FILES", 100)
    fd = memory if sealed else os.memfd_create("shrinkable")
    os.ftruncate(fd, 1 << 20)
    errors = [client.map(at << 12, 0x1000, fd).error for at in range(110)]
    assert errors == [0] * 100 + [28] * 10
    assert not client.map(1 << 40, 0x1000).error
    if not sealed:
        os.close(fd)


def test_files_without_end_leave_descriptors_for_the_next_client(server: VfioUserServer) -> None:
    with many_descriptors(len(os.listdir("/proc/self/fd")) + 40, 0):
        with Client(server.path) as client:
            client.hello()
            errors = set()
            for at in range(200):
                fd = os.memfd_create("shrinkable")
                os.ftruncate(fd, 0x1000)
                with suppress(OSError):
                    errors.add(client.map(at << 12, 0x1000, fd).error)
                os.close(fd)
                if len(errors) > 1:
                    break
        alive(server)


def test_a_snapshot_does_not_need_the_client(client: Client, server: VfioUserServer, tmp_path: Path) -> None:
    client.map(0, 1 << 40)
    assert server.call(server.save_state)["device"]
