"""The host's end of a device's byte stream: what an end must do, and the ends that need no protocol.

An end takes bytes from the device and never fails: a guest must not notice a full disk or a reader that has gone. Bytes
for the device are read when the descriptor is readable; see ``devgen.runtime.machine.stream_inputs``.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from enum import Enum
from typing import BinaryIO, Protocol


class Signal(Enum):
    """What can come from outside and is no byte."""

    BREAK = "a break condition"
    QUIT = "the user wants the run to end"


Buffer = bytes | bytearray | memoryview

Arrival = Iterable[bytes | Signal]


class StreamEnd(Protocol):
    """The host's end of a stream: what a board's ``streams:`` names.

    ``where``: what a user must know to reach it; empty if that is plain.
    """

    where: str
    direct: bool
    """Whether it takes bytes at once, without a system call for each."""
    connects: bool
    """Whether reading it is what lets the other side in."""

    @property
    def eager(self) -> bool:
        """Whether it is read even while the device has no room: it may bring more than bytes for the device."""

    def write(self, value: int) -> None:
        """Take one byte that the device has sent. Never raises."""

    def write_all(self, data: Buffer) -> None:
        """Take bytes that are known together. Never raises."""

    def take(self, data: Buffer) -> int:
        """Take the beginning of what the device has sent; how many bytes, 0 if there is no room. Never raises."""

    def outlet(self) -> int | None:
        """A descriptor that is writable when ``take`` has room again; None if it always has."""

    def fileno(self) -> int | None:
        """A descriptor that is readable when there is something to ``read``, or None. It may change by reading."""

    def read(self, limit: int) -> Arrival | None:
        """What has come, at most ``limit`` bytes; nothing if nothing has after all; None when nothing ever will."""

    def start(self) -> None:
        """A run begins."""

    def stop(self) -> None:
        """The run has ended."""

    def close(self) -> None:
        """Flush and release."""


class NullEnd:
    """Drops what is sent and never has anything to say. The base of other ends."""

    where = ""
    direct = True
    connects = False

    @property
    def eager(self) -> bool:
        """No: what the device has no room for waits on the other side."""
        return False

    def write(self, value: int) -> None:
        """Drop the byte."""

    def write_all(self, data: Buffer) -> None:
        """Write one after the other."""
        for value in bytes(data):
            self.write(value)

    def take(self, data: Buffer) -> int:
        """Write all."""
        self.write_all(data)
        return len(memoryview(data))

    def outlet(self) -> int | None:
        """None: there is always room."""
        return None

    def fileno(self) -> int | None:
        """None: nothing ever arrives."""
        return None

    def read(self, limit: int) -> Arrival | None:
        """Read the descriptor, if there is one."""
        fd = self.fileno()
        data = None if fd is None else read_available(fd, limit)
        return None if data is None else (data,)

    def start(self) -> None:
        """Nothing to prepare."""

    def stop(self) -> None:
        """Nothing to undo."""

    def close(self) -> None:
        """Nothing to release."""


class MemoryEnd(NullEnd):
    """Keeps the last ``limit`` bytes sent, for tests and tools: ``data``."""

    def __init__(self, limit: int = 1 << 20) -> None:
        self.data = bytearray()
        self._limit = limit

    def write(self, value: int) -> None:
        """Append the byte; the oldest half is forgotten at the limit (a guest may print for ever)."""
        if len(self.data) >= self._limit:
            del self.data[: self._limit // 2]
        self.data.append(value)


class FileEnd(NullEnd):
    """Writes to an open binary file; ``source`` is a descriptor to read from.

    It is flushed at each end of line, a terminal at each byte: a guest's prompt ends without one.
    """

    def __init__(self, file: BinaryIO, source: int | None = None, *, owned: bool = True) -> None:
        self._file = file
        self._source = source
        self._owned = owned
        self._eager_flush = file.isatty()

    def write(self, value: int) -> None:
        """Write the byte; what the host's file refuses is lost."""
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
        """The descriptor given as ``source``."""
        return self._source

    def close(self) -> None:
        """Flush; close the file if it was opened for this stream."""
        try:
            self._file.flush()
            if self._owned:
                self._file.close()
        except (OSError, ValueError):
            return


def read_available(fd: int, limit: int) -> bytes | None:
    """What a non-blocking descriptor has to read, at most ``limit`` bytes; None at the end."""
    try:
        return os.read(fd, limit) or None
    except BlockingIOError:
        return b""
    except OSError:
        return None


def write_available(fd: int, data: Buffer) -> int:
    """Bytes that a non-blocking descriptor took; all of them are gone if the other side is."""
    try:
        return os.write(fd, data)
    except BlockingIOError:
        return 0
    except OSError:
        return len(memoryview(data))
