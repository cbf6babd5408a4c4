"""What recorders, traces and waves need of whatever its devices live in: a machine, or a server of one device."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Protocol

from devgen.runtime.base.plain_state import Json
from devgen.runtime.device.device import Device
from devgen.runtime.time.clock import Clocks

EventSink = Callable[[str, str, dict[str, int]], None]
ResetSink = Callable[[bool], None]


class Observable(Protocol):
    """Devices in their surroundings, as an observer sees them."""

    @property
    def name(self) -> str:
        """What a recording calls it."""
        ...

    @property
    def lock(self) -> AbstractContextManager[object]:
        """Held while observers are attached and detached, and whenever they are called."""
        ...

    @property
    def clocks(self) -> Clocks:
        """The devices' time."""
        ...

    @property
    def devices(self) -> Mapping[str, Device]:
        """The devices by name."""
        ...

    @property
    def event_sinks(self) -> list[EventSink]:
        """Called with (device, event, values) for each event of a device."""
        ...

    @property
    def on_reset(self) -> list[ResetSink]:
        """Called with False before a reset of all devices, with True after it."""
        ...

    def transaction(self) -> AbstractContextManager[None]:
        """Several changes to the devices' regions, committed once."""
        ...

    def is_ram(self, address: int, length: int) -> bool:
        """Whether a replay has memory for these bytes: then a recording says what the device found there."""
        ...

    def surroundings(self) -> dict[str, Json]:
        """What the header of a recording says of them."""
        ...
