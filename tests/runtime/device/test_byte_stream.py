"""Streams and their ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from devgen.runtime.base.faults import MachineError
from devgen.runtime.device.byte_stream import WRITABLE, ByteStream
from devgen.runtime.machine.backend_names import open_backend
from devgen.runtime.machine.stream_backends import MemoryBackend, NullBackend


def test_all_sinks_hear_a_byte_until_they_are_let_go() -> None:
    stream = ByteStream("s")
    one, other = MemoryBackend(), MemoryBackend()
    stream.connect(one.write)
    stream.connect(other.write)
    stream.send(0x141)
    stream.disconnect(one.write)
    stream.send(0x42)
    assert (bytes(one.data), bytes(other.data)) == (b"A", b"AB")


def test_bytes_from_the_host_come_one_by_one() -> None:
    heard: list[int] = []
    breaks: list[str] = []
    stream = ByteStream("s", heard.append, lambda: breaks.append("break"))
    stream.receive(b"ab")
    stream.receive_break()
    assert (heard, breaks, stream.listens, ByteStream("t").listens) == ([97, 98], ["break"], True, False)


def test_memory_is_bounded() -> None:
    end = MemoryBackend(limit=10)
    for value in range(1000):
        end.write(value & 0xFF)
    assert len(end.data) <= 10


def test_a_file_end_flushes_lines_and_survives_a_closed_file(tmp_path: Path) -> None:
    path = tmp_path / "out"
    end = open_backend(f"file:{path}")
    for value in b"one\n":
        end.write(value)
    assert path.read_bytes() == b"one\n"
    end.close()
    end.write(0x41)
    end.close()


@pytest.mark.parametrize("spec", ["", "file:", "null:x", "socket"])
def test_unknown_ends_are_refused(spec: str) -> None:
    with pytest.raises(MachineError, match="unknown stream backend"):
        open_backend(spec)


def test_the_null_end() -> None:
    end = open_backend("null")
    assert isinstance(end, NullBackend)
    assert end.fileno() is None


def test_a_closed_standard_output_takes_bytes_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", None)
    end = open_backend("stdio")
    end.write(0x41)
    end.close()


def test_the_only_sink_may_collect_bytes_in_a_buffer() -> None:
    stream, said, buffer = ByteStream("line"), bytearray(), bytearray()

    def sink(value: int) -> None:
        said.append(value)
        buffer.append(value)

    stream.connect(sink, collected=buffer)
    for value in (0x141, 0x142, 0x143):
        stream.send(value)
    assert (bytes(buffer), bytes(said)) == (b"ABC", b"A")  # the sink is called with the first byte
    assert stream.writable == WRITABLE - 3


def test_a_second_sink_gets_each_byte() -> None:
    stream, buffer, second = ByteStream("line"), bytearray(), bytearray()
    stream.connect(buffer.append, collected=buffer)
    stream.send(0x41)
    stream.connect(second.append)
    stream.send(0x42)
    stream.disconnect(second.append)
    stream.send(0x43)
    assert (bytes(buffer), bytes(second)) == (b"ABC", b"B")


def test_a_full_buffer_is_left_to_the_sink() -> None:
    stream, buffer, said = ByteStream("line"), bytearray(WRITABLE), bytearray()
    stream.connect(said.append, collected=buffer)
    stream.send(0x41)
    assert (len(buffer), bytes(said)) == (WRITABLE, b"A")
