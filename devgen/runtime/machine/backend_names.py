"""Open the backend of a stream by its name on the board: ``stdio``, ``pty``, ``socket:PATH`` and others."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

from devgen.common.guarded_files import open_regular, open_regular_to_write
from devgen.runtime.base.faults import MachineError, suggest
from devgen.runtime.machine.socket_backend import SocketBackend
from devgen.runtime.machine.stream_backends import FileBackend, InputBackend, MemoryBackend, NullBackend, StreamBackend
from devgen.runtime.machine.terminal_backends import PtyBackend, standard_streams

BACKENDS = ("stdio", "null", "memory", "pty", "random", "socket:PATH", "file:PATH", "input:PATH")

RANDOM_SOURCE = "/dev/urandom"


def open_backend(spec: str) -> StreamBackend:
    """Open a backend: one of BACKENDS.

    ``file`` is written; ``input`` is read, as is ``random``, which gives the host's random bytes without end.

    Raises MachineError for any other ``spec`` and if the backend cannot be opened.
    """
    kind, _, argument = spec.partition(":")
    try:
        match kind:
            case "null" if not argument:
                return NullBackend()
            case "memory" if not argument:
                return MemoryBackend()
            case "stdio" if not argument:
                return standard_streams()
            case "pty" if not argument:
                return PtyBackend()
            case "socket" if argument:
                return SocketBackend(Path(argument))
            case "random" if not argument:
                return InputBackend(open(RANDOM_SOURCE, "rb", buffering=0))
            case "input" if argument:
                return InputBackend(open_regular(argument))
            case "file" if argument:
                return FileBackend(open_regular_to_write(argument))
    except (OSError, ValueError) as error:
        raise MachineError(f"cannot open stream backend {spec!r}: {_reason(error)}") from error
    hint = suggest(kind, ("stdio", "null", "memory", "pty", "random", "socket", "file", "input"))
    raise MachineError(f"unknown stream backend {spec!r}{hint}; known are {', '.join(BACKENDS)}")


def open_named(device: str, stream: str, spec: str) -> StreamBackend:
    """Open the backend of a device's stream as ``open_backend`` does; print its path if the user needs it.

    Raises MachineError, with the names of the device and the stream.
    """
    try:
        backend = open_backend(spec)
    except MachineError as error:
        raise MachineError(f"{device}: stream '{stream}': {error}") from None
    if backend.where:
        say(f"{device}: stream '{stream}' is at {backend.where}")
    return backend


def say(line: str) -> None:
    """Print a line on standard error; ignore errors, since a closed terminal must not affect the guest."""
    with suppress(OSError, ValueError):
        print(line, file=sys.stderr, flush=True)


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
