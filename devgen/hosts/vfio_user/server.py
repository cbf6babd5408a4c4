"""The server: one PCI device behind a UNIX socket, for one client at a time.

One thread waits for messages, doorbells, timers and ``stop`` and handles them all. So the device needs no lock.
"""

from __future__ import annotations

import errno
import logging
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path
from typing import Final, TypeVar

from devgen.hosts.vfio_user.client_descriptors import MOST_STUCK, DescriptorCloser
from devgen.hosts.vfio_user.client_memory import ClientMemory
from devgen.hosts.vfio_user.client_session import Session
from devgen.hosts.vfio_user.cross_thread_calls import Calls
from devgen.hosts.vfio_user.device_regions import Regions
from devgen.hosts.vfio_user.eventfd_signals import EventfdSignals
from devgen.hosts.vfio_user.listening_socket import PRIVATE, Listener
from devgen.hosts.vfio_user.memory_sharing import MapsReader
from devgen.hosts.vfio_user.message_channel import Channel
from devgen.hosts.vfio_user.pci_function import PciFunction
from devgen.hosts.vfio_user.protocol import Disconnect
from devgen.hosts.vfio_user.refused_clients import RefusedClients
from devgen.hosts.vfio_user.served_function import ServedFunction, class_to_serve
from devgen.hosts.vfio_user.served_state import load_served, save_served
from devgen.hosts.vfio_user.watched_descriptors import GivenDoorbells, WatchedDescriptors
from devgen.runtime.base.faults import MachineError
from devgen.runtime.base.plain_state import Json
from devgen.runtime.device.device import Device
from devgen.runtime.device.environment import Environment
from devgen.runtime.device.properties import PropertyValue
from devgen.runtime.memory.event_notifier import EventNotifier, take_count
from devgen.runtime.memory.memory_region import transaction
from devgen.runtime.observe.observable import EventSink, ResetSink
from devgen.runtime.pci import PciDevice
from devgen.runtime.pci.config_space import COMMAND_IO, COMMAND_MEMORY
from devgen.runtime.time.clock import Clocks

TIMERS: Final = 64
"""Timers that fire before the loop handles messages: one may take milliseconds, and QEMU waits 5 s for a reply."""

_LONGEST: Final = 3600.0
_log = logging.getLogger("devgen.vfio_user")

T = TypeVar("T")


class VfioUserServer:
    """Serves a device of a class, or an object that is a `PciFunction`; listens from its construction on.

    Use as a context, or ``close`` it.

    It is `Observable`, before ``run`` or in its thread.

    ``on_event(device, event, values)`` is called for the device's events, ``on_client(line)`` when a client connects or
    disconnects. ``mapped``: whether clients may map the RAM of a BAR. ``mode``: the socket's, regardless of the umask.
    Raises MachineError when the device is not on PCI, the host lacks what serving needs, or the socket cannot be made;
    DeviceError for its properties.
    """

    def __init__(
        self,
        device: type[Device] | PciFunction,
        path: Path | str,
        properties: Mapping[str, PropertyValue] | None = None,
        *,
        on_event: EventSink | None = None,
        on_client: Callable[[str], None] | None = None,
        mapped: bool = True,
        mode: int = PRIVATE,
    ) -> None:
        device_class = class_to_serve(device)
        self.memory = ClientMemory()
        self.clocks = Clocks.live()
        self._on_client = on_client or _discard
        self.event_sinks: list[EventSink] = [] if on_event is None else [on_event]
        self.on_reset: list[ResetSink] = []
        self.lock: AbstractContextManager[object] = nullcontext()
        environment = Environment(self.clocks, self.memory, self._event, name=device_class.NAME)
        self.device: PciDevice = device_class(environment, **(properties or {}))
        if isinstance(self.device, ServedFunction):
            self.device.host.server = self
        self.regions = Regions(self.device, mapped=mapped)
        self.path = Path(path)
        self._session: Session | None = None
        self._lost: str | None = None
        self._wake = EventNotifier()
        self._calls = Calls()
        self._thread: int | None = None
        self.stopping = False
        """Whether ``stop`` was called: ``run`` ends soon."""
        self._restored = False
        """The device has been restored, and no client has used it since."""
        self.running = False
        """Whether ``run`` is running."""
        self._watched = WatchedDescriptors()
        self.urgent = self._watched.urgent
        self.watch = self._watched.watch
        self.ignore = self._watched.ignore
        """See `WatchedDescriptors`, for these three."""
        self._bells = GivenDoorbells(self.device, self._watched, self.settle)
        self.watch_doorbell = self._bells.watch
        """See `GivenDoorbells`."""
        self._closer = DescriptorCloser()
        self.close_descriptors = self._closer.close
        """Closes descriptors of a client. Never waits for the client."""
        self.looks = MapsReader()
        self._refused = RefusedClients(self)
        with ExitStack() as stack:
            for part in (self.device, self._wake):
                stack.callback(part.close)
            self._signals = _signals_of(self._wake)
            stack.callback(self._signals.close)
            self._listener = Listener(self.path, mode)
            stack.pop_all()
        self.signal = self._signals.signal
        """Adds one to an eventfd of a client. Never waits."""
        self.watch(self._wake.fileno(), self._work)
        self.watch(self._listener.fileno(), self._accept)

    # --- the loop ------------------------------------------------------------------------------

    def run(self) -> None:
        """Serve clients, one after the other, until ``stop`` is called."""
        self.running = True
        self._thread = threading.get_ident()
        try:
            while not self.stopping:
                self.step()
        finally:
            self.running = False
            self._thread = None
            self._calls.end()

    def step(self, timeout: float = _LONGEST) -> None:
        """Wait for at most ``timeout`` seconds and handle the descriptors that are ready."""
        self.settle()
        ready = self._watched.wait(self._patience(timeout))
        if self._session is not None:
            self._session.dma_wait = 0.0
        self._watched.handle(ready, self.settle)
        self.clocks.virtual.run_due(TIMERS)
        if self._session is not None and self._session.behind:
            self._serve()
        if self._session is not None and _past(self._session.channel.deadline):
            self.lose("it has not sent a whole message in time")
        if self._lost is not None:
            self._end_session(self._lost)
        if self._refused:
            self._refused.expire()
        if self._listener.exhausted and not self._refused:
            self._listener.restore()
            self.watch(self._listener.fileno(), self._accept)

    def settle(self) -> None:
        """End an entry into the device: fire the timers that it made due.

        An access that the client makes while a handler of the device awaits the client's memory is a part of that
        handler's entry.
        """
        if self.clocks.virtual.queue.due and not (self._session is not None and self._session.within_handler):
            self.clocks.virtual.settle()

    def _patience(self, timeout: float) -> int:
        """Milliseconds until the next deadline, at most ``timeout`` seconds."""
        deadline = self.clocks.virtual.next_deadline()
        if deadline is not None:
            timeout = min(timeout, (deadline - self.clocks.virtual.now()) / 1e9)
        session = None if self._session is None else self._session.channel.deadline
        for until in (session, self._refused.deadline()):
            if until is not None:
                timeout = min(timeout, until - time.monotonic())
        return max(0, -int(-timeout * 1000 // 1))

    def stop(self) -> None:
        """End ``run``, from any thread or a signal handler."""
        self.stopping = True
        self._wake.set()

    def call(self, function: Callable[[], T]) -> T:
        """Call ``function()`` in the server's thread, between two messages, and return its result; from any thread.

        Waits for the result: ``run`` is running, or is called later. Raises the function's exception, or MachineError
        if the server ends before the call.
        """
        if self._thread == threading.get_ident():
            return function()
        waiting = self._calls.put(function)
        self._wake.set()
        return self._calls.wait(waiting)

    def soon(self, function: Callable[[], object]) -> None:
        """As ``call``, without waiting; also from a signal handler. The function must not raise."""
        self._calls.add(function)
        self._wake.set()

    def _work(self) -> None:
        self._wake.test_and_clear()
        self._calls.work()

    # --- clients -------------------------------------------------------------------------------

    def _accept(self) -> None:
        self._end_closed_session()
        connection = self._listener.accept()
        if self._listener.exhausted:
            self.ignore(self._listener.fileno())  # until `step` has restored it: no other client can be accepted
        if connection is None:
            return
        refusal = self._refusal()
        if refusal:
            _log.info("%s: a client is refused: %s", self.device.name, errno.errorcode[refusal])
            self._refused.add(connection, refusal)
            return
        self._session = Session(self, Channel(connection, self.close_descriptors, lambda: self.stopping))
        self.watch(connection.fileno(), self._serve)
        self._on_client("a client has connected")

    def _refusal(self) -> int:
        """The errno with which a new client is refused; 0 if it is served."""
        if self._listener.exhausted:
            return errno.EMFILE
        if self.stopping:
            return errno.ESHUTDOWN
        return errno.EBUSY if self._session is not None or self._closer.stuck() >= MOST_STUCK else 0

    def _end_closed_session(self) -> None:
        """End the session of a client that has closed its connection: a new client is then not a second one."""
        session = self._session
        while session is not None and session is self._session and session.channel.hung_up():
            self._serve()  # handle the messages that it has sent before

    def _serve(self) -> None:
        session = self._session
        assert session is not None  # its connection is watched
        try:
            session.serve()
        except Disconnect as error:
            self.lose(str(error))
        if self._lost is not None:
            self._end_session(self._lost)

    def lose(self, why: str) -> None:
        """The connection has failed: end the session after the present message."""
        self._lost = self._lost or why

    def _end_session(self, why: str) -> None:
        session, self._lost = self._session, None
        if session is not None:
            self.ignore(session.channel.fileno())
            session.close()
            self._take_back()
            self._session = None
            self._on_client(f"the client has gone: {why}")
            if self._closer.stuck() >= MOST_STUCK:
                self._on_client("no further client is served: descriptors that clients have sent cannot be closed")

    def _take_back(self) -> None:
        """Replace the files and eventfds that the client has: it can no longer read or disturb the device."""
        self._bells.take_back()
        try:
            self.regions.take_back()
        except OSError as error:
            self._on_client(f"the server ends: the card's RAM cannot be taken back from the client: {error.strerror}")
            self.stop()

    def hung_descriptors(self) -> int:
        """Number of clients' descriptors whose ``close`` has not returned, see `client_descriptors`."""
        return self._closer.stuck()

    def tell(self, line: str) -> None:
        """Pass a line about the client to ``on_client``."""
        self._on_client(line)

    @property
    def connected(self) -> bool:
        """Whether a client is connected."""
        return self._session is not None

    # --- the device ----------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The device's name."""
        return self.device.name

    @property
    def devices(self) -> dict[str, Device]:
        """The one device, by its name."""
        return {self.device.name: self.device}

    def transaction(self) -> AbstractContextManager[None]:
        """See `Observable`."""
        bars = self.device.bars.values()
        return transaction(*bars) if bars else nullcontext()

    def is_ram(self, _address: int, _length: int) -> bool:
        """See `Observable`. True for all addresses: the client may change its memory at any time, as RAM."""
        return True

    def surroundings(self) -> dict[str, Json]:
        """See `Observable`."""
        return {"ram": 0, "served": True}

    def _event(self, device: str, event: str, values: dict[str, int]) -> None:
        for sink in self.event_sinks:
            sink(device, event, values)

    def reset_device(self) -> None:
        """Reset the device, for the client's DEVICE_RESET."""
        for sink in self.on_reset:
            sink(False)
        if not self._restored:
            self.device.reset()
        self._restored = False
        for sink in self.on_reset:
            sink(True)

    def save_state(self) -> dict[str, Json]:
        """The device and its clocks as plain data with a version; it has no state of the client."""
        return save_served(self.clocks, self.device)

    def load_state(self, data: Json, *, new_bus: bool = False) -> None:
        """Restore a state of ``save_state``. Raises StateError, with nothing changed, for other data.

        With ``new_bus`` the device is plugged into a new bus and keeps its contents: configuration space is as after a
        reset, and the reset with which a VMM starts (before it enables decoding) is not carried out.
        """
        load_served(self.clocks, self.device, data)
        if new_bus:
            PciDevice.reset(self.device)  # the part that is common to all PCI functions
            self.device.on_mapping = self._decoding_changed
        self._restored = new_bus

    def _decoding_changed(self) -> None:
        if self.device.config.command & (COMMAND_IO | COMMAND_MEMORY):
            self._restored = False

    def vacate(self) -> None:
        """Remove the socket at once, for a signal handler of a process that then exits."""
        self._listener.remove()

    def close(self) -> None:
        """End the session, remove the socket, release the device. May be called again."""
        self._end_session("the server ends")
        if self._listener.fileno() >= 0:
            self.ignore(self._listener.fileno())
            self._turn_away()
            self._listener.close()
            self._signals.close()
            self._wake.close()
            self.regions.close()
            self.device.close()

    def _turn_away(self) -> None:
        """Refuse the clients that have not been accepted."""
        self.stopping = True
        while not self._listener.exhausted and (connection := self._listener.accept()) is not None:
            self._refused.add(connection, self._refusal())
        self._refused.close()

    def __enter__(self) -> VfioUserServer:
        """Use as a context that closes the server."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()


def _signals_of(own: EventNotifier) -> EventfdSignals:
    """Return the signaller of clients' eventfds. Raises MachineError if the host has no non-blocking calls for it."""
    try:
        take_count(own.fileno())
    except OSError as error:
        raise MachineError(f"cannot read eventfds without waiting (Linux 5.8 or newer can): {error.strerror}") from None
    return EventfdSignals()


def _past(deadline: float | None) -> bool:
    return deadline is not None and time.monotonic() > deadline


def _discard(_line: str) -> None:
    """Discard a line."""
