"""Backends of a served device's byte streams: a terminal, a socket, a file, named as in a board."""

from __future__ import annotations

import select
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from devgen.runtime.base.faults import MachineError, suggest
from devgen.runtime.device.device import Device
from devgen.runtime.machine.backend_names import open_named
from devgen.runtime.machine.stream_backends import StreamBackend
from devgen.runtime.machine.stream_inputs import StreamInputs

if TYPE_CHECKING:
    from devgen.hosts.vfio_user.server import VfioUserServer


def watchable(fd: int) -> bool:
    """Whether ``fd`` can be polled; a plain file cannot, since poll always reports it readable."""
    try:
        with select.epoll(1) as probe:
            probe.register(fd)
    except PermissionError:
        return False
    return True


class ServedStreams:
    """Connects the streams of ``server``'s device to the backends that ``specs`` names, until ``close``.

    ``specs`` is stream → backend as `devgen.runtime.machine.backend_names.open_backend` takes it; the bytes of other
    streams are discarded. The escape key at a terminal ends the server. Create it before ``run``.

    Raises:
        MachineError: the device has no such stream, or there is no such backend.
    """

    def __init__(self, server: VfioUserServer, specs: Mapping[str, str]) -> None:
        self._server = server
        self.devices: dict[str, Device] = server.devices
        self.backends: dict[tuple[str, str], StreamBackend] = {}
        device = server.device
        for name in specs:
            if name not in device.streams:
                known = ", ".join(device.streams) or "none"
                raise MachineError(f"{device.name}: no stream '{name}'{suggest(name, device.streams)}; it has {known}")
        try:
            for name, spec in specs.items():
                backend = self.backends[device.name, name] = open_named(device.name, name, spec)
                device.streams[name].connect(backend.write, backend.write_all)
            self._inputs = StreamInputs(self, self, server.stop)
        except BaseException:
            self._release()
            raise
        self._inputs.start()

    def watch_event(self, fd: int, callback: Callable[[], None]) -> None:
        """See `Loop`."""
        if not watchable(fd):
            raise PermissionError(f"descriptor {fd} is a plain file: it is always ready")
        self._server.watch(fd, callback)

    def unwatch_event(self, fd: int) -> None:
        """See `Loop`."""
        self._server.ignore(fd)

    def close(self) -> None:
        """Restore a terminal's mode, flush and close all backends."""
        self._inputs.close()
        self._release()

    def _release(self) -> None:
        for (_, name), backend in self.backends.items():
            self._server.device.streams[name].disconnect(backend.write)
            backend.close()
        self.backends.clear()

    def __enter__(self) -> ServedStreams:
        """Use as a context that closes the backends."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()
