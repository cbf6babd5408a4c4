"""Putting observers round what a device has, and taking them away again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from devgen.runtime.device.byte_stream import ByteStream, InputObserver
from devgen.runtime.device.device import Device, DeviceObserver
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
    """What has been attached to ``scene``. ``detach`` takes it all away, the last first; its lock is held.

    Observers nest: of two that watch the same device, the one that came last must go first.
    """

    def __init__(self, scene: Observable) -> None:
        self.scene = scene
        self._undo: list[Callable[[], None]] = []

    def accesses(self, device: Device, observer: Callable[[str], AccessObserver]) -> None:
        """Have ``observer(region name)`` hear of accesses to each region of registers, ``cfg`` for configuration."""
        with self.scene.transaction():
            for region in observed_regions(device).values():
                if region.ops is not None:
                    self._set(region, "ops", ObservedOps(region.ops, observer(region.name)))
        if isinstance(device, PciDevice):
            self._set(device.config, "observer", fan_out(device.config.observer, observer("cfg")))

    def doorbells(self, device: Device, rung: Callable[[IoEventFd, int], None]) -> None:
        """Call ``rung(doorbell, count)`` whenever one of the device's doorbells was rung, before the device hears."""
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
        """Have ``observer`` hear of the device's memory accesses and inputs."""
        self._set(device, "observer", fan_out(device.observer, observer))

    def stream(self, stream: ByteStream, observer: InputObserver, sent: Callable[[int], None]) -> None:
        """Have ``observer`` hear what the stream receives, and ``sent`` each byte that it sends."""
        self._set(stream, "observer", fan_out(stream.observer, observer))
        stream.connect(sent)
        self._undo.append(partial(stream.disconnect, sent))

    def line(self, line: IrqLine, changed: Callable[[int], None]) -> None:
        """Call ``changed(level)`` at each change."""
        line.connect(changed)
        self._undo.append(partial(line.disconnect, changed))

    def events(self, sink: Callable[[str, str, dict[str, int]], None]) -> None:
        """Call ``sink(device, event, values)`` for each event."""
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
        """Take everything away. May be called again."""
        with self.scene.transaction():
            while self._undo:
                self._undo.pop()()
