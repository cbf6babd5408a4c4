"""What a client's session needs of the server that runs it."""

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
    """A server as its session sees it: the device, its clocks, and what is done outside the session.

    ``urgent`` are descriptors that are served before the client's next message. ``stopping``: the server shall end.
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
        """Reset the device, as the client asks for."""
        ...

    def tell(self, line: str) -> None:
        """Print a line about the client."""
        ...

    def lose(self, why: str) -> None:
        """End the session: the connection has failed."""
        ...
