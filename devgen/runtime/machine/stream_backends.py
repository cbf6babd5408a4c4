"""Backends of a device's byte stream: the interface, and the null, memory and file backends.

A backend takes bytes from the device and never fails: a guest must not notice a full disk or a reader that has gone.
Bytes for the device are read when the descriptor is readable; see ``devgen.runtime.machine.stream_inputs``.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import BinaryIO, Protocol


class Signal(Enum):
    """Input from a backend that is not a byte."""

    BREAK = "a break condition"
    QUIT = "the user wants the run to end"


Buffer = bytes | bytearray | memoryview

Arrival = Iterable[bytes | Signal]


class StreamBackend(Protocol):
    """A backend of a stream, as named by a board's ``streams:``.

    ``where`` is the path that a user needs to connect to it; empty if none is needed.
    """

    where: str
    direct: bool
    """Whether bytes are written to it directly; otherwise they are collected to save system calls."""
    connects: bool
    """Whether it accepts connections when it is read."""

    @property
    def eager(self) -> bool:
        """Whether it is read even while the device has no room, because its input may contain signals."""

    def write(self, value: int) -> None:
        """Write a byte that the device has sent. Never raises."""

    def write_all(self, data: Buffer) -> None:
        """Write several bytes that the device has sent together. Never raises."""

    def take(self, data: Buffer) -> int:
        """Write as many bytes of ``data`` as possible and return their number, 0 if none. Never raises."""

    def outlet(self) -> int | None:
        """Return a descriptor that is writable when ``take`` can write again; None if it always can."""

    def fileno(self) -> int | None:
        """Return a descriptor that is readable when there is input, or None. It may change after ``read``."""

    def read(self, limit: int) -> Arrival | None:
        """Return the input, at most ``limit`` bytes; empty if there is none now, None at the end of input."""

    def start(self) -> None:
        """Called when a run starts."""

    def stop(self) -> None:
        """Called when the run has ended."""

    def close(self) -> None:
        """Flush and release."""


def socket_paths(backends: Iterable[StreamBackend]) -> list[Path]:
    """Return the paths of the sockets among ``backends``."""
    return [Path(backend.where) for backend in backends if backend.connects]


class NullBackend:
    """Drops output and has no input. Base class of the other backends."""

    where = ""
    direct = True
    connects = False

    @property
    def eager(self) -> bool:
        """Return False: input for which the device has no room is not read."""
        return False

    def write(self, value: int) -> None:
        """Drop the byte."""

    def write_all(self, data: Buffer) -> None:
        """Write each byte with ``write``."""
        for value in bytes(data):
            self.write(value)

    def take(self, data: Buffer) -> int:
        """Write all bytes."""
        self.write_all(data)
        return len(memoryview(data))

    def outlet(self) -> int | None:
        """Return None: output never blocks."""
        return None

    def fileno(self) -> int | None:
        """Return None: there is no input."""
        return None

    def read(self, limit: int) -> Arrival | None:
        """Read from the descriptor, if there is one."""
        fd = self.fileno()
        data = None if fd is None else read_available(fd, limit)
        return None if data is None else (data,)

    def start(self) -> None:
        """Do nothing."""

    def stop(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


class MemoryBackend(NullBackend):
    """Keeps at most the last ``limit`` bytes of output in ``data``, for tests and tools."""

    def __init__(self, limit: int = 1 << 20) -> None:
        self.data = bytearray()
        self._limit = limit

    def write(self, value: int) -> None:
        """Append the byte; at the limit, drop the oldest half first."""
        if len(self.data) >= self._limit:
            del self.data[: self._limit // 2]
        self.data.append(value)


class FileBackend(NullBackend):
    """Writes to an open binary file; ``source`` is a descriptor to read from.

    The file is flushed at each line feed. A terminal is flushed at each byte, because a prompt has no line feed.
    """

    def __init__(self, file: BinaryIO, source: int | None = None, *, owned: bool = True) -> None:
        self._file = file
        self._source = source
        self._owned = owned
        self._eager_flush = file.isatty()

    def write(self, value: int) -> None:
        """Write the byte; it is lost if the file cannot be written."""
        try:
            self._file.write(bytes((value,)))
            if self._eager_flush or value == 0x0A:
                self._file.flush()
        except (OSError, ValueError):
            return

    def write_all(self, data: Buffer) -> None:
        """Write the bytes and flush them."""
        with suppress(OSError, ValueError):
            self._file.write(data)
            self._file.flush()

    def fileno(self) -> int | None:
        """Return ``source``."""
        return self._source

    def close(self) -> None:
        """Flush; close the file if it was opened for this stream."""
        try:
            self._file.flush()
            if self._owned:
                self._file.close()
        except (OSError, ValueError):
            return


class InputBackend(NullBackend):
    """Reads from the descriptor of ``file``, and drops output. A regular file ends; the random source does not."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def fileno(self) -> int | None:
        """Return the file's descriptor, or None after ``close``."""
        return None if self._file.closed else self._file.fileno()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read_available(fd: int, limit: int) -> bytes | None:
    """What a non-blocking descriptor has to read, at most ``limit`` bytes; None at the end."""
    try:
        return os.read(fd, limit) or None
    except BlockingIOError:
        return b""
    except OSError:
        return None


def write_available(fd: int, data: Buffer) -> int:
    """Write to a non-blocking descriptor; return the bytes written, or all bytes if the other side is closed."""
    try:
        return os.write(fd, data)
    except BlockingIOError:
        return 0
    except OSError:
        return len(memoryview(data))
