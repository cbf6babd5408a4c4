"""Messages of a real session, changed at random: thousands of them, and the server takes the next client each time.

Server and client share a thread, as in `test_vfio_cycles`. What the server asks for (DMA_READ) stays unanswered.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from vfio_client import BAR0, CONFIG, MEMORY, PORTS, TABLES, Client
from vfio_faults import ID, fds

from devgen.hosts.vfio_user import VfioUserServer, protocol
from devgen.hosts.vfio_user.protocol import HEADER, Command, Irq, SetFlag
from devgen.runtime.machine.device_registry import Registry

ROUNDS = 2500
SEEDS = range(2)
NUMBERS = (0, 1, 2, 3, 7, 8, 15, 16, 31, 32, 64, 255, 256, 4095, 4096, 0xFFFF, 1 << 20, 1 << 31, (1 << 32) - 1)

Said = tuple[bytes, int]
"""A message, and how many descriptors go with it."""


def corpus() -> list[Said]:
    """What a client says that means well."""
    access, irqs = protocol.REGION_ACCESS.pack, protocol.IRQ_SET.pack
    write = protocol.MULTI_WRITE.pack(0x24, BAR0, 4, bytes(8))
    eventfd, none = SetFlag.EVENTFD | SetFlag.TRIGGER, SetFlag.NONE | SetFlag.TRIGGER
    commands: list[tuple[int, bytes, int]] = [
        (Command.VERSION, protocol.VERSION.pack(0, 1) + b'{"capabilities": {"max_msg_fds": 16}}\0', 0),
        (Command.DMA_MAP, protocol.DMA_MAP.pack(32, 3, 0, 0, 0x10000), 1),
        (Command.DMA_MAP, protocol.DMA_MAP.pack(32, 3, 0, 1 << 32, 0x10000), 0),
        (Command.DMA_UNMAP, protocol.DMA_UNMAP.pack(24, 0, 0, 0x20000), 0),
        (Command.DEVICE_GET_INFO, protocol.DEVICE_INFO.pack(16, 0, 0, 0), 0),
        (Command.DEVICE_GET_REGION_INFO, protocol.REGION_INFO.pack(32, 0, MEMORY, 0, 0, 0), 0),
        (Command.DEVICE_GET_REGION_IO_FDS, protocol.IO_FDS.pack(56, 0, BAR0, 0), 0),
        (Command.DEVICE_GET_IRQ_INFO, protocol.IRQ_INFO.pack(16, 0, Irq.MSIX, 0), 0),
        (Command.DEVICE_SET_IRQS, irqs(20, eventfd, Irq.MSIX, 0, 3), 3),
        (Command.DEVICE_SET_IRQS, irqs(20, eventfd, Irq.INTX, 0, 1), 1),
        (Command.DEVICE_SET_IRQS, irqs(20, SetFlag.EVENTFD | SetFlag.UNMASK, Irq.INTX, 0, 1), 1),
        (Command.DEVICE_SET_IRQS, irqs(20, none, Irq.MSIX, 0, 0), 0),
        (Command.DEVICE_SET_IRQS, irqs(24, SetFlag.BOOL | SetFlag.MASK, Irq.MSI, 0, 4) + b"\1\0\1\0", 0),
        (Command.REGION_READ, access(0, BAR0, 4), 0),
        (Command.REGION_READ, access(0, CONFIG, 256), 0),
        (Command.REGION_READ, access(0x800, TABLES, 8), 0),
        (Command.REGION_WRITE, access(4, CONFIG, 2) + b"\7\0", 0),
        (Command.REGION_WRITE, access(0, TABLES, 16) + bytes(16), 0),
        (Command.REGION_WRITE, access(0x08, BAR0, 8) + (1 << 32).to_bytes(8, "little"), 0),
        (Command.REGION_WRITE, access(0x18, BAR0, 4) + b"\x40\0\0\0", 0),
        (Command.REGION_WRITE, access(0x800, BAR0, 4) + b"\1\0\0\0", 0),
        (Command.REGION_WRITE, access(0, PORTS, 4) + bytes(4), 0),
        (Command.REGION_WRITE_MULTI, protocol.MULTI_COUNT.pack(3) + 3 * write, 0),
        (Command.DEVICE_RESET, b"", 0),
    ]
    return [(HEADER.pack(7, number, HEADER.size + len(body), 0, 0) + body, count) for number, body, count in commands]


class Mutator:
    """Changes messages by chance."""

    def __init__(self, seed: int) -> None:
        self.choose = random.Random(seed)
        self.corpus = corpus()

    def message(self) -> Said:
        data, count = self.choose.choice(self.corpus)
        changed = bytearray(data)
        for _ in range(self.choose.choice((0, 0, 1, 1, 2, 5))):
            self.change(changed)
        if self.choose.random() < 0.8 and len(changed) >= 8:  # the size fits, so that the rest is looked at
            changed[4:8] = len(changed).to_bytes(4, "little")
        if self.choose.random() < 0.1:
            count = self.choose.choice((0, 1, 2, 8, 17, 100))
        return bytes(changed), count

    def change(self, data: bytearray) -> None:
        at = self.choose.randrange(len(data)) if data else 0
        match self.choose.randrange(6):
            case 0:
                data[at : at + 1] = self.choose.randbytes(1)
            case 1:
                size = self.choose.choice((1, 2, 4, 8))
                number = self.choose.choice(NUMBERS) & (1 << 8 * size) - 1
                data[at - at % 4 : at - at % 4 + size] = number.to_bytes(size, "little")
            case 2:
                del data[at:]
            case 3:
                data += self.choose.randbytes(self.choose.choice((1, 4, 16, 100)))
            case 4:
                data[8:12] = self.choose.choice((0, 0x10, 0x10, 1, 0x21, 2, 0xFFFFFFFF)).to_bytes(4, "little")
            case 5:
                data[2:4] = self.choose.randrange(20).to_bytes(2, "little")


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[VfioUserServer]:
    """One that takes steps when it is told to, and has little patience."""
    monkeypatch.setattr("devgen.hosts.vfio_user.message_channel.PATIENCE", 0.005)
    monkeypatch.setattr("devgen.hosts.vfio_user.client_session.DMA_PATIENCE", 0.001)
    with VfioUserServer(Registry().find("dma-engine"), tmp_path / "s") as server:
        yield server


def settle(server: VfioUserServer, connected: bool) -> None:
    for _ in range(10_000):
        server.step(0)
        if server.connected == connected:
            return
    raise AssertionError("the server does not come to an end")


def hear(client: Client) -> bytes:
    """All that has been answered."""
    heard = b""
    with suppress(BlockingIOError, ConnectionResetError):
        while piece := client.socket.recv(1 << 20):
            heard += piece
    return heard


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_changed_messages(server: VfioUserServer, memory: int, eventfds: Callable[[int], list[int]], seed: int) -> None:
    mutator = Mutator(seed)
    given = [memory, *eventfds(3)]
    hello = mutator.corpus[0][0]
    before: int | None = None
    for turn in range(ROUNDS):
        with Client(server.path) as client:
            client.socket.setblocking(False)
            client.send_raw(hello)
            with suppress(BrokenPipeError, ConnectionResetError, BlockingIOError):
                for _ in range(mutator.choose.randrange(1, 12)):
                    data, count = mutator.message()
                    fds_given = [mutator.choose.choice(given) for _ in range(count)] if count > 3 else given[:count]
                    if data:
                        client.send_raw(data, fds_given)
                    if mutator.choose.random() < 0.5:
                        server.step(0)
                        hear(client)
        server.step(0)
        settle(server, False)
        if turn % 250 == 50:
            before = before or fds()
            assert fds() == before
            next_client(server, hello)
    assert len(server.memory) == 0


def next_client(server: VfioUserServer, hello: bytes) -> None:
    with Client(server.path) as client:
        client.send_raw(hello + HEADER.pack(8, Command.REGION_READ, 32, 0, 0) + protocol.REGION_ACCESS.pack(0, BAR0, 4))
        settle(server, True)
        server.step(0)
        client.socket.setblocking(False)
        assert hear(client).endswith(ID.to_bytes(4, "little"))
    settle(server, False)


@pytest.mark.parametrize("seed", SEEDS)
def test_any_bytes_at_all(server: VfioUserServer, memory: int, seed: int) -> None:
    choose = random.Random(seed)
    hello = corpus()[0][0]
    before = 0
    for turn in range(ROUNDS):
        with Client(server.path) as client, suppress(BrokenPipeError, ConnectionResetError):
            if turn % 2:
                client.send_raw(hello)
            client.send_raw(choose.randbytes(choose.choice((1, 15, 16, 17, 64, 1000))), [memory] * choose.randrange(3))
        server.step(0)
        settle(server, False)
        if turn == 10:
            before = fds()
    next_client(server, hello)
    assert fds() == before
    assert os.fstat(memory).st_size == 1 << 20
