"""Input of streams: move bytes from the backends to the guest's devices.

A device gets at most the number of bytes that its ``room()`` allows; further bytes remain in the pipe or socket until
the device has room. An *eager* backend is always read, and its input is queued here up to a limit.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Protocol

from devgen.runtime.device.byte_stream import ByteStream
from devgen.runtime.device.device import Device
from devgen.runtime.machine.stream_backends import Signal, StreamBackend
from devgen.runtime.machine.stream_outputs import StreamOutput

CHUNK: Final = 4096
"""Most bytes read and delivered at once."""

MOST_KEPT: Final = 4096
"""Most queued pieces of an eager backend's input; further input is lost."""


@dataclass(slots=True, eq=False)
class _Source:
    """A backend with input, and its stream.

    ``fd`` is the watched descriptor, or None. ``plain`` is True if the descriptor cannot be watched because it is
    always readable, like a file's. ``over`` is True at the end of input; ``kept`` is the queued input.
    """

    backend: StreamBackend
    stream: ByteStream
    fd: int | None = None
    plain: bool = False
    over: bool = False
    kept: deque[bytes | Signal] = field(default_factory=deque)


class Connected(Protocol):
    """Devices whose streams have backends, for example a machine."""

    @property
    def devices(self) -> Mapping[str, Device]:
        """The devices by name."""
        ...

    @property
    def backends(self) -> Mapping[tuple[str, str], StreamBackend]:
        """(device, stream) → the stream's backend."""
        ...


class Loop(Protocol):
    """An event loop that watches descriptors, for example an `EventLoop`."""

    def watch_event(self, fd: int, callback: Callable[[], None]) -> None:
        """Call ``callback`` while ``fd`` is readable. Raises PermissionError if epoll does not support ``fd``."""
        ...

    def unwatch_event(self, fd: int) -> None:
        """Undo ``watch_event``."""
        ...


class StreamInputs:
    """Moves bytes between the backends and the devices of a machine while a host runs ``loop``.

    The backend of a device that does not receive is not read, so no input is lost. If several streams share a
    descriptor, the first one gets its input. ``quit`` is called when the user requests the end of the run. Everything
    is called under the machine's lock.
    """

    def __init__(self, machine: Connected, loop: Loop, quit: Callable[[], None]) -> None:
        self._loop = loop
        self._quit = quit
        self._again = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        loop.watch_event(self._again, self._look_again)
        self._sources: list[_Source] = []
        self._outputs = {
            backend: StreamOutput(
                f"{device}: stream '{name}'", machine.devices[device].streams[name], backend, loop, self._wake
            )
            for (device, name), backend in machine.backends.items()
            if not backend.direct
        }
        self._streams = [machine.devices[device].streams[name] for device, name in machine.backends]
        taken: set[int] = set()
        for (device, name), backend in machine.backends.items():
            stream, fd = machine.devices[device].streams[name], backend.fileno()
            if fd is not None and (stream.listens or backend.connects) and fd not in taken:
                taken.add(fd)
                self._sources.append(_Source(backend, stream))
        for source in self._sources:
            self._follow(source)

    def start(self) -> None:
        """Called when a run starts."""
        for source in self._sources:
            source.backend.start()
        for stream in self._streams:
            stream.writable_again()  # a restored device may wait for that
        self._wake()

    def stop(self) -> None:
        """Called when the run has ended: write pending output while the other side reads it."""
        for output in self._outputs.values():
            output.finish()
        for source in self._sources:
            source.backend.stop()

    def close(self) -> None:
        """Stop watching; the machine closes the backends. May be called again."""
        self.stop()
        for source in self._sources:
            self._watch(source, None)
            source.stream.on_room = None
        self._sources.clear()
        for output in self._outputs.values():
            output.close()
        self._outputs.clear()
        if self._again >= 0:
            self._loop.unwatch_event(self._again)
            os.close(self._again)
            self._again = -1

    # --- watching ------------------------------------------------------------------------

    def _wake(self) -> None:
        """Make the loop's thread check all sources soon."""
        os.eventfd_write(self._again, 1)

    def _look_again(self) -> None:
        os.eventfd_read(self._again)
        for output in self._outputs.values():
            output.flush()
        for source in self._sources:
            self._deliver(source)
            self._follow(source)
            if source.plain and not source.over and not source.kept:
                self._receive(source)

    def _follow(self, source: _Source) -> None:
        """Watch the backend's present descriptor, or none while the device has no room for input."""
        wanted = not source.over and (source.backend.eager or not source.kept)
        if wanted and not source.backend.eager and source.stream.room() <= 0:
            wanted = False
            source.stream.on_room = self._wake
        self._watch(source, source.backend.fileno() if wanted else None)

    def _watch(self, source: _Source, fd: int | None) -> None:
        if source.plain or fd == source.fd:
            return
        if source.fd is not None:
            self._loop.unwatch_event(source.fd)
        source.fd = fd
        if fd is None:
            return
        try:
            self._loop.watch_event(fd, partial(self._receive, source))
        except PermissionError:  # a plain file is always ready, and epoll refuses it
            source.fd, source.plain = None, True
            self._wake()

    # --- reading -------------------------------------------------------------------------

    def _receive(self, source: _Source) -> None:
        """Read from the backend and deliver what the device has room for."""
        room = CHUNK if source.backend.eager else min(source.stream.room(), CHUNK)
        if room <= 0:
            self._follow(source)
            return
        before = source.backend.outlet()
        arrival = source.backend.read(room)
        if source.backend.outlet() != before and source.backend in self._outputs:
            self._outputs[source.backend].changed()
        if arrival is None:
            source.over = True
            arrival = ()
        for piece in arrival:
            if piece is Signal.QUIT:
                self._quit()
            elif piece and len(source.kept) < MOST_KEPT:
                source.kept.append(piece)
        self._deliver(source)
        self._follow(source)
        if source.plain and not source.over and source.stream.on_room is None:
            self._wake()

    def _deliver(self, source: _Source) -> None:
        stream, kept = source.stream, source.kept
        stream.on_room = None
        while kept:
            piece = kept[0]
            if isinstance(piece, Signal):
                stream.receive_break()
                kept.popleft()
                continue
            room = stream.room()
            if room <= 0:
                stream.on_room = self._wake
                return
            stream.receive(piece[:room])
            kept.popleft()
            if len(piece) > room:
                kept.appendleft(piece[room:])
