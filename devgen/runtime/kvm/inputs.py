"""Bytes from the host to the guest's devices: terminals, pipes and sockets behind the streams that a board names."""

from __future__ import annotations

import logging
import os
from functools import partial

from devgen.runtime.kvm.eventloop import EventLoop
from devgen.runtime.machine import Machine
from devgen.runtime.stream import ByteStream

log = logging.getLogger(__name__)

CHUNK = 4096  # bytes handed over at once


class StreamInputs:
    """Gives what arrives at a stream's descriptor to its device, until the other side has closed it.

    Streams of devices that take no bytes are left alone, so that nothing is eaten from a terminal for nobody.
    """

    def __init__(self, machine: Machine, loop: EventLoop) -> None:
        self._loop = loop
        self._watched: set[int] = set()
        for (device, name), end in machine.ends.items():
            stream = machine.devices[device].streams[name]
            fd = end.fileno()
            if fd is not None and stream.listens and fd not in self._watched:
                self._watch(fd, stream)

    def _watch(self, fd: int, stream: ByteStream) -> None:
        try:
            self._loop.watch_event(fd, partial(self._receive, fd, stream))
        except OSError as error:  # a plain file is always ready, and epoll refuses it
            log.warning("stream %s takes no input: %s", stream.name, error.strerror)
            return
        self._watched.add(fd)

    def _receive(self, fd: int, stream: ByteStream) -> None:
        try:
            data = os.read(fd, CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            stream.receive(data)
        else:
            self._unwatch(fd)

    def _unwatch(self, fd: int) -> None:
        self._watched.discard(fd)
        self._loop.unwatch_event(fd)

    def close(self) -> None:
        """Look no more; the descriptors are not ours to close."""
        for fd in list(self._watched):
            self._unwatch(fd)
