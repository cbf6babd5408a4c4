"""The server's part that a client's session uses."""

from __future__ import annotations

from typing import Protocol

from devgen.hosts.vfio_user.client_interrupts import Watcher
from devgen.hosts.vfio_user.client_memory import ClientMemory
from devgen.hosts.vfio_user.device_regions import Regions
from devgen.hosts.vfio_user.memory_sharing import MapsReader
from devgen.runtime.memory.event_notifier import IoEventFd
from devgen.runtime.pci import PciDevice
from devgen.runtime.time.clock import Clocks


class SessionOwner(Watcher, Protocol):
    """The server's attributes and methods that a session uses: the device, its clocks, and calls outside the session.

    ``urgent``: descriptors that are handled before the client's next message. ``stopping``: ``stop`` was called.
    """

    memory: ClientMemory
    regions: Regions
    device: PciDevice
    clocks: Clocks
    looks: MapsReader
    urgent: set[int]
    stopping: bool

    def watch_doorbell(self, bell: IoEventFd) -> None:
        """Call the doorbell's handler when its eventfd is signalled."""
        ...

    def settle(self) -> None:
        """End an entry into the device: fire the timers that it made due."""
        ...

    def reset_device(self) -> None:
        """Reset the device, for the client's DEVICE_RESET."""
        ...

    def tell(self, line: str) -> None:
        """Print a line about the client."""
        ...

    def lose(self, why: str) -> None:
        """End the session: the connection has failed."""
        ...
