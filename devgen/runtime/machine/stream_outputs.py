"""Bytes from the guest's devices to the host's ends: collected, and written in blocks when the loop gets to it.

What an end does not take at once waits in a backlog of at most `BACKLOG` bytes. What a device sends beyond that is
lost, counted and told.
"""

from __future__ import annotations

import select
import time
from collections.abc import Callable
from typing import Final, Protocol

from devgen.runtime.device.byte_stream import ByteStream
from devgen.runtime.machine.stream_backends import say
from devgen.runtime.machine.stream_ends import StreamEnd

BACKLOG: Final = 1 << 20
"""Bytes that wait for one end at most."""

BLOCK: Final = 1 << 16
"""Bytes that are worth a write of their own, before the loop gets to it."""

PATIENCE: Final = 2.0
"""Seconds without progress after which the backlog of a run that has ended is lost."""


class Watching(Protocol):
    """What this module needs of an event loop."""

    def watch_event(self, fd: int, callback: Callable[[], None]) -> None:
        """Call ``callback`` whenever ``fd`` can be read."""
        ...

    def unwatch_event(self, fd: int) -> None:
        """Undo ``watch_event``."""
        ...


class StreamOutput:
    """What one device sends on ``stream``, on its way to ``end``. ``wake()`` has the loop call `flush` soon.

    Everything is called under the machine's lock. ``close`` gives the stream back to the end alone.
    """

    def __init__(
        self, place: str, stream: ByteStream, end: StreamEnd, loop: Watching, wake: Callable[[], None]
    ) -> None:
        self._place = place
        self._stream = stream
        self._end = end
        self._loop = loop
        self._wake = wake
        self._backlog = bytearray()
        self._gate: select.epoll | None = None
        self._progress = 0.0
        self.lost = 0
        """Bytes that have been lost."""
        stream.disconnect(end.write)
        stream.connect(self._send, self._send_block)

    # --- the device's side -----------------------------------------------------------------

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
            self.flush()

    def _lose(self, count: int) -> None:
        if not self.lost:
            say(f"{self._place}: the other side does not read: bytes are lost")
        self.lost += count

    # --- the loop's side -------------------------------------------------------------------

    def flush(self) -> None:
        """Write what the end takes; watch for the time when it takes more."""
        self._write()
        if not self._backlog:
            self._unwatch()
        elif self._gate is None:
            self._watch()

    def _write(self) -> None:
        backlog = self._backlog
        while backlog:
            with memoryview(backlog) as view, view[:BLOCK] as block:
                taken = self._end.take(block)
            if not taken:
                return
            del backlog[:taken]
            self._progress = time.monotonic()

    def _watch(self) -> None:
        fd = self._end.outlet()
        if fd is None:
            return
        self._progress = time.monotonic()
        self._gate = select.epoll(1, select.EPOLL_CLOEXEC)  # readable when there is room: loops watch for that only
        self._gate.register(fd, select.EPOLLOUT)
        self._loop.watch_event(self._gate.fileno(), self.flush)

    def _unwatch(self) -> None:
        if self._gate is not None:
            self._loop.unwatch_event(self._gate.fileno())
            self._gate.close()
            self._gate = None

    def changed(self) -> None:
        """The other side has gone, or another has come."""
        self._unwatch()
        self.flush()

    def finish(self) -> None:
        """Write the backlog while the other side reads; the rest is lost."""
        self._unwatch()
        self._write()
        self._progress = time.monotonic()
        while self._backlog and time.monotonic() < self._progress + PATIENCE:
            fd = self._end.outlet()
            if fd is None:
                break
            select.select([], [fd], [], PATIENCE / 10) if fd < 1024 else time.sleep(PATIENCE / 100)
            self._write()
        if self._backlog:
            self._lose(len(self._backlog))
            self._backlog.clear()

    def close(self) -> None:
        """Finish, and say what was lost."""
        self.finish()
        self._stream.disconnect(self._send)
        self._stream.connect(self._end.write, self._end.write_all)
        if self.lost:
            say(f"{self._place}: {self.lost} bytes were lost")
            self.lost = 0
