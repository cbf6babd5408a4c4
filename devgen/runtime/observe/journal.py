"""A device's outputs in order: line levels, sent bytes and events, each with its virtual time in ns."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

from devgen.runtime.device.device import Device
from devgen.runtime.device.irq_line import IrqLine
from devgen.runtime.pci import PciDevice
from devgen.runtime.time.clock import Clock

OutputKind = Literal["irq", "gpio_out", "tx", "event"]

LIMIT = 1_000_000
"""Most entries kept until the next `Journal.take`; older ones are dropped and counted in ``lost``."""


@dataclass(slots=True, frozen=True)
class Output:
    """An output of a device at time ``t`` (ns). ``value`` is a level or a byte; ``values`` are an event's values."""

    kind: OutputKind
    name: str
    value: int
    t: int
    values: tuple[tuple[str, int], ...] = ()


class Journal:
    """Collects all outputs of a device. INTx# of a PCI device is observed at its pin, after the interrupt disable bit.

    For events, add ``event`` to a machine's ``event_sinks``.
    """

    def __init__(self, device: Device, clock: Clock, limit: int = LIMIT) -> None:
        self.device = device
        self.outputs: deque[Output] = deque(maxlen=limit)
        self.lost = 0
        self._clock = clock
        self._undo: list[Callable[[], None]] = []
        for name, line in device.irqs.items():
            self._listen("irq", name, observed_line(device, line))
        for name, line in device.gpio_out.items():
            self._listen("gpio_out", name, line)

    def _listen(self, kind: OutputKind, name: str, line: IrqLine) -> None:
        sink = partial(self._add, kind, name)
        line.connect(sink)
        self._undo.append(partial(line.disconnect, sink))

    def tap_streams(self) -> None:
        """Collect the bytes that the device sends too; other sinks still get them."""
        for name, stream in self.device.streams.items():
            sink = partial(self.sent, name)
            stream.connect(sink)
            self._undo.append(partial(stream.disconnect, sink))

    def detach(self) -> None:
        """Stop collecting."""
        for action in self._undo:
            action()
        self._undo.clear()

    def sent(self, stream: str, value: int) -> None:
        """Add a byte that the device has sent."""
        self._add("tx", stream, value)

    def event(self, device: str, event: str, values: dict[str, int]) -> None:
        """Add an event if it is from this device; events of other devices are ignored."""
        if device == self.device.name:
            self._append(Output("event", event, 0, self._clock.now(), tuple(values.items())))

    def take(self) -> list[Output]:
        """Return and remove all entries."""
        found = list(self.outputs)
        self.outputs.clear()
        return found

    def _add(self, kind: OutputKind, name: str, value: int) -> None:
        self._append(Output(kind, name, value, self._clock.now()))

    def _append(self, output: Output) -> None:
        if len(self.outputs) == self.outputs.maxlen:
            self.lost += 1
        self.outputs.append(output)


def level_of(device: Device, name: str) -> int:
    """Return the level of an interrupt or GPIO output, at the pin for INTx#. Raises KeyError for an unknown name."""
    line = device.irqs.get(name) or device.gpio_out[name]
    return observed_line(device, line).level


def observed_line(device: Device, line: IrqLine) -> IrqLine:
    """Return the line to observe for ``line``: the pin for INTx# and PME#, else the line itself."""
    if isinstance(device, PciDevice):
        return device.pin if line is device.intx else device.pme_pin if line is device.pme_line else line
    return line
