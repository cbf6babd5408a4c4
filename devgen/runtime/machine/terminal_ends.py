"""Streams to terminals: the one that devgen was started from, and pseudo-terminals for other programs."""

from __future__ import annotations

import os
import sys
import termios
import tty
from contextlib import suppress
from typing import BinaryIO, Final

from devgen.runtime.machine.stream_ends import (
    Arrival,
    Buffer,
    FileEnd,
    NullEnd,
    Signal,
    read_available,
    write_available,
)

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


def standard_streams() -> TerminalEnd:
    """The terminal, pipe or file at standard output and standard input; what is closed is replaced by nothing."""
    if sys.stdout is None:  # started with it closed
        return TerminalEnd(open(os.devnull, "wb"), _standard_input(), owned=True)
    return TerminalEnd(sys.stdout.buffer, _standard_input())


def _standard_input() -> int | None:
    try:
        return sys.stdin.fileno()
    except (OSError, ValueError, AttributeError):  # closed, replaced by a test runner, or not there at all
        return None
