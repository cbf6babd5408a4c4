"""Ends of streams that others hold: pseudo-terminals, sockets, the terminal with its escape key."""

from __future__ import annotations

import os
import pty
import select
import socket
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from devgen.runtime.base.faults import MachineError
from devgen.runtime.machine import terminal_backends as terminals
from devgen.runtime.machine.backend_names import open_backend
from devgen.runtime.machine.socket_backend import SocketBackend
from devgen.runtime.machine.stream_backends import NullBackend, Signal
from devgen.runtime.machine.terminal_backends import PtyBackend, TerminalBackend


def arrived(backend: NullBackend, limit: int = 4096) -> list[bytes | Signal]:
    """Return the input of a backend, once there is some."""
    fd = backend.fileno()
    assert fd is not None
    assert select.select([fd], [], [], 5)[0]
    return [piece for piece in backend.read(limit) or () if piece]


def send(backend: NullBackend, data: bytes) -> None:
    for value in data:
        backend.write(value)


# --- pseudo-terminals ------------------------------------------------------------------------


@pytest.fixture
def line() -> Iterator[PtyBackend]:
    backend = PtyBackend()
    yield backend
    backend.close()
    backend.close()


def test_a_pseudo_terminal_carries_bytes_both_ways(line: PtyBackend) -> None:
    fd = os.open(line.where, os.O_RDWR | os.O_NOCTTY)
    send(line, b"hi\n\x00")
    received = b""
    while len(received) < 4:  # a terminal may hand over its bytes in several pieces
        received += os.read(fd, 10)
    assert received == b"hi\n\x00"
    os.write(fd, b"\x03\r")
    assert arrived(line) == [b"\x03\r"]
    os.close(fd)
    assert line.read(1) == (b"",)  # who has left may come again


def test_output_that_is_not_read_is_dropped_without_waiting(line: PtyBackend) -> None:
    send(line, b"x" * 100_000)


# --- sockets -------------------------------------------------------------------------------


@pytest.fixture
def door(tmp_path: Path) -> Iterator[SocketBackend]:
    backend = SocketBackend(tmp_path / "line")
    yield backend
    backend.close()
    backend.close()


def connect(backend: SocketBackend) -> socket.socket:
    client = socket.socket(socket.AF_UNIX)
    client.connect(backend.where)
    assert arrived(backend) == []
    return client


def test_a_socket_carries_bytes_both_ways(door: SocketBackend) -> None:
    send(door, b"not heard")
    with connect(door) as client:
        send(door, b"hi")
        assert client.recv(10) == b"hi"
        client.sendall(b"abc")
        assert arrived(door, 2) == [b"ab"]
        assert arrived(door) == [b"c"]


def test_bytes_written_together_arrive_whole_if_they_are_read_later(door: SocketBackend) -> None:
    with connect(door) as client:
        for _ in range(20):
            door.write_all(b"x" * 100)
        assert len(client.recv(10_000)) == 2000


def test_after_one_has_left_another_may_come(door: SocketBackend) -> None:
    waiting = door.fileno()
    connect(door).close()
    assert door.fileno() != waiting
    assert arrived(door) == []
    assert door.fileno() == waiting
    send(door, b"x")
    with connect(door) as client:
        send(door, b"y")
        assert client.recv(10) == b"y"


def test_only_the_user_may_connect_and_the_name_goes_with_the_end(tmp_path: Path) -> None:
    path = tmp_path / "line"
    backend = SocketBackend(path)
    assert path.stat().st_mode & 0o777 == 0o600
    backend.close()
    assert not path.exists()


def test_a_name_left_over_is_taken_but_nothing_else_is(tmp_path: Path) -> None:
    path = tmp_path / "line"
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(path))
    left.close()
    backend = SocketBackend(path)
    with pytest.raises(MachineError, match="cannot open stream backend"):
        open_backend(f"socket:{path}")  # a server listens
    backend.close()
    path.write_text("precious")
    with pytest.raises(MachineError, match="exists and is not a socket"):
        open_backend(f"socket:{path}")
    assert path.read_text() == "precious"


@pytest.mark.parametrize("spec", ["socket:/no/such/folder/line", "socket:" + "x" * 200, "file:/no/such/folder/log"])
def test_what_cannot_be_opened_is_told_in_a_line(spec: str) -> None:
    with pytest.raises(MachineError, match="cannot open stream backend"):
        open_backend(spec)


# --- the terminal --------------------------------------------------------------------------


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, TerminalBackend]]:
    """(the side that the user types into, the backend at the other side)."""
    monkeypatch.setattr(terminals, "_in_foreground", os.isatty)
    user, ours = pty.openpty()
    with os.fdopen(os.dup(ours), "wb", buffering=0) as output:
        backend = TerminalBackend(output, ours)  # type: ignore[arg-type]
        yield user, backend
        backend.close()
    os.close(user)
    os.close(ours)


def test_keys_come_at_once_and_the_terminal_is_given_back(terminal: tuple[int, TerminalBackend]) -> None:
    user, backend = terminal
    before = termios.tcgetattr(user)
    assert not backend.eager
    backend.start()
    assert backend.eager
    os.write(user, b"a\r\x03")
    assert arrived(backend) == [b"a\r\x03"]
    backend.stop()
    assert termios.tcgetattr(user) == before


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (b"\x01x", [Signal.QUIT]),
        (b"one\x01btwo", [b"one", Signal.BREAK, b"two"]),
        (b"\x01\x01\x01a", [b"\x01\x01"]),
        (b"\x01?z", [b"z"]),
    ],
)
def test_the_escape_key(terminal: tuple[int, TerminalBackend], typed: bytes, meant: list[bytes | Signal]) -> None:
    user, backend = terminal
    backend.start()
    os.write(user, typed)
    assert arrived(backend) == meant


def test_an_escape_may_come_in_two_parts(terminal: tuple[int, TerminalBackend]) -> None:
    user, backend = terminal
    backend.start()
    os.write(user, b"\x01")
    assert arrived(backend) == []
    os.write(user, b"x")
    assert arrived(backend) == [Signal.QUIT]


def test_what_is_no_terminal_is_read_as_it_is(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    with (tmp_path / "out").open("wb") as output:
        backend = TerminalBackend(output, reader)
        backend.start()
        os.write(writer, b"\x01x")
        assert arrived(backend) == [b"\x01x"]
        os.close(writer)
        assert backend.read(10) is None
        backend.close()
    os.close(reader)


# --- sources of input ------------------------------------------------------------------------


def test_a_file_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "in"
    path.write_bytes(b"abcdef")
    backend = open_backend(f"input:{path}")
    backend.write(0x41)
    assert [list(backend.read(4) or ()), list(backend.read(4) or ()), backend.read(4)] == [[b"abcd"], [b"ef"], None]
    backend.close()
    assert path.read_bytes() == b"abcdef"


def test_random_bytes_have_no_end() -> None:
    backend = open_backend("random")
    pieces = [b"".join(bytes(piece) for piece in backend.read(64) or ()) for _ in range(3)]  # type: ignore[arg-type]
    backend.close()
    assert [len(piece) for piece in pieces] == [64, 64, 64]
    assert len(set(pieces)) == 3


def test_input_from_what_is_no_regular_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(MachineError, match="is a FIFO, not a regular file"):
        open_backend(f"input:{tmp_path / 'fifo'}")
