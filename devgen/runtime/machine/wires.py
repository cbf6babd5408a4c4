"""Wires between devices: outputs that drive GPIO inputs.

Several lines may drive one input. The board's ``inputs:`` says how they are combined: ``or`` (the input is high while
any line is high, as with a GSI) or ``and`` (while all lines are high).

The saved state of a machine contains the levels of lines and inputs. While it is restored, the wires only follow the
lines; no handler of an input runs, because its effect on the device is already in the saved state.
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
    """The wires of a machine. ``connect`` all of them, then call ``settle``."""

    __slots__ = ("_inputs", "_restoring", "_sources")

    def __init__(self) -> None:
        self._inputs: dict[tuple[str, str], SharedLine] = {}
        self._sources: dict[tuple[str, str], list[str]] = {}
        self._restoring = False

    def connect(self, source: Device, line: IrqLine, target: Device, pin: str, combination: Combination) -> None:
        """Connect ``line`` of ``source`` to the input ``pin`` of ``target``."""
        key = target.name, pin
        if key not in self._inputs:
            self._inputs[key] = SharedLine(partial(self._drive, target.gpio_in[pin].set), combination)
        line.connect(partial(_across, source, self._inputs[key].add(line.level)))
        self._sources.setdefault(key, []).append(f"{source.name}.{line.name}")

    def check_combined(self, device: Device, pin: str) -> None:
        """Raise MachineError if fewer than two lines drive an input for which the board sets a combination."""
        sources = self._sources.get((device.name, pin), [])
        if len(sources) < 2:
            found = f"only {sources[0]} drives it" if sources else "no line drives it"
            raise MachineError(f"{device.name}: input '{pin}' combines nothing: {found}")

    def settle(self) -> None:
        """Set every input to the combined level of its lines."""
        for shared in self._inputs.values():
            shared.settle()

    def _drive(self, handler: Callable[[int], None], level: int) -> None:
        if not self._restoring:
            handler(level)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Return a context for restoring devices: levels are updated, but no handler of an input runs."""
        self._restoring = True
        try:
            yield
        finally:
            self._restoring = False


def _across(source: Device, drive: Callable[[int], None], level: int) -> None:
    """Drive another device's input from a handler of ``source``; DMA must not enter ``source`` meanwhile."""
    source.engaged += 1
    try:
        drive(level)
    finally:
        source.engaged -= 1
