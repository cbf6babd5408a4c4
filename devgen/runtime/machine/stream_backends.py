"""What a board connects a device's stream to: the terminal, a file, a pseudo-terminal, a socket, memory, nothing.

An end takes bytes from the device one at a time and never fails: a guest must not feel a full disk or a reader that
has gone. Bytes for the device are read when the descriptor is readable; see ``devgen.runtime.machine.stream_inputs``.
"""

from __future__ import annotations

import errno
import os
import socket
import stat
import sys
import termios
import tty
from collections.abc import Iterable
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from devgen.common.guarded_files import open_regular_to_write
from devgen.runtime.base.errors import MachineError, suggest


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
        data = None if fd is None else _read(fd, limit)
        return None if data is None else (data,)

    def start(self) -> None:
        """Nothing to prepare."""

    def stop(self) -> None:
        """Nothing to undo."""

    def close(self) -> None:
        """Nothing to release."""


def _read(fd: int, limit: int) -> bytes | None:
    """What there is to read; None at the end."""
    try:
        return os.read(fd, limit) or None
    except BlockingIOError:
        return b""
    except OSError:
        return None


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


ESCAPE: Final = 0x01
HELP: Final = "Ctrl-A x ends the run, Ctrl-A b sends a break, Ctrl-A Ctrl-A is Ctrl-A for the guest"


class TerminalEnd(FileEnd):
    """The terminal that devgen was started from, or whatever stands in its place.

    While a run goes on a terminal gives each key to the guest as it is pressed, Ctrl-C among them; so there is a way
    out: Ctrl-A is the escape key. What is no terminal (a pipe, a file) is read as it is.
    """

    def __init__(self, file: BinaryIO, source: int | None, *, owned: bool = False) -> None:
        super().__init__(file, source, owned=owned)
        self._saved: list[int | list[bytes | int]] | None = None
        self._escaped = False

    @property
    def eager(self) -> bool:
        """While it is a terminal: the way out must work when the guest takes no bytes any more."""
        return self._saved is not None

    def start(self) -> None:
        """Take the terminal out of the hands of its line discipline, unless it belongs to another job."""
        fd = self._source
        if fd is None or self._saved is not None or not _in_front(fd):
            return
        with suppress(termios.error):
            saved = termios.tcgetattr(fd)
            mode = termios.tcgetattr(fd)
            mode[0] &= ~(termios.BRKINT | termios.ICRNL | termios.INLCR | termios.IGNCR | termios.ISTRIP | termios.IXON)
            mode[3] &= ~(termios.ECHO | termios.ECHONL | termios.ICANON | termios.IEXTEN | termios.ISIG)
            termios.tcsetattr(fd, termios.TCSANOW, mode)
            self._saved = saved
            print(f"devgen: {HELP}", file=sys.stderr)

    def stop(self) -> None:
        """Give the terminal back as it was."""
        if self._saved is not None and self._source is not None:
            with suppress(termios.error):
                termios.tcsetattr(self._source, termios.TCSADRAIN, self._saved)
        self._saved = None
        self._escaped = False

    def read(self, limit: int) -> Arrival | None:
        """Keys, escapes resolved."""
        data = None if self._source is None else _read(self._source, limit)
        if data is None:
            return None
        return (data,) if self._saved is None else self._keys(data)

    def _keys(self, data: bytes) -> Arrival:
        found: list[bytes | Signal] = []
        for key in data:
            if not self._escaped and key == ESCAPE:
                self._escaped = True
                continue
            meaning = _ESCAPES.get(key, b"") if self._escaped else bytes((key,))
            if self._escaped and not meaning:
                print(f"\ndevgen: {HELP}", file=sys.stderr)
            self._escaped = False
            if found and isinstance(meaning, bytes) and isinstance(found[-1], bytes):
                found[-1] += meaning
            else:
                found.append(meaning)
        return found

    def close(self) -> None:
        """Give the terminal back."""
        self.stop()
        super().close()


_ESCAPES: Final[dict[int, bytes | Signal]] = {
    ord("x"): Signal.QUIT,
    ord("X"): Signal.QUIT,
    0x18: Signal.QUIT,
    ord("b"): Signal.BREAK,
    ord("a"): b"\x01",
    ESCAPE: b"\x01",
}


def _in_front(fd: int) -> bool:
    """Whether ``fd`` is a terminal that listens to this process: one in the background must not touch it."""
    try:
        return os.isatty(fd) and os.tcgetpgrp(fd) == os.getpgrp()
    except OSError:
        return False


class PtyEnd(NullEnd):
    """A pseudo-terminal for another program, such as a terminal emulator. What nobody reads in time is lost."""

    direct = False

    def __init__(self) -> None:
        """Open one. Raises OSError if the host has none left."""
        # The other side stays open here too, so that the last program to leave it does not end the stream.
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.where = os.ttyname(self._slave)

    def write(self, value: int) -> None:
        """Send the byte if there is room for it."""
        with suppress(OSError):
            os.write(self._master, bytes((value,)))

    def write_all(self, data: Buffer) -> None:
        """Send what there is room for."""
        self.take(data)

    def take(self, data: Buffer) -> int:
        """Send what there is room for."""
        return _sent(self._master, data)

    def outlet(self) -> int | None:
        """The master side."""
        return self._master

    def fileno(self) -> int | None:
        """The master side."""
        return self._master

    def close(self) -> None:
        """Close both sides. May be called again."""
        for fd in (self._master, self._slave):
            if fd >= 0:
                os.close(fd)
        self._master = self._slave = -1


class SocketEnd(NullEnd):
    """A Unix socket that others connect to, one at a time; only the user who runs devgen may.

    Bytes that the device sends while nobody is connected, or faster than they are read, are lost.
    """

    direct = False
    connects = True

    def __init__(self, path: Path) -> None:
        """Listen at ``path``. Raises OSError if that is not possible, FileExistsError if something else is there."""
        self._path = path
        self._client: socket.socket | None = None
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            _remove_stale(path)
            self._server.bind(str(path))
            os.chmod(path, 0o600)  # before it listens: nobody gets in between
            self._server.listen(1)
            self._server.setblocking(False)
            self._made = _identity(path)
        except BaseException:
            self._server.close()
            raise
        self.where = str(path)

    def write(self, value: int) -> None:
        """Send the byte to who is connected. One who has gone is noticed by reading."""
        self.write_all(bytes((value,)))

    def write_all(self, data: Buffer) -> None:
        """Send bytes at once: the kernel's buffer holds few pieces, some 300, however small they are."""
        self.take(data)

    def take(self, data: Buffer) -> int:
        """Send what there is room for; all is gone if nobody is connected."""
        if self._client is None:
            return len(memoryview(data))
        return _sent(self._client.fileno(), data)

    def outlet(self) -> int | None:
        """The connection, if there is one."""
        return None if self._client is None else self._client.fileno()

    def fileno(self) -> int | None:
        """The connection, or the door."""
        return (self._client or self._server).fileno()

    def read(self, limit: int) -> Arrival | None:
        """Take a connection, or what comes over it; when that ends wait for another."""
        if self._client is None:
            with suppress(OSError):
                self._client, _ = self._server.accept()
                self._client.setblocking(False)
            return ()
        data = _read(self._client.fileno(), limit)
        if data is None:
            self._client.close()
            self._client = None
            return ()
        return (data,)

    def close(self) -> None:
        """Close both and remove the name, if it is still this socket's. May be called again."""
        for one in (self._client, self._server):
            if one is not None:
                one.close()
        self._client = None
        with suppress(OSError):
            if _identity(self._path) == self._made:
                self._path.unlink()


def _sent(fd: int, data: Buffer) -> int:
    """Bytes that a non-blocking descriptor took; all of them are gone if the other side is."""
    try:
        return os.write(fd, data)
    except BlockingIOError:
        return 0
    except OSError:
        return len(memoryview(data))


def _identity(path: Path) -> tuple[int, int]:
    found = path.lstat()
    return found.st_dev, found.st_ino


def _remove_stale(path: Path) -> None:
    """Remove a socket that nobody listens at any more; anything else is left for ``bind`` to refuse."""
    with suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise FileExistsError(errno.EEXIST, "something that is no socket is there")
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as probe:
            try:
                probe.connect(str(path))
            except ConnectionRefusedError:
                path.unlink()
            except BlockingIOError:  # a server that is too busy to accept
                return


ENDS = ("stdio", "null", "memory", "pty", "socket:PATH", "file:PATH")


def open_end(spec: str) -> StreamEnd:
    """The stream end that a board names: ``stdio``, ``null``, ``memory``, ``pty``, ``socket:PATH`` or ``file:PATH``.

    Raises MachineError for anything else and for what cannot be opened.
    """
    kind, _, argument = spec.partition(":")
    try:
        match kind:
            case "null" if not argument:
                return NullEnd()
            case "memory" if not argument:
                return MemoryEnd()
            case "stdio" if not argument:
                return _standard_streams()
            case "pty" if not argument:
                return PtyEnd()
            case "socket" if argument:
                return SocketEnd(Path(argument))
            case "file" if argument:
                return FileEnd(open_regular_to_write(argument))
    except (OSError, ValueError) as error:
        raise MachineError(f"cannot open stream end {spec!r}: {_reason(error)}") from error
    hint = suggest(kind, ("stdio", "null", "memory", "pty", "socket", "file"))
    raise MachineError(f"unknown stream end {spec!r}{hint}; known are {', '.join(ENDS)}")


def open_named(device: str, stream: str, spec: str) -> StreamEnd:
    """As ``open_end``, for a stream of a device: errors name it, and a user who must know hears where the end is."""
    try:
        end = open_end(spec)
    except MachineError as error:
        raise MachineError(f"{device}: stream '{stream}': {error}") from None
    if end.where:
        say(f"{device}: stream '{stream}' is at {end.where}")
    return end


def say(line: str) -> None:
    """Tell the user; a guest must not fail on a closed terminal."""
    with suppress(OSError, ValueError):
        print(line, file=sys.stderr, flush=True)


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _standard_streams() -> TerminalEnd:
    if sys.stdout is None:  # started with it closed
        return TerminalEnd(open(os.devnull, "wb"), _standard_input(), owned=True)
    return TerminalEnd(sys.stdout.buffer, _standard_input())


def _standard_input() -> int | None:
    try:
        return sys.stdin.fileno()
    except (OSError, ValueError, AttributeError):  # closed, replaced by a test runner, or not there at all
        return None
