"""Open the backend of a stream by its name on the board: ``stdio``, ``pty``, ``socket:PATH`` and others."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

from devgen.common.guarded_files import open_regular_to_write
from devgen.runtime.base.faults import MachineError, suggest
from devgen.runtime.machine.socket_end import SocketEnd
from devgen.runtime.machine.stream_ends import FileEnd, MemoryEnd, NullEnd, StreamEnd
from devgen.runtime.machine.terminal_ends import PtyEnd, standard_streams

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
