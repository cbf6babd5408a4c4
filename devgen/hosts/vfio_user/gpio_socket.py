"""The GPIO lines of a served device as text: a client drives inputs and is notified of outputs.

A line ``NAME=0`` or ``NAME=1`` drives an input; ``?`` asks for the levels of all lines. Each change of an output is
sent in the same form. A line that cannot be obeyed is answered by a line that begins with ``error:``. Lines for a slow
reader are buffered, up to 1 MiB, like the bytes of a stream.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from devgen.hosts.vfio_user.served_streams import watchable
from devgen.runtime.base.faults import MachineError, suggest
from devgen.runtime.device.byte_stream import ByteStream
from devgen.runtime.machine.backend_names import open_named
from devgen.runtime.machine.stream_backends import Signal
from devgen.runtime.machine.stream_outputs import StreamOutput

if TYPE_CHECKING:
    from devgen.hosts.vfio_user.server import VfioUserServer

LONGEST: Final = 256
"""Bytes of a line; the rest of a longer one is skipped."""


class GpioLines:
    """Connects the lines of ``server``'s device to the backend that ``spec`` names, until ``close``.

    Create it before ``run``. Raises MachineError for a device without lines, or a backend that cannot be opened.
    """

    def __init__(self, server: VfioUserServer, spec: str) -> None:
        self._server = server
        self._device = server.device
        if not self._device.gpio_in and not self._device.gpio_out:
            raise MachineError(f"{self._device.name} has no GPIO lines")
        self._end = self.backend = open_named(self._device.name, "GPIO lines", spec)
        self._outgoing = ByteStream("GPIO lines")
        self._output: StreamOutput | None = None
        self._outgoing.connect(self._end.write, self._end.write_all)
        if not self._end.direct:
            place = f"{self._device.name}: GPIO lines"
            self._output = StreamOutput(place, self._outgoing, self._end, self, self._wake)
        self._typed = bytearray()
        self._fd: int | None = None
        self._undo: list[Callable[[], None]] = []
        for name, line in self._device.gpio_out.items():
            sink = partial(self._tell, name)
            line.connect(sink)
            self._undo.append(partial(line.disconnect, sink))
        self._end.start()
        self._follow()

    def _wake(self) -> None:
        """Make the server write the buffered lines, between two messages."""
        self._server.soon(self._flush)

    def _flush(self) -> None:
        if self._output is not None:
            self._output.flush()

    def watch_event(self, fd: int, callback: Callable[[], None]) -> None:
        """See `devgen.runtime.machine.stream_outputs.Watching`."""
        self._server.watch(fd, callback)

    def unwatch_event(self, fd: int) -> None:
        """See `devgen.runtime.machine.stream_outputs.Watching`."""
        self._server.ignore(fd)

    def _follow(self) -> None:
        """Watch the descriptor from which the backend is read now."""
        fd = self._end.fileno()
        if fd == self._fd:
            return
        if self._fd is not None:
            self._server.ignore(self._fd)
        self._fd = fd
        if fd is None:
            return
        if watchable(fd):
            self._server.watch(fd, self._receive)
        else:  # a plain file: read it to its end now
            while self._read():
                pass

    def _receive(self) -> None:
        if not self._read() and self._fd is not None:
            self._server.ignore(self._fd)
            self._fd = None
            return
        self._follow()

    def _read(self) -> bool:
        """Read and obey the available input; return False at its end."""
        before = self._end.outlet()
        arrival = self._end.read(4096)
        if self._output is not None and self._end.outlet() != before:
            self._output.changed()
        for piece in arrival or ():
            if piece is Signal.QUIT:
                self._server.stop()
            elif isinstance(piece, bytes):
                self._type(piece)
        return arrival is not None

    def _type(self, data: bytes) -> None:
        for value in data:
            if value in b"\r\n":
                text, self._typed = self._typed[:LONGEST].decode(errors="replace").strip(), bytearray()
                if text:
                    self._obey(text)
            elif len(self._typed) <= LONGEST:
                self._typed.append(value)

    def _obey(self, text: str) -> None:
        if text == "?":
            for name, pin in self._device.gpio_in.items():
                self._tell(name, pin.level)
            for name, line in self._device.gpio_out.items():
                self._tell(name, line.level)
            return
        name, _, level = (part.strip() for part in text.partition("="))
        if name not in self._device.gpio_in:
            self._say(f"error: {self._device.name} has no input {name!r}{suggest(name, self._device.gpio_in)}")
        elif level not in ("0", "1"):
            self._say(f"error: {text!r}: write {name}=0 or {name}=1")
        else:
            self._device.gpio_in[name].set(int(level))

    def _tell(self, name: str, level: int) -> None:
        self._say(f"{name}={level}")

    def _say(self, text: str) -> None:
        line = bytearray(f"{text}\n".encode())
        self._outgoing.send_bytes(line, 0, len(line))

    def close(self) -> None:
        """Disconnect from the lines and close the backend."""
        if self._fd is not None:
            self._server.ignore(self._fd)
            self._fd = None
        for undo in self._undo:
            undo()
        self._undo.clear()
        if self._output is not None:
            self._output.close()
            self._output = None
        self._end.stop()
        self._end.close()

    def __enter__(self) -> GpioLines:
        """Use as a context that closes the backend."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()
