"""Attach observers to a device's regions, doorbells, lines and streams, and detach them again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from devgen.runtime.device.bus_master import DeviceObserver
from devgen.runtime.device.byte_stream import ByteStream, InputObserver
from devgen.runtime.device.device import Device
from devgen.runtime.device.irq_line import IrqLine
from devgen.runtime.memory.access import AccessObserver, ObservedOps
from devgen.runtime.memory.event_notifier import IoEventFd
from devgen.runtime.memory.memory_region import MemoryRegion
from devgen.runtime.observe.access_names import observed_regions
from devgen.runtime.observe.fanout import fan_out
from devgen.runtime.observe.observable import Observable
from devgen.runtime.observe.recorder import exchange_doorbell
from devgen.runtime.pci import PciDevice


class Attachment:
    """The observers that have been attached to ``scene``. ``detach`` removes all, the last first, under its lock.

    Observers nest: if two observe the same device, the one attached last must be detached first.
    """

    def __init__(self, scene: Observable) -> None:
        self.scene = scene
        self._undo: list[Callable[[], None]] = []

    def accesses(self, device: Device, observer: Callable[[str], AccessObserver]) -> None:
        """Attach ``observer(region name)`` to each region of registers, and ``observer("cfg")`` to PCI config space."""
        with self.scene.transaction():
            for region in observed_regions(device).values():
                if region.ops is not None:
                    self._set(region, "ops", ObservedOps(region.ops, observer(region.name)))
        if isinstance(device, PciDevice):
            self._set(device.config, "observer", fan_out(device.config.observer, observer("cfg")))

    def doorbells(self, device: Device, rung: Callable[[IoEventFd, int], None]) -> None:
        """Call ``rung(doorbell, count)`` when one of the device's doorbells was rung, before the device's handler."""
        with self.scene.transaction():
            for region in device.regions.values():
                for doorbell in list(region.ioeventfds):
                    self._doorbell(region, doorbell, rung)

    def _doorbell(self, region: MemoryRegion, doorbell: IoEventFd, rung: Callable[[IoEventFd, int], None]) -> None:
        def handler(count: int) -> None:
            rung(doorbell, count)
            doorbell.handler(count)

        watched = replace(doorbell, handler=handler)
        exchange_doorbell(region, doorbell, watched)
        self._undo.append(partial(exchange_doorbell, region, watched, doorbell))

    def device(self, device: Device, observer: DeviceObserver) -> None:
        """Attach ``observer`` to the device's DMA and GPIO inputs."""
        self._set(device, "observer", fan_out(device.observer, observer))

    def stream(self, stream: ByteStream, observer: InputObserver, sent: Callable[[int], None]) -> None:
        """Attach ``observer`` to the stream's input, and call ``sent`` for each byte that the device sends."""
        self._set(stream, "observer", fan_out(stream.observer, observer))
        stream.connect(sent)
        self._undo.append(partial(stream.disconnect, sent))

    def line(self, line: IrqLine, changed: Callable[[int], None]) -> None:
        """Call ``changed(level)`` at each change of the line."""
        line.connect(changed)
        self._undo.append(partial(line.disconnect, changed))

    def events(self, sink: Callable[[str, str, dict[str, int]], None]) -> None:
        """Call ``sink(device, event, values)`` for each event of any device."""
        self.scene.event_sinks.append(sink)
        self._undo.append(partial(self.scene.event_sinks.remove, sink))

    def resets(self, sink: Callable[[bool], None]) -> None:
        """Call ``sink(done)`` before and after each reset of all devices."""
        self.scene.on_reset.append(sink)
        self._undo.append(partial(self.scene.on_reset.remove, sink))

    def _set(self, owner: object, name: str, value: object) -> None:
        self._undo.append(partial(setattr, owner, name, getattr(owner, name)))
        setattr(owner, name, value)

    def detach(self) -> None:
        """Detach everything. May be called again."""
        with self.scene.transaction():
            while self._undo:
                self._undo.pop()()
