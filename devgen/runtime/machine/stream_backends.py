"""Backends of a device's stream: terminal, file, pseudo-terminal, Unix socket, memory, null.

A backend accepts bytes from the device and never raises: a full disk or a closed connection must not affect the guest.
Bytes for the device are read when the descriptor is readable; see ``devgen.runtime.machine.stream_inputs``.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

from devgen.common.guarded_files import open_regular_to_write
from devgen.runtime.base.errors import MachineError, suggest


class Signal(Enum):
    """Input from a backend that is not a byte."""

    BREAK = "a break condition"
    QUIT = "the user wants the run to end"


Buffer = bytes | bytearray | memoryview

Arrival = Iterable[bytes | Signal]


class StreamEnd(Protocol):
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


class NullEnd:
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
        data = None if fd is None else _read(fd, limit)
        return None if data is None else (data,)

    def start(self) -> None:
        """Do nothing."""

    def stop(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


def _read(fd: int, limit: int) -> bytes | None:
    """Read at most ``limit`` bytes without blocking; None at the end of input."""
    try:
        return os.read(fd, limit) or None
    except BlockingIOError:
        return b""
    except OSError:
        return None


class MemoryEnd(NullEnd):
    """Keeps at most the last ``limit`` bytes of output in ``data``, for tests and tools."""

    def __init__(self, limit: int = 1 << 20) -> None:
        self.data = bytearray()
        self._limit = limit

    def write(self, value: int) -> None:
        """Append the byte; at the limit, drop the oldest half first."""
        if len(self.data) >= self._limit:
            del self.data[: self._limit // 2]
        self.data.append(value)


class FileEnd(NullEnd):
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


ESCAPE: Final = 0x01
HELP: Final = "Ctrl-A x ends the run, Ctrl-A b sends a break, Ctrl-A Ctrl-A is Ctrl-A for the guest"


class TerminalEnd(FileEnd):
    """Standard input and output of devgen.

    During a run a terminal is in raw mode: each key goes to the guest, including Ctrl-C. Ctrl-A is the escape key for
    ending the run. Input that is not a terminal (a pipe, a file) is read without escapes.
    """

    def __init__(self, file: BinaryIO, source: int | None, *, owned: bool = False) -> None:
        super().__init__(file, source, owned=owned)
        self._saved: list[int | list[bytes | int]] | None = None
        self._escaped = False

    @property
    def eager(self) -> bool:
        """Whether it is a terminal in raw mode: the escape key must work even if the guest reads no bytes."""
        return self._saved is not None

    def start(self) -> None:
        """Put the terminal into raw mode, unless this process is in the background."""
        fd = self._source
        if fd is None or self._saved is not None or not _in_foreground(fd):
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
        """Restore the terminal's mode."""
        if self._saved is not None and self._source is not None:
            with suppress(termios.error):
                termios.tcsetattr(self._source, termios.TCSADRAIN, self._saved)
        self._saved = None
        self._escaped = False

    def read(self, limit: int) -> Arrival | None:
        """Read keys and resolve escape sequences."""
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
        """Restore the terminal and close the file."""
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


def _in_foreground(fd: int) -> bool:
    """Whether ``fd`` is a terminal and this process is in its foreground process group."""
    try:
        return os.isatty(fd) and os.tcgetpgrp(fd) == os.getpgrp()
    except OSError:
        return False


class PtyEnd(NullEnd):
    """A pseudo-terminal for another program, such as a terminal emulator. Output that is not read in time is lost."""

    direct = False

    def __init__(self) -> None:
        """Open a pseudo-terminal. Raises OSError if the host has no free one."""
        # This process keeps the slave open, so that the stream does not end when the other program closes it.
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.where = os.ttyname(self._slave)

    def write(self, value: int) -> None:
        """Send the byte, or drop it if the buffer is full."""
        with suppress(OSError):
            os.write(self._master, bytes((value,)))

    def write_all(self, data: Buffer) -> None:
        """Send as many bytes as the buffer can hold; drop the others."""
        self.take(data)

    def take(self, data: Buffer) -> int:
        """Send as many bytes as the buffer can hold and return their number."""
        return _sent(self._master, data)

    def outlet(self) -> int | None:
        """Return the master's descriptor."""
        return self._master

    def fileno(self) -> int | None:
        """Return the master's descriptor."""
        return self._master

    def close(self) -> None:
        """Close both sides. May be called again."""
        for fd in (self._master, self._slave):
            if fd >= 0:
                os.close(fd)
        self._master = self._slave = -1


class SocketEnd(NullEnd):
    """A listening Unix socket. One client at a time may connect, only of the user who runs devgen.

    Bytes that the device sends without a client, or faster than the client reads, are lost.
    """

    direct = False
    connects = True

    def __init__(self, path: Path) -> None:
        """Listen at ``path``. Raises OSError if that is not possible, FileExistsError if ``path`` is not a socket."""
        self._path = path
        self._client: socket.socket | None = None
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            _remove_stale(path)
            self._server.bind(str(path))
            os.chmod(path, 0o600)  # before `listen`, so that no other user can connect first
            self._server.listen(1)
            self._server.setblocking(False)
            self._made = _identity(path)
        except BaseException:
            self._server.close()
            raise
        self.where = str(path)

    def write(self, value: int) -> None:
        """Send the byte to the client. A closed connection is detected by reading."""
        self.write_all(bytes((value,)))

    def write_all(self, data: Buffer) -> None:
        """Send the bytes with one call: the kernel's buffer holds only about 300 pieces of any size."""
        self.take(data)

    def take(self, data: Buffer) -> int:
        """Send as many bytes as possible and return their number; without a client all are dropped."""
        if self._client is None:
            return len(memoryview(data))
        return _sent(self._client.fileno(), data)

    def outlet(self) -> int | None:
        """Return the connection's descriptor, or None without a client."""
        return None if self._client is None else self._client.fileno()

    def fileno(self) -> int | None:
        """Return the connection's descriptor, or the listening socket's without a client."""
        return (self._client or self._server).fileno()

    def read(self, limit: int) -> Arrival | None:
        """Accept a client, or read from it; after its end, wait for another client."""
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
        """Close the sockets and remove the path if it still is this socket's. May be called again."""
        for connection in (self._client, self._server):
            if connection is not None:
                connection.close()
        self._client = None
        with suppress(OSError):
            if _identity(self._path) == self._made:
                self._path.unlink()


def _sent(fd: int, data: Buffer) -> int:
    """Write to a non-blocking descriptor; return the bytes written, or all bytes if the other side is closed."""
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
    """Remove a socket without a listener. Raises FileExistsError if ``path`` is something other than a socket."""
    with suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise FileExistsError(errno.EEXIST, "the path exists and is not a socket")
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as probe:
            try:
                probe.connect(str(path))
            except ConnectionRefusedError:
                path.unlink()
            except BlockingIOError:  # a server whose queue of connections is full
                return


ENDS = ("stdio", "null", "memory", "pty", "socket:PATH", "file:PATH")


def open_end(spec: str) -> StreamEnd:
    """Open a backend: ``stdio``, ``null``, ``memory``, ``pty``, ``socket:PATH`` or ``file:PATH``.

    Raises MachineError for any other ``spec`` and if the backend cannot be opened.
    """
    kind, _, argument = spec.partition(":")
    try:
        match kind:
            case "null" if not argument:
                return NullEnd()
            case "memory" if not argument:
                return MemoryEnd()
            case "stdio" if not argument:
                return standard_streams()
            case "pty" if not argument:
                return PtyEnd()
            case "socket" if argument:
                return SocketEnd(Path(argument))
            case "file" if argument:
                return FileEnd(open_regular_to_write(argument))
    except (OSError, ValueError) as error:
        raise MachineError(f"cannot open stream backend {spec!r}: {_reason(error)}") from error
    hint = suggest(kind, ("stdio", "null", "memory", "pty", "socket", "file"))
    raise MachineError(f"unknown stream backend {spec!r}{hint}; known are {', '.join(ENDS)}")


def open_named(device: str, stream: str, spec: str) -> StreamEnd:
    """Open the backend of a device's stream as ``open_end`` does; print its path if the user needs it.

    Raises MachineError, with the names of the device and the stream.
    """
    try:
        end = open_end(spec)
    except MachineError as error:
        raise MachineError(f"{device}: stream '{stream}': {error}") from None
    if end.where:
        say(f"{device}: stream '{stream}' is at {end.where}")
    return end


def say(line: str) -> None:
    """Print a line on standard error; ignore errors, since a closed terminal must not affect the guest."""
    with suppress(OSError, ValueError):
        print(line, file=sys.stderr, flush=True)


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _standard_streams() -> TerminalEnd:
    if sys.stdout is None:  # started with standard output closed
        return TerminalEnd(open(os.devnull, "wb"), _standard_input(), owned=True)
    return TerminalEnd(sys.stdout.buffer, _standard_input())


def _standard_input() -> int | None:
    try:
        return sys.stdin.fileno()
    except (OSError, ValueError, AttributeError):  # closed, replaced by a test runner, or None
        return None
