"""What a device does to the world outside, in order: levels, bytes, events, each with its virtual time in ns."""

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
"""Entries kept; a device that does more between two looks loses its oldest ones (``lost`` counts them)."""


@dataclass(slots=True, frozen=True)
class Output:
    """One thing that a device did. ``value`` is a level or a byte; ``values`` are an event's."""

    kind: OutputKind
    name: str
    value: int
    t: int
    values: tuple[tuple[str, int], ...] = ()


class Journal:
    """Listens to all outputs of a device. The INTx# line of a PCI device is heard at its pin, after interrupt disable.

    Events reach it through ``event``, which a machine's ``event_sinks`` takes.
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
        """Hear the bytes that the device sends, beside any other end."""
        for name, stream in self.device.streams.items():
            sink = partial(self.sent, name)
            stream.connect(sink)
            self._undo.append(partial(stream.disconnect, sink))

    def detach(self) -> None:
        """Hear no more."""
        for action in self._undo:
            action()
        self._undo.clear()

    def sent(self, stream: str, value: int) -> None:
        """One byte sent."""
        self._add("tx", stream, value)

    def event(self, device: str, event: str, values: dict[str, int]) -> None:
        """An event of any device of the machine; others' are not ours."""
        if device == self.device.name:
            self._append(Output("event", event, 0, self._clock.now(), tuple(values.items())))

    def take(self) -> list[Output]:
        """All entries since the last call."""
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
    """Present level of an interrupt or GPIO output; an INTx# line's is its pin's. Raises KeyError."""
    line = device.irqs.get(name) or device.gpio_out[name]
    return observed_line(device, line).level


def observed_line(device: Device, line: IrqLine) -> IrqLine:
    """Where a line is observed: INTx# and PME# at their pins."""
    if isinstance(device, PciDevice):
        return device.pin if line is device.intx else device.pme_pin if line is device.pme_line else line
    return line
