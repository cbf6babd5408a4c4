"""A device that is served over vfio-user by a thread of the test, which can reach into it."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TypeVar

from devgen.hosts.vfio_user import VfioUserServer
from devgen.runtime.device.device import Device
from devgen.runtime.device.properties import PropertyValue
from devgen.runtime.machine.device_registry import Registry
from devgen.runtime.pci import PciDevice

T = TypeVar("T")


class ServedCard:
    """Serves ``device``, a class or a name of the catalogue, at ``path``. Use as a context."""

    def __init__(self, device: str | type[Device], path: Path, **properties: PropertyValue) -> None:
        device_class = Registry().find(device) if isinstance(device, str) else device
        self.events: list[tuple[str, dict[str, int]]] = []
        """The device's events so far: name and values."""
        self.server = VfioUserServer(device_class, path, properties, on_event=self._hear)
        self.path = path
        self._calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._bell = os.eventfd(0, os.EFD_CLOEXEC)
        self.server.watch(self._bell, self._work)
        self._thread = threading.Thread(target=self.server.run, daemon=True)
        self._thread.start()

    def call(self, function: Callable[[PciDevice], T]) -> T:
        """``function(device)``, done by the server's thread, between two messages of the guest."""
        future: Future[T] = Future()

        def work() -> None:
            try:
                future.set_result(function(self.server.device))
            except BaseException as error:
                future.set_exception(error)

        self._calls.put(work)
        os.eventfd_write(self._bell, 1)
        return future.result(30)

    def wait(self, condition: Callable[[PciDevice], object], seconds: float = 30) -> None:
        """Wait until ``condition(device)`` holds. Raises AssertionError if it does not come to that."""
        end = time.monotonic() + seconds
        while not self.call(condition):
            assert time.monotonic() < end, f"{self.server.device.name}: what was waited for has not come"
            time.sleep(0.01)

    def _work(self) -> None:
        for _ in range(os.eventfd_read(self._bell)):
            self._calls.get()()

    def _hear(self, _device: str, event: str, values: dict[str, int]) -> None:
        self.events.append((event, values))

    def close(self) -> None:
        """End the server."""
        self.server.stop()
        self._thread.join(20)
        assert not self._thread.is_alive(), f"the server of {self.server.device.name} hangs"
        self.server.close()
        os.close(self._bell)

    def __enter__(self) -> ServedCard:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
