"""What the server's loop waits for: descriptors that become readable, and doorbells that a client rings by eventfd."""

from __future__ import annotations

import select
from collections.abc import Callable

from devgen.runtime.memory.event_notifier import IoEventFd, take_count
from devgen.runtime.pci import PciDevice


class WatchedDescriptors:
    """Calls a handler for each descriptor that can be read; used by one thread."""

    def __init__(self) -> None:
        self._poll = select.poll()
        self._handlers: dict[int, Callable[[], None]] = {}
        self.urgent: set[int] = set()
        """Descriptors that are looked at before the client's next message."""

    def watch(self, fd: int, handler: Callable[[], None], *, urgent: bool = False) -> None:
        """Call ``handler()`` whenever ``fd`` can be read; ``ignore`` it before it is closed.

        What is not ``urgent`` may wait for a burst of messages to end, a millisecond of a client that never pauses.
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
        """Wait until descriptors can be read; (descriptor, events) of each, for `handle`."""
        return self._poll.poll(milliseconds)

    def handle(self, ready: list[tuple[int, int]], settle: Callable[[], None]) -> None:
        """Call the handlers, but for those that an earlier one has made ``ignore``d, and ``settle()`` after each."""
        for fd, _ in ready:
            handler = self._handlers.get(fd)
            if handler is not None:
                handler()
                settle()


class GivenDoorbells:
    """The doorbells of ``device`` whose eventfds the client has been given."""

    def __init__(self, device: PciDevice, watched: WatchedDescriptors, settle: Callable[[], None]) -> None:
        """``settle()`` ends an entry into the device."""
        self._device = device
        self._settle = settle
        self._watched = watched
        self._bells: dict[int, IoEventFd] = {}

    def watch(self, bell: IoEventFd) -> None:
        """Hear a doorbell whose descriptor the client is given."""
        fd = bell.notifier.fileno()
        if fd not in self._bells:
            self._bells[fd] = bell
            self._watched.watch(fd, lambda: self._ring(bell), urgent=True)

    def _ring(self, bell: IoEventFd) -> None:
        count = take_count(bell.notifier.fileno())
        # An observer may have put another in its place meanwhile, for the same descriptor.
        present = (one for region in self._device.regions.values() for one in region.ioeventfds)
        for one in [one for one in present if one.notifier is bell.notifier] if count else ():
            one.handler(count)
            self._settle()

    def take_back(self) -> None:
        """Handle what has been rung, then renew the eventfds: the client that had them rings nothing any more."""
        for fd, bell in self._bells.items():
            self._ring(bell)
            self._watched.ignore(fd)
            bell.notifier.renew()
        self._bells.clear()
