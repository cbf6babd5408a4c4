"""Bytes reach a device as fast as it takes them, and no faster."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from devgen.runtime.device.device import Device
from devgen.runtime.device.environment import Environment
from devgen.runtime.machine.event_loop import EventLoop
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.machine_config import DevicePlacement, MachineConfig
from devgen.runtime.machine.stream_backends import Arrival, NullBackend, Signal
from devgen.runtime.machine.stream_inputs import StreamInputs

PATIENCE = 5


class Port(Device):
    """Takes ``room`` bytes, then none before they are read."""

    NAME = "port"

    def __init__(self, env: Environment) -> None:
        super().__init__(env)
        self.held = bytearray()
        self.breaks = 0
        self.size = 4
        self.news = threading.Condition()
        self.line = self.add_stream("line", self.receive, self.broken, self.room)

    def receive(self, value: int) -> None:
        self.held.append(value)
        self._tell()

    def broken(self) -> None:
        self.breaks += 1
        self._tell()

    def _tell(self) -> None:
        with self.news:
            self.news.notify_all()

    def room(self) -> int:
        return self.size - len(self.held)

    def read(self) -> bytes:
        """What a driver would do."""
        data = bytes(self.held)
        self.held.clear()
        self.line.room_changed()
        return data

    def await_(self, condition: Callable[[], bool]) -> None:
        with self.news:
            assert self.news.wait_for(condition, PATIENCE)


class PipeBackend(NullBackend):
    """A descriptor to read; ``keys`` turns what comes into what it means."""

    def __init__(self, fd: int, keys: Callable[[bytes], Arrival] | None = None) -> None:
        self.fd = fd
        self.keys = keys

    @property
    def eager(self) -> bool:
        return self.keys is not None

    def fileno(self) -> int | None:
        return self.fd

    def read(self, limit: int) -> Arrival | None:
        found = super().read(limit)
        return found if self.keys is None or found is None else self.keys(b"".join(found))  # type: ignore[arg-type]


class Rig:
    def __init__(self) -> None:
        self.machine = Machine(MachineConfig("test", clock="manual"))
        self.failures: list[Exception] = []
        self.quits = threading.Event()
        port = self.machine.add_device(DevicePlacement("port", "port"), Port)
        assert isinstance(port, Port)
        self.port = port

    @contextmanager
    def running(self, backend: NullBackend) -> Iterator[Port]:
        self.machine.backends["port", "line"] = backend
        loop = EventLoop(self.machine.lock, lambda: None, self.failures.append)
        inputs = StreamInputs(self.machine, loop, self.quits.set)
        inputs.start()
        loop.start()
        yield self.port
        loop.stop()
        inputs.close()
        inputs.close()
        loop.close()
        assert self.failures == []

    def read(self) -> bytes:
        with self.machine.lock:
            return self.port.read()


@pytest.fixture
def rig() -> Iterator[Rig]:
    made = Rig()
    yield made
    made.machine.close()


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reader, writer = os.pipe()
    yield reader, writer
    os.close(reader)
    os.close(writer)


def drained(rig: Rig, length: int) -> bytes:
    """Read ``length`` bytes as they come; never more than fit in at once."""
    found = b""
    while len(found) < length:
        rig.port.await_(lambda: bool(rig.port.held))
        part = rig.read()
        assert len(part) <= rig.port.size
        found += part
    return found


def test_a_device_gets_no_more_than_it_has_room_for(rig: Rig, pipe: tuple[int, int]) -> None:
    with rig.running(PipeBackend(pipe[0])):
        os.write(pipe[1], b"abcdefghij")
        assert drained(rig, 10) == b"abcdefghij"


def test_what_it_has_no_room_for_stays_in_the_pipe(rig: Rig, pipe: tuple[int, int]) -> None:
    with rig.running(PipeBackend(pipe[0])) as port:
        os.write(pipe[1], b"abcdefghij")
        port.await_(lambda: len(port.held) == 4)
    assert os.read(pipe[0], 100) == b"efghij"


def test_a_plain_file_waits_for_the_device_too(rig: Rig, tmp_path: Path) -> None:
    path = tmp_path / "typed"
    path.write_bytes(bytes(range(100)))
    with path.open("rb") as file, rig.running(PipeBackend(file.fileno())):
        assert drained(rig, 100) == bytes(range(100))


def test_an_eager_end_is_read_and_kept_for_the_device(rig: Rig, pipe: tuple[int, int]) -> None:
    with rig.running(PipeBackend(pipe[0], lambda data: [Signal.QUIT if data == b"!" else data])):
        os.write(pipe[1], b"abcdefghij")
        rig.port.await_(lambda: len(rig.port.held) == 4)
        os.write(pipe[1], b"!")
        assert rig.quits.wait(PATIENCE)
        assert drained(rig, 10) == b"abcdefghij"


def test_a_break_keeps_its_place_among_the_bytes(rig: Rig, pipe: tuple[int, int]) -> None:
    with rig.running(PipeBackend(pipe[0], lambda data: [data, Signal.BREAK, b"z"])) as port:
        os.write(pipe[1], b"abcde")
        port.await_(lambda: len(port.held) == 4)
        assert (port.breaks, rig.read()) == (0, b"abcd")
        port.await_(lambda: port.breaks == 1 and port.held == b"ez")


def test_a_flood_from_an_eager_end_is_bounded(rig: Rig, pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devgen.runtime.machine.stream_inputs.MOST_KEPT", 3)
    with rig.running(PipeBackend(pipe[0], lambda data: [data[n : n + 1] for n in range(len(data))])):
        os.write(pipe[1], b"abcdefghij")
        rig.port.await_(lambda: len(rig.port.held) == 3)
        assert rig.read() == b"abc"


def test_restoring_a_snapshot_lets_waiting_bytes_in(rig: Rig, pipe: tuple[int, int]) -> None:
    with rig.running(PipeBackend(pipe[0])) as port:
        empty = port.save_state()
        os.write(pipe[1], b"abcdef")
        port.await_(lambda: len(port.held) == 4)
        with rig.machine.lock:
            port.held.clear()
            port.load_state(empty)
        port.await_(lambda: port.held == b"ef")
