"""Clients that come and go ten thousand times, each in a way of its own: the server's process keeps nothing of them.

Server and client share a thread: what the client sends waits in the socket until the server takes a step.
"""

from __future__ import annotations

import gc
import os
import random
import signal
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from vfio_client import BAR0, CONFIG, MEMORY, Client
from vfio_faults import fds, maps

from devgen.hosts.vfio_user import VfioUserServer, protocol
from devgen.hosts.vfio_user.protocol import HEADER, Command, Irq, SetFlag
from devgen.runtime.machine.device_registry import Registry

CYCLES = 10_000
KILLS = 150
EVENTFD = SetFlag.EVENTFD | SetFlag.TRIGGER
KIB = 1024


@pytest.fixture
def server(tmp_path: Path) -> Iterator[VfioUserServer]:
    """One that takes steps when it is told to."""
    with VfioUserServer(Registry().find("dma-engine"), tmp_path / "s") as server:
        yield server


def resident() -> int:
    """Memory of this process in KiB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") // KIB


def settle(server: VfioUserServer, done: Callable[[], bool]) -> None:
    """Let the server work until it is done with what has been sent."""
    for _ in range(10_000):
        server.step(0)
        if done():
            return
    raise AssertionError("the server does not come to an end")


def attach(client: Client, memory: int, eventfds: list[int]) -> None:
    """All that a VMM does, without waiting for an answer."""
    offer = b'{"capabilities": {"max_msg_fds": 16, "write_multiple": true}}\0'
    client.send(Command.VERSION, protocol.VERSION.pack(0, 1) + offer + bytes(64))
    for at in range(3):
        client.send(Command.DMA_MAP, protocol.DMA_MAP.pack(32, 3, 0, at << 16, 0x1000), [memory])
    client.send(Command.DMA_MAP, protocol.DMA_MAP.pack(32, 3, 0, 1 << 32, 0x1000))
    for index in (0, MEMORY, CONFIG):
        client.send(Command.DEVICE_GET_REGION_INFO, protocol.REGION_INFO.pack(32, 0, index, 0, 0, 0))
    client.send(Command.DEVICE_SET_IRQS, protocol.IRQ_SET.pack(20, EVENTFD, Irq.MSIX, 0, 8), eventfds[:8])
    client.send(Command.DEVICE_SET_IRQS, protocol.IRQ_SET.pack(20, EVENTFD, Irq.INTX, 0, 1), eventfds[8:9])
    unmask = SetFlag.EVENTFD | SetFlag.UNMASK
    client.send(Command.DEVICE_SET_IRQS, protocol.IRQ_SET.pack(20, unmask, Irq.INTX, 0, 1), eventfds[9:10])
    client.send(Command.DEVICE_GET_REGION_IO_FDS, protocol.IO_FDS.pack(56, 0, BAR0, 0))
    client.send(Command.REGION_WRITE, protocol.REGION_ACCESS.pack(4, CONFIG, 2) + b"\7\0")
    client.send(Command.REGION_WRITE, protocol.REGION_ACCESS.pack(0x18, BAR0, 4) + b"\4\0\0\0")


MAP = HEADER.pack(9, Command.DMA_MAP, 48, 0, 0) + protocol.DMA_MAP.pack(32, 3, 0, 1 << 20, 0x1000)


def _in_order(client: Client, _memory: int) -> None:
    client.send(Command.DMA_UNMAP, protocol.DMA_UNMAP.pack(24, 2, 0, 0))


def _nothing_said(_client: Client, _memory: int) -> None:
    """It just goes."""


def _in_a_header(client: Client, memory: int) -> None:
    client.send_raw(MAP[:7], [memory, memory])


def _in_a_payload(client: Client, memory: int) -> None:
    client.send_raw(MAP[:40], [memory])


def _one_side_only(client: Client, _memory: int) -> None:
    client.socket.shutdown(socket.SHUT_WR)


def _reset(client: Client, memory: int) -> None:
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.send_raw(MAP * 3, [memory])


def _nonsense(client: Client, memory: int) -> None:
    client.send_raw(b"\xff" * 100, [memory] * 20)


def _too_many_descriptors(client: Client, memory: int) -> None:
    client.send_raw(MAP, [memory] * 200)


def _while_it_is_asked_for_memory(client: Client, _memory: int) -> None:
    client.send(Command.REGION_WRITE, protocol.REGION_ACCESS.pack(0x08, BAR0, 8) + (1 << 32).to_bytes(8, "little"))
    client.send(Command.REGION_WRITE, protocol.REGION_ACCESS.pack(0x800, BAR0, 4) + b"\1\0\0\0")


WAYS = (
    _in_order, _nothing_said, _in_a_header, _in_a_payload, _one_side_only, _reset, _nonsense, _too_many_descriptors,
    _while_it_is_asked_for_memory,
)  # fmt: skip


@pytest.mark.slow
def test_ten_thousand_clients_leave_nothing_behind(
    server: VfioUserServer, memory: int, eventfds: Callable[[int], list[int]]
) -> None:
    interrupts = eventfds(10)
    before: tuple[int, int] | None = None
    resident_before = 0
    for cycle in range(CYCLES):
        with Client(server.path) as client:
            attach(client, memory, interrupts)
            if cycle % 3:  # else all that it has said is still to be read when it goes
                settle(server, lambda: len(server.memory) == 4)
            with suppress(BrokenPipeError, ConnectionResetError):
                WAYS[cycle % len(WAYS)](client, memory)
        server.step(0)
        settle(server, lambda: not server.connected)
        if cycle % 500 == 99:
            now = fds(), maps()
            before = before or now
            assert now == before, cycle
        if cycle == 1000:
            resident_before = resident()
    assert resident() - resident_before < 2 * KIB


def test_clients_leave_no_reference_cycles(
    server: VfioUserServer, memory: int, eventfds: Callable[[int], list[int]]
) -> None:
    """Python may collect cycles late: once they are a quarter of all that it keeps, in a process that keeps much."""
    interrupts = eventfds(10)
    gc.collect()
    gc.disable()
    try:
        for way in WAYS * 3:
            with Client(server.path) as client:
                attach(client, memory, interrupts)
                settle(server, lambda: len(server.memory) == 4)
                with suppress(BrokenPipeError, ConnectionResetError):
                    way(client, memory)
            settle(server, lambda: not server.connected)
            if way is WAYS[-1]:
                assert gc.collect() < len(WAYS), "at most what the first clients cause"
    finally:
        gc.enable()


@pytest.mark.parametrize("message", [MAP, HEADER.pack(9, Command.DEVICE_SET_IRQS, 36, 0, 0) + protocol.IRQ_SET.pack(
    20, EVENTFD, Irq.MSIX, 0, 2)], ids=["DMA_MAP", "SET_IRQS"])  # fmt: skip
@pytest.mark.parametrize("descriptors", [0, 1, 2, 17])
def test_a_client_that_dies_anywhere_in_a_message(
    server: VfioUserServer, eventfds: Callable[[int], list[int]], message: bytes, descriptors: int
) -> None:
    given = eventfds(1) * descriptors
    before: int | None = None
    for cut in range(len(message) + 1):
        with Client(server.path) as client:
            client.send(Command.VERSION, protocol.VERSION.pack(0, 1))
            if cut:
                client.send_raw(message[:cut], given)
        settle(server, lambda: server.connected)
        settle(server, lambda: not server.connected)
        now = fds()
        assert before is None or now <= before, cut  # fewer: a collection closed what an earlier test had left
        before = now


@pytest.mark.slow
def test_clients_that_are_killed(server: VfioUserServer, memory: int, eventfds: Callable[[int], list[int]]) -> None:
    interrupts = eventfds(10)
    choose = random.Random(4)
    with Client(server.path) as client:  # whatever is made for the first one stays
        attach(client, memory, interrupts)
        settle(server, server.device.may_master)
    settle(server, lambda: not server.connected)
    before = fds(), maps()
    for _ in range(KILLS):
        child = os.fork()
        if not child:
            _talk_until_killed(server.path, memory, interrupts)
        settle_with(server, lambda: len(server.memory) > 0)
        until = time.monotonic() + choose.random() * 0.003
        while time.monotonic() < until:
            server.step(0.001)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        settle_with(server, lambda: not server.connected)
        assert (fds(), maps()) == before


def settle_with(server: VfioUserServer, done: Callable[[], bool]) -> None:
    """As ``settle``, for a client that is another process."""
    for _ in range(20_000):
        server.step(0.001)
        if done():
            return
    raise AssertionError("the server does not come to an end")


def _talk_until_killed(path: Path, memory: int, interrupts: list[int]) -> None:
    try:
        client = Client(path)
        attach(client, memory, interrupts)
        client.socket.setblocking(False)
        while True:
            with suppress(BlockingIOError):
                client.socket.send(MAP[: random.randrange(1, 48)])
                client.socket.recv(1 << 16)
    finally:
        os._exit(1)
