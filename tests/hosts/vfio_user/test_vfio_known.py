"""Accesses that came before take a short way: it leads to the same bytes, and is left when something has changed."""

from __future__ import annotations

import os
import select
import socket
import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vfio_client import BAR0, CONFIG, NO_REPLY, Client

from devgen.hosts.vfio_user import VfioUserServer, protocol
from devgen.hosts.vfio_user import known_accesses as known
from devgen.hosts.vfio_user.protocol import HEADER, Command
from devgen.runtime.base.plain_state import Json
from devgen.runtime.machine.device_registry import Registry
from devgen.runtime.memory.access import ObservedOps

ID, SCRATCH, BELL = 0x00, 0x24, 0x800
RAM, TABLES = 2, 4


def message(identifier: int, command: int, payload: bytes, flags: int = 0, error: int = 0) -> bytes:
    return HEADER.pack(identifier, command, HEADER.size + len(payload), flags, error) + payload


def access(offset: int, region: int, count: int) -> bytes:
    return protocol.REGION_ACCESS.pack(offset, region, count)


class Pair:
    """A server that is run step by step, and its client."""

    def __init__(self, folder: Path, device: str = "dma-engine", short_way: bool = True) -> None:
        self.server = VfioUserServer(Registry().find(device), folder / "socket")
        if not short_way:
            self.server.regions.reader = lambda *_: None  # type: ignore[method-assign]
            self.server.regions.writer = lambda *_: None  # type: ignore[method-assign]
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(str(folder / "socket"))
        self.socket.setblocking(False)
        self.server.step(0)
        self.server.urgent.add(-1)  # so that it does not wait for what may follow
        self.exchange(message(0, Command.VERSION, protocol.VERSION.pack(0, 1)))

    def exchange(self, *pieces: bytes) -> bytes:
        """What the server answers to the pieces, sent one after the other."""
        for piece in pieces:
            self.socket.sendall(piece)
            self.server.step(0)
        for _ in range(3):
            self.server.step(0)
        return self.received()

    def received(self) -> bytes:
        data = b""
        while select.select([self.socket], [], [], 0)[0]:
            piece = self.socket.recv(1 << 16)
            if not piece:
                return data + b"(closed)"
            data += piece
        return data

    def close(self) -> None:
        self.socket.close()
        self.server.close()


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    pair = Pair(tmp_path)
    yield pair
    pair.close()


# Some are right, some wrong in one thing, some in all.
COUNTS = st.sampled_from([1, 2, 4, 4, 8]) | st.integers(0, 17)
PLACES = st.tuples(
    st.sampled_from([ID, SCRATCH, 0x08, 0x25, BELL]) | st.integers(0, 0x1010),
    st.sampled_from([0, 0, 0, 1, RAM, TABLES, CONFIG]) | st.integers(0, 10),
    COUNTS,
)
FLAGS = st.sampled_from([0, 0, 0, NO_REPLY, NO_REPLY, 0x40])
READS = st.builds(
    lambda place, flags, error, more: (Command.REGION_READ, access(*place) + more, flags, error),
    PLACES, FLAGS, st.sampled_from([0, 0, 0, 5]), st.sampled_from([b"", b"", b"", b"behind"]),
)  # fmt: skip
WRITES = st.builds(
    lambda place, flags, data, extra: (
        Command.REGION_WRITE, access(*place) + data[: max(place[2] + extra, 0)], flags, 0
    ),
    PLACES, FLAGS, st.binary(min_size=24, max_size=24), st.sampled_from([0, 0, 0, 0, 3, -1]),
)  # fmt: skip
MANY = st.builds(
    lambda entries, count, flags: (
        Command.REGION_WRITE_MULTI,
        protocol.MULTI_COUNT.pack(len(entries) + count)
        + b"".join(access(*place) + data for place, data in entries), flags, 0,
    ),
    st.lists(st.tuples(PLACES, st.binary(min_size=8, max_size=8)), max_size=3),
    st.sampled_from([0, 0, 0, 1]), FLAGS,
)  # fmt: skip


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.lists(READS | WRITES | MANY, min_size=1, max_size=12), st.lists(st.integers(0, 400), max_size=4))
def test_the_short_way_gives_the_same_bytes_and_the_same_device(
    messages: list[tuple[Command, bytes, int, int]], cuts: list[int]
) -> None:
    with TemporaryDirectory() as short, TemporaryDirectory() as long:
        pairs = Pair(Path(short)), Pair(Path(long), short_way=False)
        try:
            for turn in range(3):
                sent = b"".join(message(at | turn << 8, *what) for at, what in enumerate(messages))
                at = [0, *sorted(cut % len(sent) for cut in cuts), len(sent)]
                pieces = [sent[start:end] for start, end in pairwise(at)]
                ours, specified = (pair.exchange(*pieces) for pair in pairs)
                assert ours == specified
            states: list[Json] = [pair.server.device.save_state() for pair in pairs]
            assert states[0] == states[1]
        finally:
            for pair in pairs:
                pair.close()


class Heard(list[tuple[int, int]]):
    """Accesses: (offset, value)."""

    def before(self, write: bool, offset: int, size: int, value: int) -> None:
        pass

    def after(self, write: bool, offset: int, size: int, value: int) -> None:
        self.append((offset, value))


def test_an_observer_that_comes_later_hears_accesses_that_came_before(pair: Pair) -> None:
    read = message(1, Command.REGION_READ, access(SCRATCH, BAR0, 4))
    write = message(2, Command.REGION_WRITE, access(SCRATCH, BAR0, 4) + b"\x05\0\0\0")
    many = message(3, Command.REGION_WRITE_MULTI, protocol.MULTI_COUNT.pack(1) + access(SCRATCH, BAR0, 4) + b"\x06" * 8)
    for _ in range(2):
        pair.exchange(read, write, many)
    heard = Heard()
    region = pair.server.device.regions["registers"]
    with pair.server.transaction():
        region.ops, plain = ObservedOps(region.ops, heard), region.ops  # type: ignore[arg-type]
    pair.exchange(read, write, many)
    assert heard == [(SCRATCH, 0x06060606), (SCRATCH, 5), (SCRATCH, 0x06060606)]
    with pair.server.transaction():
        region.ops = plain
    pair.exchange(read, write, many)
    assert len(heard) == 3


def test_a_client_cannot_make_it_keep_ever_more(pair: Pair) -> None:
    session = pair.server._session
    assert session is not None
    assert session._known._actions.limit == session._known._writers.limit == known.LIMIT
    session._known._actions.limit = session._known._writers.limit = 8
    for at in range(0, 80, 4):
        pair.exchange(message(at, Command.REGION_READ, access(at, RAM, 4)))
        many = protocol.MULTI_COUNT.pack(1) + access(at, RAM, 4) + bytes(8)
        pair.exchange(message(at, Command.REGION_WRITE_MULTI, many))
    assert max(len(session._known._actions), len(session._known._writers)) <= 8


def test_a_session_that_ends_leaves_nothing_with_the_device(pair: Pair) -> None:
    listeners = [space.on_stale for space in pair.server.regions._spaces.values()]
    assert all(listeners)
    pair.socket.close()
    pair.server.step(0)
    assert not any(listeners)


def test_descriptors_with_a_known_access_are_closed(pair: Pair, memory: int) -> None:
    read = message(1, Command.REGION_READ, access(ID, BAR0, 4))
    expected = pair.exchange(read)
    socket.send_fds(pair.socket, [read], [memory] * 3)
    assert pair.exchange() == expected
    socket.send_fds(pair.socket, [read], [memory] * 17)
    assert HEADER.unpack(pair.exchange())[3] & protocol.ERROR


def test_descriptors_that_pile_up_before_one_message_are_too_many(pair: Pair, memory: int) -> None:
    read = message(1, Command.REGION_READ, access(ID, BAR0, 4))
    for at in range(31):
        socket.send_fds(pair.socket, [read[at : at + 1]], [memory])
        pair.server.step(0)
    assert HEADER.unpack(pair.exchange(read[31:]))[3] & protocol.ERROR


def test_what_arrives_with_the_reply_to_a_timers_dma_is_served(tmp_path: Path) -> None:
    pair = Pair(tmp_path, "edu")
    try:
        pair.exchange(message(1, Command.DMA_MAP, protocol.DMA_MAP.pack(32, 3, 0, 0, 0x1000)))
        pair.exchange(message(2, Command.REGION_WRITE, access(4, CONFIG, 2) + b"\x06\0"))
        for offset, value in ((0x80, 0), (0x88, 0x40000), (0x90, 8), (0x98, 1)):
            pair.exchange(message(3, Command.REGION_WRITE, access(offset, BAR0, 8) + value.to_bytes(8, "little")))
        client = threading.Thread(target=answer_and_ask, args=(pair.socket,))
        client.start()
        while pair.server.clocks.virtual.next_deadline() is not None:
            pair.server.step(1)
        client.join(10)
        assert HEADER.unpack_from(pair.received())[:2] == (9, Command.REGION_READ)
    finally:
        pair.close()


def answer_and_ask(link: socket.socket) -> None:
    """The client of that test: its next request follows the reply at once, and nothing after it."""
    select.select([link], [], [], 10)
    request = link.recv(100)
    identifier, command, *_ = HEADER.unpack_from(request)
    reply = message(identifier, command, request[16:] + bytes(8), protocol.REPLY)
    link.sendall(reply + message(9, Command.REGION_READ, access(ID, BAR0, 4)))


@pytest.mark.slow
def test_a_client_that_never_pauses_keeps_nobody_waiting(client: Client, server: VfioUserServer) -> None:
    done = threading.Event()

    def hammer() -> None:
        while not done.is_set():
            client.read32(BAR0, ID)

    busy = threading.Thread(target=hammer)
    busy.start()
    try:
        with Client(server.path) as second:
            assert second.closed()
    finally:
        done.set()
        busy.join(10)


def test_only_doorbells_and_unmaskers_interrupt_a_burst(client: Client, server: VfioUserServer) -> None:
    client.read32(BAR0, ID)
    assert not server.urgent
    reply = client.ask(Command.DEVICE_GET_REGION_IO_FDS, protocol.IO_FDS.pack(56, 0, BAR0, 0))
    assert len(server.urgent) == len(reply.fds) == 1
    os.close(reply.fds[0])
