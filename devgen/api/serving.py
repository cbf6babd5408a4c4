"""Serves a PCI device to QEMU or another VMM, over vfio-user."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from os import PathLike
from pathlib import Path
from typing import TypeVar

from devgen.api.observing import Watch, watch
from devgen.api.served_class import served_class
from devgen.api.served_events import Log, ServedEvents
from devgen.hosts.vfio_user import PciFunction, VfioUserServer
from devgen.hosts.vfio_user.gpio_socket import GpioLines
from devgen.hosts.vfio_user.served_streams import ServedStreams
from devgen.runtime.base.faults import MachineError
from devgen.runtime.base.plain_state import Json
from devgen.runtime.device.device import Device
from devgen.runtime.device.properties import PropertyValue
from devgen.runtime.machine.device_registry import Registry
from devgen.runtime.machine.media import connect_media
from devgen.runtime.machine.project_devices import project_registry
from devgen.runtime.machine.stream_backends import socket_paths
from devgen.runtime.pci import CarriedDevice
from devgen.runtime.pci.carried_device import describe_carriage

AnyPath = str | PathLike[str]
T = TypeVar("T")


class DeviceServer:
    """A PCI device behind a UNIX socket, which the constructor creates. Use as a context manager, or ``close`` it.

    For example, ``with DeviceServer("edu", "edu.sock") as server: server.run()``.

    One client is served at a time. When it disconnects, the device keeps its state and accepts the next client. ``run``
    serves in the calling thread, ``start`` in a new thread.

    ``device``: a device's name or class, or any object that is a `PciFunction`. ``socket``: the path.
    ``properties``: the device's. ``streams``: stream → ``stdio``, ``pty``, ``socket:PATH``, ``file:PATH``,
    ``input:PATH``, ``random`` or ``null``. ``media``: array of bytes of the device's state, as a disk's ``medium`` →
    the file that holds it, opened for reading only if the device's property ``read_only`` is true.
    ``lines``: a backend, as for a stream, for the GPIO lines, as text. ``mapped``: whether clients can map the memory
    of BARs. ``mode``: the socket's permissions, independent of the umask.
    ``msix``: False omits the device's MSI-X capability; it then uses MSI or INTx#.
    ``as_pci``: serve a device of another bus inside a PCI function (`devgen.runtime.pci.carried_device`); ``pci_id``:
    the function's vendor and device ID, by default 1af4:10f0, which is for experiments.
    ``on_event``: event → ``log``, ``ignore``, ``run:COMMAND``, ``qmp:SOCKET:COMMAND``, or ``exit``, which ends the
    server with the event's ``code``. ``log`` is called with a line for each logged event, and from another thread for
    each command that fails; ``on_client`` with a line when a client connects or disconnects. ``state``: a result of
    ``save_state``. ``registry``: where the name is looked up; by default the project at or above the current folder.

    Raises:
        ArgumentError: an event that the device does not have, an unknown action, ``pci_id`` without ``as_pci``,
            ``as_pci`` of an object or of a device on PCI, or a device of another bus without ``as_pci``.
        RuntimeFault: an unknown or stale device, one that cannot do without MSI-X, one that does not fit into a PCI
            function, a wrong property, stream, medium or state, or a socket that cannot be made.
    """

    def __init__(
        self,
        device: str | type[Device] | PciFunction,
        socket: AnyPath,
        *,
        properties: Mapping[str, PropertyValue] | None = None,
        streams: Mapping[str, str] | None = None,
        media: Mapping[str, AnyPath] | None = None,
        lines: str | None = None,
        mapped: bool = True,
        mode: int = 0o600,
        msix: bool = True,
        as_pci: bool = False,
        pci_id: tuple[int, int] | None = None,
        on_event: Mapping[str, str] | None = None,
        log: Log | None = None,
        on_client: Callable[[str], None] | None = None,
        state: Json = None,
        registry: Registry | None = None,
    ) -> None:
        served = (registry or project_registry()).find(device) if isinstance(device, str) else device
        served = served_class(served, properties or {}, as_pci=as_pci, pci_id=pci_id, msix=msix)
        self._events = ServedEvents(served, on_event or {}, log)
        self._thread: threading.Thread | None = None
        self._failure: BaseException | None = None
        with ExitStack() as stack:
            stack.callback(self._events.close)
            self.server = stack.enter_context(
                VfioUserServer(
                    served, Path(socket), properties, on_event=self._events.hear, on_client=on_client,
                    mapped=mapped, mode=mode,
                )
            )  # fmt: skip
            self._events.stop = self.server.stop
            for medium in connect_media(self.server.device, {name: Path(path) for name, path in (media or {}).items()}):
                stack.callback(medium.close)
            if state is not None:
                self.server.load_state(state, new_bus=True)
            backends = [*stack.enter_context(ServedStreams(self.server, streams or {})).backends.values()]
            if lines is not None:
                backends.append(stack.enter_context(GpioLines(self.server, lines)).backend)
            self.sockets = (self.server.path, *socket_paths(backends))
            """The paths of the server's socket and those of its streams and lines."""
            self._cleanup = stack.pop_all()

    @property
    def path(self) -> Path:
        """The path of the socket."""
        return self.server.path

    @property
    def device(self) -> Device:
        """The device. While the server runs, access it only through ``call``."""
        return self.server.device

    @property
    def carriage(self) -> str | None:
        """Where a device that is served ``as_pci`` has its parts, as one line of text; None for others."""
        device = self.server.device
        return describe_carriage(device) if isinstance(device, CarriedDevice) else None

    @property
    def code(self) -> int:
        """The code of the event that ended the server, else 0."""
        return self._events.code

    def run(self) -> int:
        """Serve clients until ``stop`` or an event whose action is ``exit``. Return ``code``."""
        self.server.run()
        return self.code

    def start(self) -> None:
        """Serve in a new thread until ``stop`` or ``close``. Raises MachineError if it was started before."""
        if self._thread is not None:
            raise MachineError("the server has been started")
        self._thread = threading.Thread(target=self._serve, name="devgen-serve", daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        try:
            self.server.run()
        except BaseException as error:
            self._failure = error

    def stop(self) -> None:
        """End ``run``, from any thread or a signal handler."""
        self.server.stop()

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end of ``start``'s thread; return ``code``. Raises TimeoutError and the thread's exception."""
        thread = self._thread
        if thread is not None:
            thread.join(timeout)
            if thread.is_alive():
                raise TimeoutError("the server is still running")
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure
        return self.code

    def call(self, function: Callable[[], T]) -> T:
        """Call ``function()`` in the serving thread, between two messages. Raises MachineError, and its exceptions."""
        return self.server.call(function) if self.server.running else function()

    def soon(self, function: Callable[[], object]) -> None:
        """Queue a call as for ``call``, without waiting for it. Can be used in a signal handler."""
        self.server.soon(function)

    def watch(self, what: Watch) -> AbstractContextManager[None]:
        """Trace the device while the context lasts. Enter and leave the context while the server does not run.

        Raises ArgumentError, FileError, MissingPackageError.
        """
        return watch(self.server, what)

    def save_state(self) -> dict[str, Json]:
        """Return the state of the device and its clock, for ``state``. Raises MachineError if the server ends."""
        return self.call(self.server.save_state)

    def vacate(self) -> None:
        """Remove the socket at once, from a signal handler of a process that is about to end."""
        self.server.vacate()

    def close(self) -> None:
        """Stop, remove the socket and release the device. Raises the exception of the thread of ``start``."""
        self.stop()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._cleanup.close()
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def __enter__(self) -> DeviceServer:
        """Return the server; the context closes it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()
