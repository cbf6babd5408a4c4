"""Byte streams between a device and a host character device."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from devgen.runtime.errors import MachineError, suggest

ROOMY: Final = 4096
"""Bytes that a device which does not tell its room is given at once."""


def _drop(_value: int) -> None:
    """Lose a byte: the stream is not connected."""


class InputObserver(Protocol):
    """Hears what comes from the host: ``begin`` before the device reacts, ``received`` after."""

    def begin(self) -> object:
        """Something is about to arrive."""
        ...

    def received(self, data: bytes | None) -> None:
        """These bytes have arrived; None: a break."""
        ...


class ByteStream:
    """One device's stream. The device calls ``send``; the host connects a sink and calls ``receive``.

    ``room()`` tells how many bytes the device can take at the moment. It is advice: whoever sends more makes the
    device overrun, as a line does that knows no handshake.
    """

    __slots__ = ("_on_break", "_on_receive", "_room", "_sinks", "name", "observer", "on_room")

    def __init__(
        self,
        name: str,
        on_receive: Callable[[int], None] | None = None,
        on_break: Callable[[], None] | None = None,
        room: Callable[[], int] | None = None,
    ) -> None:
        self.name = name
        self._on_receive = on_receive or _drop
        self._on_break = on_break
        self._room = room
        self.on_room: Callable[[], None] | None = None
        """Called, under the machine's lock, whenever the room may have changed; set while bytes wait for it."""
        self._sinks: tuple[Callable[[int], None], ...] = ()
        self.observer: InputObserver | None = None
        """Hears what the host sends; for a recorder."""

    def send(self, value: int) -> None:
        """One byte from the device to the host (the low 8 bits of ``value``)."""
        for sink in self._sinks:
            sink(value & 0xFF)

    def connect(self, sink: Callable[[int], None]) -> None:
        """Give bytes that the device sends to ``sink`` too, one at a time."""
        self._sinks = (*self._sinks, sink)

    def disconnect(self, sink: Callable[[int], None]) -> None:
        """Undo one ``connect``; a sink that is not connected is ignored."""
        sinks = list(self._sinks)
        if sink in sinks:
            sinks.remove(sink)
            self._sinks = tuple(sinks)

    def receive(self, data: bytes) -> None:
        """Bytes from the host to the device, in order. The machine's lock is held."""
        if self.observer is not None:
            self.observer.begin()
        for value in data:
            self._on_receive(value)
        if self.observer is not None:
            self.observer.received(data)

    def receive_break(self) -> None:
        """A break condition from the host; a device that knows none ignores it."""
        if self.observer is not None:
            self.observer.begin()
        if self._on_break is not None:
            self._on_break()
        if self.observer is not None:
            self.observer.received(None)

    def room(self) -> int:
        """How many bytes the device can take now; a device that does not say so takes any number."""
        return ROOMY if self._room is None else self._room()

    def room_changed(self) -> None:
        """Tell those who wait for room to look again. Called by the device."""
        if self.on_room is not None:
            self.on_room()

    @property
    def listens(self) -> bool:
        """Whether the device does anything with bytes it receives."""
        return self._on_receive is not _drop


class StreamEnd(Protocol):
    """The host's end of a stream: what a board's ``streams:`` names."""

    def write(self, value: int) -> None:
        """Take one byte that the device has sent. Never raises: a guest must not fail on a full disk."""

    def fileno(self) -> int | None:
        """A descriptor that is readable when there are bytes for the device, or None."""

    def close(self) -> None:
        """Flush and release."""


class NullEnd:
    """Drops what is sent and never has anything to say."""

    def write(self, value: int) -> None:
        """Drop the byte."""

    def fileno(self) -> int | None:
        """None: nothing ever arrives."""
        return None

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
        self._eager = file.isatty()

    def write(self, value: int) -> None:
        """Write the byte; what the host's file refuses is lost."""
        try:
            self._file.write(bytes((value,)))
            if self._eager or value == 0x0A:
                self._file.flush()
        except (OSError, ValueError):
            return

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


ENDS = ("stdio", "null", "memory", "file:PATH")


def open_end(spec: str) -> StreamEnd:
    """The stream end that a board names: ``stdio``, ``null``, ``memory`` or ``file:PATH``.

    Raises MachineError for anything else and for a file that cannot be opened for writing.
    """
    kind, _, argument = spec.partition(":")
    match kind:
        case "null" if not argument:
            return NullEnd()
        case "memory" if not argument:
            return MemoryEnd()
        case "stdio" if not argument:
            return _standard_streams()
        case "file" if argument:
            return FileEnd(_open(Path(argument)))
    hint = suggest(kind, ("stdio", "null", "memory", "file"))
    raise MachineError(f"unknown stream end {spec!r}{hint}; known are {', '.join(ENDS)}")


def _standard_streams() -> FileEnd:
    if sys.stdout is None:  # started with it closed
        return FileEnd(open(os.devnull, "wb"), _standard_input())
    return FileEnd(sys.stdout.buffer, _standard_input(), owned=False)


def _standard_input() -> int | None:
    try:
        return sys.stdin.fileno()
    except (OSError, ValueError, AttributeError):  # closed, replaced by a test runner, or not there at all
        return None


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("wb")
    except OSError as error:
        raise MachineError(f"cannot write stream file {path}: {error.strerror}") from error
