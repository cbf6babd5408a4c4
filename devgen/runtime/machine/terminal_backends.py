"""Terminal backends: the terminal that devgen was started from, and pseudo-terminals for other programs."""

from __future__ import annotations

import os
import sys
import termios
import tty
from contextlib import suppress
from typing import BinaryIO, Final

from devgen.runtime.machine.stream_backends import (
    Arrival,
    Buffer,
    FileBackend,
    NullBackend,
    Signal,
    read_available,
    write_available,
)

ESCAPE: Final = 0x01
HELP: Final = "Ctrl-A x ends the run, Ctrl-A b sends a break, Ctrl-A Ctrl-A is Ctrl-A for the guest"


class TerminalBackend(FileBackend):
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
        data = None if self._source is None else read_available(self._source, limit)
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


class PtyBackend(NullBackend):
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
        """Send what there is room for."""
        self.take(data)

    def take(self, data: Buffer) -> int:
        """Send what there is room for."""
        return write_available(self._master, data)

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


def standard_streams() -> TerminalBackend:
    """The terminal, pipe or file at standard output and standard input; what is closed is replaced by nothing."""
    if sys.stdout is None:  # started with standard output closed
        return TerminalBackend(open(os.devnull, "wb"), _standard_input(), owned=True)
    return TerminalBackend(sys.stdout.buffer, _standard_input())


def _standard_input() -> int | None:
    try:
        return sys.stdin.fileno()
    except (OSError, ValueError, AttributeError):  # closed, replaced by a test runner, or None
        return None
