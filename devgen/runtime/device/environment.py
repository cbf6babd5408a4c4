"""What a device is handed: clocks, guest memory for DMA, and somewhere to report events and unanswered accesses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from devgen.runtime.base.guest_log import AccessLog
from devgen.runtime.time.clock import Clocks


class GuestMemory(Protocol):
    """Guest memory as a device reaches it (DMA); an `AddressSpace` is one. Nothing of it raises.

    Memory that a guest uses at the same time keeps the guarantees of `devgen.runtime.memory.shared_bytes`.
    """

    def load(self, address: int, size: int) -> int:
        """A little-endian read of 1 to 8 bytes."""
        ...

    def store(self, address: int, value: int, size: int) -> None:
        """A little-endian write of 1 to 8 bytes."""
        ...

    def read_bytes(self, address: int, n: int) -> bytes:
        """Read ``n`` bytes; what cannot be reached reads as ones."""
        ...

    def write_bytes(self, address: int, data: bytes | bytearray | memoryview) -> None:
        """Write ``data``; what cannot be reached is dropped."""
        ...


def _ignore(_device: str, _event: str, _values: dict[str, int]) -> None:
    """Nobody listens for events."""


@dataclass(slots=True)
class Environment:
    """What a device is handed: time, guest memory for DMA, somewhere to say things. ``name`` is its name on the board.

    ``on_event(device name, event name, values)`` is called for each host-visible event. ``log`` takes accesses that the
    device does not answer (reserved registers, say); None makes one under the device's name.
    """

    clocks: Clocks
    memory: GuestMemory | None = None
    on_event: Callable[[str, str, dict[str, int]], None] = _ignore
    log: AccessLog | None = None
    name: str = ""
