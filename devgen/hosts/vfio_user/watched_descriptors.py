"""The descriptors that the server's loop polls, among them the eventfds of doorbells."""

from __future__ import annotations

import select
from collections.abc import Callable

from devgen.runtime.memory.event_notifier import IoEventFd, take_count
from devgen.runtime.pci import PciDevice


class WatchedDescriptors:
    """Calls a handler for each readable descriptor; used by one thread."""

    def __init__(self) -> None:
        self._poll = select.poll()
        self._handlers: dict[int, Callable[[], None]] = {}
        self.urgent: set[int] = set()
        """Descriptors that are handled before the client's next message."""

    def watch(self, fd: int, handler: Callable[[], None], *, urgent: bool = False) -> None:
        """Call ``handler()`` whenever ``fd`` is readable; call ``ignore`` before ``fd`` is closed.

        A descriptor that is not ``urgent`` may wait until a burst of messages ends, about a millisecond.
        """
        self._handlers[fd] = handler
        if urgent:
            self.urgent.add(fd)
        self._poll.register(fd, select.POLLIN)

    def ignore(self, fd: int) -> None:
        """Undo ``watch``."""
        if self._handlers.pop(fd, None) is not None:
            self._poll.unregister(fd)
            self.urgent.discard(fd)

    def wait(self, milliseconds: int) -> list[tuple[int, int]]:
        """Wait until descriptors are readable; return (descriptor, events) of each, for `handle`."""
        return self._poll.poll(milliseconds)

    def handle(self, ready: list[tuple[int, int]], settle: Callable[[], None]) -> None:
        """Call the handlers, except of descriptors that an earlier handler has ``ignore``d; ``settle()`` after each."""
        for fd, _ in ready:
            handler = self._handlers.get(fd)
            if handler is not None:
                handler()
                settle()


class GivenDoorbells:
    """The doorbells of ``device`` whose eventfds the client has."""

    def __init__(self, device: PciDevice, watched: WatchedDescriptors, settle: Callable[[], None]) -> None:
        """``settle()`` ends an entry into the device."""
        self._device = device
        self._settle = settle
        self._watched = watched
        self._bells: dict[int, IoEventFd] = {}

    def watch(self, bell: IoEventFd) -> None:
        """Watch the eventfd of a doorbell that is sent to the client."""
        fd = bell.notifier.fileno()
        if fd not in self._bells:
            self._bells[fd] = bell
            self._watched.watch(fd, lambda: self._ring(bell), urgent=True)

    def _ring(self, bell: IoEventFd) -> None:
        count = take_count(bell.notifier.fileno())
        # An observer may have replaced the doorbell by another with the same notifier.
        present = (doorbell for region in self._device.regions.values() for doorbell in region.ioeventfds)
        for doorbell in [doorbell for doorbell in present if doorbell.notifier is bell.notifier] if count else ():
            doorbell.handler(count)
            self._settle()

    def take_back(self) -> None:
        """Handle the doorbells that were rung, then replace the eventfds: the former client cannot ring them."""
        for fd, bell in self._bells.items():
            self._ring(bell)
            self._watched.ignore(fd)
            bell.notifier.renew()
        self._bells.clear()
