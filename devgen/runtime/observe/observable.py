"""The interface of a machine, or of a server of one device, for recorders, traces and waves."""

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
    """A set of devices that can be observed."""

    @property
    def name(self) -> str:
        """The name that a recording's description contains."""
        ...

    @property
    def lock(self) -> AbstractContextManager[object]:
        """The lock that is held while observers are attached, detached and called."""
        ...

    @property
    def clocks(self) -> Clocks:
        """The devices' clocks."""
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
        """Return a context in which changes to the devices' regions are committed once, at its end."""
        ...

    def is_ram(self, address: int, length: int) -> bool:
        """Whether these bytes are RAM in a replay too; if so, a recording contains the data that the device reads."""
        ...

    def surroundings(self) -> dict[str, Json]:
        """Return the fields that describe the machine in a recording's header, such as its RAM size."""
        ...
