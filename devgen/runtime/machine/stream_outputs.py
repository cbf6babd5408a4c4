"""Output of streams: collect bytes from the guest's devices and write them to the backends in blocks.

Bytes that a backend cannot take wait in a backlog of at most `BACKLOG` bytes. Further bytes are lost; they are counted
and reported.
"""

from __future__ import annotations

import select
import time
from collections.abc import Callable
from typing import Final, Protocol

from devgen.runtime.device.byte_stream import HALF, WRITABLE, ByteStream
from devgen.runtime.machine.backend_names import say
from devgen.runtime.machine.stream_backends import StreamBackend

BACKLOG: Final = WRITABLE
"""Most bytes that wait for one backend."""

BLOCK: Final = 1 << 16
"""Bytes from which the backlog is written immediately instead of by the event loop."""

PATIENCE: Final = 2.0
"""Seconds without progress after which the backlog is dropped at the end of a run."""


class Watching(Protocol):
    """The methods of an event loop that this module uses."""

    def watch_event(self, fd: int, callback: Callable[[], None]) -> None:
        """Call ``callback`` while ``fd`` is readable."""
        ...

    def unwatch_event(self, fd: int) -> None:
        """Undo ``watch_event``."""
        ...


class StreamOutput:
    """Writes the output of ``stream`` to ``backend``. ``wake()`` makes the loop call `flush` soon.

    Everything is called under the machine's lock. ``close`` connects the stream to the backend directly again.
    """

    def __init__(
        self, place: str, stream: ByteStream, backend: StreamBackend, loop: Watching, wake: Callable[[], None]
    ) -> None:
        self._place = place
        self._stream = stream
        self._backend = backend
        self._loop = loop
        self._wake = wake
        self._backlog = bytearray()
        self._gate: select.epoll | None = None
        self._progress = 0.0
        self.lost = 0
        """Number of bytes that have been lost."""
        self._awaited = False
        stream.outlet = self._writable
        stream.disconnect(backend.write)
        stream.connect(self._send, self._send_block, self._backlog)

    # --- called by the device ----------------------------------------------------------------

    def _send(self, value: int) -> None:
        backlog = self._backlog
        if not backlog:
            self._wake()
        if len(backlog) < BACKLOG:
            backlog.append(value)
        else:
            self._lose(1)

    def _send_block(self, data: bytes) -> None:
        backlog = self._backlog
        if not backlog:
            self._wake()
        room = BACKLOG - len(backlog)
        backlog += data[:room]
        if len(data) > room:
            self._lose(len(data) - room)
        if len(backlog) >= BLOCK and self._gate is None:
            self._drain()  # the loop, which has been woken, tells the device: not in the middle of its handler

    def _writable(self) -> int:
        room = BACKLOG - len(self._backlog)
        if room < HALF:
            self._awaited = True
        return room

    def _lose(self, count: int) -> None:
        if not self.lost:
            say(f"{self._place}: output is lost because the other side does not read it")
        self.lost += count

    # --- called by the event loop ------------------------------------------------------------

    def flush(self) -> None:
        """Write what the backend can take, and notify a device that waits for it.

        If bytes remain, watch for when the backend can take more.
        """
        self._drain()
        if self._awaited and len(self._backlog) <= HALF:
            self._awaited = False
            self._stream.writable_again()

    def _drain(self) -> None:
        self._write()
        if not self._backlog:
            self._unwatch()
        elif self._gate is None:
            self._watch()

    def _write(self) -> None:
        backlog = self._backlog
        while backlog:
            with memoryview(backlog) as view, view[:BLOCK] as block:
                taken = self._backend.take(block)
            if not taken:
                return
            del backlog[:taken]
            self._progress = time.monotonic()

    def _watch(self) -> None:
        fd = self._backend.outlet()
        if fd is None:
            return
        self._progress = time.monotonic()
        # Loops watch for readable descriptors only; this epoll is readable when `fd` is writable.
        self._gate = select.epoll(1, select.EPOLL_CLOEXEC)
        self._gate.register(fd, select.EPOLLOUT)
        self._loop.watch_event(self._gate.fileno(), self.flush)

    def _unwatch(self) -> None:
        if self._gate is not None:
            self._loop.unwatch_event(self._gate.fileno())
            self._gate.close()
            self._gate = None

    def changed(self) -> None:
        """Called when the backend's client has connected or disconnected."""
        self._unwatch()
        self.flush()

    def finish(self) -> None:
        """Write the backlog while the other side reads; drop the rest after `PATIENCE` seconds without progress."""
        self._unwatch()
        self._write()
        self._progress = time.monotonic()
        while self._backlog and time.monotonic() < self._progress + PATIENCE:
            fd = self._backend.outlet()
            if fd is None:
                break
            select.select([], [fd], [], PATIENCE / 10) if fd < 1024 else time.sleep(PATIENCE / 100)
            self._write()
        if self._backlog:
            self._lose(len(self._backlog))
            self._backlog.clear()

    def close(self) -> None:
        """Write the backlog, disconnect and report how many bytes were lost."""
        self.finish()
        self._stream.outlet = None
        self._stream.disconnect(self._send)
        self._stream.connect(self._backend.write, self._backend.write_all)
        if self.lost:
            say(f"{self._place}: {self.lost} bytes were lost")
            self.lost = 0
