"""What a device sends: collected, written in blocks, kept in a bounded backlog while the other side is slow."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devgen.runtime.device.byte_stream import ByteStream
from devgen.runtime.machine import stream_outputs
from devgen.runtime.machine.socket_backend import SocketBackend
from devgen.runtime.machine.stream_backends import FileBackend
from devgen.runtime.machine.stream_outputs import BACKLOG, BLOCK, StreamOutput
from devgen.runtime.machine.terminal_backends import PtyBackend


class Loop:
    """An event loop that looks when it is told to."""

    def __init__(self) -> None:
        self.watched: dict[int, Callable[[], None]] = {}
        self.woken = 0

    def watch_event(self, fd: int, callback: Callable[[], None]) -> None:
        self.watched[fd] = callback

    def unwatch_event(self, fd: int) -> None:
        del self.watched[fd]

    def wake(self) -> None:
        self.woken += 1


@pytest.fixture
def loop() -> Loop:
    return Loop()


@pytest.fixture
def stream() -> ByteStream:
    return ByteStream("serial")


@pytest.fixture
def door(tmp_path: Path) -> Iterator[SocketBackend]:
    backend = SocketBackend(tmp_path / "line")
    yield backend
    backend.close()


@pytest.fixture
def reader(door: SocketBackend) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(door.where)
        door.read(1)
        client.setblocking(False)
        yield client


@pytest.fixture
def output(stream: ByteStream, door: SocketBackend, loop: Loop) -> Iterator[StreamOutput]:
    stream.connect(door.write)
    output = StreamOutput("uart: stream 'serial'", stream, door, loop, loop.wake)
    yield output
    output.close()


def received(client: socket.socket) -> bytes:
    data = b""
    while True:
        try:
            piece = client.recv(1 << 20)
        except BlockingIOError:
            return data
        if not piece:
            return data
        data += piece


def test_bytes_are_written_together_when_the_loop_gets_to_it(
    stream: ByteStream, output: StreamOutput, reader: socket.socket, loop: Loop
) -> None:
    for value in b"a frame of bytes":
        stream.send(value)
    assert (received(reader), loop.woken) == (b"", 1)
    output.flush()
    assert received(reader) == b"a frame of bytes"


def test_what_is_sent_together_keeps_its_place_among_single_bytes(
    stream: ByteStream, output: StreamOutput, reader: socket.socket
) -> None:
    stream.send(ord("<"))
    stream.send_bytes(bytearray(b"..block.."), 2, 5)
    stream.send(ord(">"))
    output.flush()
    assert received(reader) == b"<block>"


def test_what_reaches_past_an_arrays_end_is_not_sent(stream: ByteStream) -> None:
    heard: list[int] = []
    stream.connect(heard.append)
    stream.send_bytes(bytearray(b"abc"), 1, 100)
    assert bytes(heard) == b"bc"


def test_a_slow_reader_loses_nothing_that_fits_the_backlog(
    stream: ByteStream, output: StreamOutput, reader: socket.socket, loop: Loop
) -> None:
    data = bytes(range(256)) * (BACKLOG // 256)
    stream.send_bytes(bytearray(data), 0, len(data))
    output.flush()
    heard = received(reader)
    assert 0 < len(heard) < len(data)
    while loop.watched:
        for flush in list(loop.watched.values()):
            flush()
        heard += received(reader)
    assert (heard, output.lost) == (data, 0)


def test_what_is_beyond_the_backlog_is_counted_and_told(
    stream: ByteStream, output: StreamOutput, reader: socket.socket, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(stream_outputs, "PATIENCE", 0.05)
    sent = 3 * BACKLOG
    for _ in range(sent // BLOCK):
        stream.send_bytes(bytearray(BLOCK), 0, BLOCK)
    stream.send(1)
    lost = output.lost
    assert lost > 0
    kept = len(received(reader))
    output.close()
    kept += len(received(reader))
    lines = capsys.readouterr().err.splitlines()
    assert lines[-2] == "uart: stream 'serial': output is lost because the other side does not read it"
    assert lines[-1] == f"uart: stream 'serial': {sent + 1 - kept} bytes were lost"


def test_a_reader_that_goes_takes_the_backlog_with_it(
    stream: ByteStream, output: StreamOutput, reader: socket.socket, door: SocketBackend, loop: Loop
) -> None:
    stream.send_bytes(bytearray(BACKLOG), 0, BACKLOG)
    output.flush()
    assert loop.watched
    reader.close()
    while door.outlet() is not None:
        door.read(1)
    output.changed()
    assert not loop.watched
    stream.send_bytes(bytearray(BACKLOG), 0, BACKLOG)
    assert output.lost == 0


def test_the_end_of_a_run_waits_for_a_reader_that_reads(
    stream: ByteStream, output: StreamOutput, reader: socket.socket
) -> None:
    reader.setblocking(True)
    heard = bytearray()

    def read() -> None:
        while len(heard) < BACKLOG:
            heard.extend(reader.recv(1 << 14))

    stream.send_bytes(bytearray(BACKLOG), 0, BACKLOG)
    thread = threading.Thread(target=read)
    thread.start()
    output.finish()
    thread.join(20)
    assert (len(heard), output.lost) == (BACKLOG, 0)


def test_a_pseudo_terminal_gets_all_of_a_long_text(stream: ByteStream, loop: Loop) -> None:
    backend = PtyBackend()
    stream.connect(backend.write)
    output = StreamOutput("x", stream, backend, loop, loop.wake)
    fd = os.open(backend.where, os.O_RDWR | os.O_NOCTTY)
    data = bytes(range(1, 251)) * 400
    for value in data:
        stream.send(value)
    output.flush()
    heard = os.read(fd, 1 << 16)
    while len(heard) < len(data):
        for flush in list(loop.watched.values()):
            flush()
        heard += os.read(fd, 1 << 16)
    assert heard == data
    output.close()
    os.close(fd)
    backend.close()


def test_a_file_gets_all_in_order(stream: ByteStream, loop: Loop, tmp_path: Path) -> None:
    backend = FileBackend((tmp_path / "log").open("wb"))
    stream.connect(backend.write)
    output = StreamOutput("x", stream, backend, loop, loop.wake)
    stream.send(ord("a"))
    stream.send_bytes(bytearray(b"bcd"), 0, 3)
    output.flush()
    assert (tmp_path / "log").read_bytes() == b"abcd"
    output.close()
    stream.send(ord("e"))
    backend.close()
    assert (tmp_path / "log").read_bytes() == b"abcde"


def test_a_device_sees_how_much_the_backlog_takes(stream: ByteStream, output: StreamOutput) -> None:
    assert stream.writable == BACKLOG
    stream.send(1)
    assert stream.writable == BACKLOG - 1
    output.close()
    assert stream.writable == BACKLOG


@pytest.fixture
def patient(output: StreamOutput, stream: ByteStream, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What `writable` was at each call of the device's ``on_writable``."""
    told: list[int] = []
    monkeypatch.setattr(stream, "_on_writable", lambda: told.append(stream.writable))
    return told


def test_a_device_is_told_once_half_of_the_backlog_is_free_again(
    stream: ByteStream, output: StreamOutput, patient: list[int], reader: socket.socket, loop: Loop
) -> None:
    for _ in range(2 * BACKLOG // BLOCK):
        stream.send_bytes(bytearray(BLOCK), 0, min(BLOCK, stream.writable))
    output.flush()
    assert (patient, stream.writable < BACKLOG // 4) == ([], True)
    while loop.watched:
        for flush in list(loop.watched.values()):
            flush()
        received(reader)
    assert len(patient) == 1
    assert patient[0] >= BACKLOG // 2
    assert output.lost == 0


def test_a_device_that_has_not_asked_is_not_told(
    stream: ByteStream, output: StreamOutput, patient: list[int], reader: socket.socket, loop: Loop
) -> None:
    stream.send_bytes(bytearray(BACKLOG), 0, BACKLOG)
    output.flush()
    while loop.watched:
        for flush in list(loop.watched.values()):
            flush()
        received(reader)
    assert patient == []


def test_a_device_that_sends_as_soon_as_it_is_told_does_not_nest(
    stream: ByteStream, output: StreamOutput, reader: socket.socket, loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    depth, deepest, sent = 0, 0, 0

    def send() -> None:
        nonlocal depth, deepest, sent
        depth += 1
        deepest = max(deepest, depth)
        while sent < 4 * BACKLOG and (count := min(BLOCK, stream.writable)):
            stream.send_bytes(bytearray(count), 0, count)
            sent += count
        depth -= 1

    monkeypatch.setattr(stream, "_on_writable", send)
    send()
    heard = 0
    for _ in range(10_000):
        output.flush()
        heard += len(received(reader))
        if heard == sent >= 4 * BACKLOG:
            break
    assert (heard, output.lost, deepest) == (sent, 0, 1)
