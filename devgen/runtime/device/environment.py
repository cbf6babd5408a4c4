"""The services that a device gets: clocks, guest memory for DMA, callbacks for events and log lines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from devgen.runtime.base.guest_log import AccessLog
from devgen.runtime.time.clock import Clocks


class GuestMemory(Protocol):
    """Guest memory for a device's DMA, for example an `AddressSpace`. No method raises.

    Accesses while a guest runs have the guarantees of `devgen.runtime.memory.shared_bytes`.
    """

    def load(self, address: int, size: int) -> int:
        """Read a little-endian value of 1 to 8 bytes."""
        ...

    def store(self, address: int, value: int, size: int) -> None:
        """Write a little-endian value of 1 to 8 bytes."""
        ...

    def read_bytes(self, address: int, n: int) -> bytes:
        """Read ``n`` bytes; unassigned addresses read as all ones."""
        ...

    def write_bytes(self, address: int, data: bytes | bytearray | memoryview) -> None:
        """Write ``data``; bytes for unassigned addresses are dropped."""
        ...


def _ignore(_device: str, _event: str, _values: dict[str, int]) -> None:
    """Ignore an event: the default callback."""


@dataclass(slots=True)
class Environment:
    """The services that a device gets. ``name`` is its name on the board.

    ``on_event(device name, event name, values)`` is called for each event. ``log`` receives accesses without an effect,
    for example to reserved registers; None makes a log with the device's name.
    """

    clocks: Clocks
    memory: GuestMemory | None = None
    on_event: Callable[[str, str, dict[str, int]], None] = _ignore
    log: AccessLog | None = None
    name: str = ""
