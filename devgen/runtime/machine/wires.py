"""Wires between devices: outputs that drive GPIO inputs.

Several lines may drive one input. They are combined as the input's device says on its board: ``or`` (the input is high
while any line is, as with a GSI) or ``and`` (while all are).

Lines keep their levels in a saved machine, and so do inputs. While a machine is restored, its wires only follow the
lines: no input's handler runs, since what it would do to its device is in the saved state already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from devgen.runtime.base.faults import MachineError
from devgen.runtime.device.device import Device
from devgen.runtime.device.irq_line import IrqLine
from devgen.runtime.machine.gsi import Combination, SharedLine


class Wires:
    """The wires of a machine. ``connect`` them all, then ``settle``."""

    __slots__ = ("_inputs", "_restoring", "_sources")

    def __init__(self) -> None:
        self._inputs: dict[tuple[str, str], SharedLine] = {}
        self._sources: dict[tuple[str, str], list[str]] = {}
        self._restoring = False

    def connect(self, source: Device, line: IrqLine, target: Device, pin: str, combination: Combination) -> None:
        """Let ``line`` of ``source`` drive the input ``pin`` of ``target``."""
        key = target.name, pin
        if key not in self._inputs:
            self._inputs[key] = SharedLine(partial(self._drive, target.gpio_in[pin].set), combination)
        line.connect(partial(_across, source, self._inputs[key].add(line.level)))
        self._sources.setdefault(key, []).append(f"{source.name}.{line.name}")

    def check_combined(self, device: Device, pin: str) -> None:
        """Raises MachineError if there is nothing to combine at an input for which a board says how."""
        sources = self._sources.get((device.name, pin), [])
        if len(sources) < 2:
            found = f"only {sources[0]} drives it" if sources else "no line drives it"
            raise MachineError(f"{device.name}: input '{pin}' combines nothing: {found}")

    def settle(self) -> None:
        """Give every input the level that its lines have now."""
        for shared in self._inputs.values():
            shared.settle()

    def _drive(self, handler: Callable[[int], None], level: int) -> None:
        if not self._restoring:
            handler(level)

    @contextmanager
    def held(self) -> Iterator[None]:
        """While devices are restored: levels are noted, no handler of an input runs."""
        self._restoring = True
        try:
            yield
        finally:
            self._restoring = False


def _across(source: Device, drive: Callable[[int], None], level: int) -> None:
    """Drive another device's input in the middle of a handler of ``source``, which DMA must not enter meanwhile."""
    source.engaged += 1
    try:
        drive(level)
    finally:
        source.engaged -= 1
