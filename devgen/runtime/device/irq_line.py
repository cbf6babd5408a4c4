"""Lines: interrupt and GPIO outputs with their sinks, GPIO inputs with their handler.

A line belongs to its machine: callers hold the machine's lock.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

LineSink = Callable[[int], None]

FEEDBACK_LIMIT: Final = 64
"""Changes of a line that its own sinks may cause, one after another, before the line is held."""


class IrqLine:
    """An output line at level 0 or 1; sinks hear every change of level, in the order in which they were connected.

    A sink may drive the line in turn (lines of devices can be wired in a circle): that change is told when all have
    heard the first. A circle that never settles is cut off after `FEEDBACK_LIMIT` changes: the line keeps its level
    then.
    """

    __slots__ = ("_changes", "_sinks", "level", "name")

    def __init__(self, name: str, level: int = 0) -> None:
        """``level`` is the level before anything drives the line."""
        self.name = name
        self.level = 1 if level else 0
        self._sinks: tuple[LineSink, ...] = ()
        self._changes: list[int] | None = None  # while sinks are being told

    def set(self, level: int | bool) -> None:
        """Drive the line: nonzero is high. Sinks are called only if the level changes."""
        value = 1 if level else 0
        if value == self.level:
            return
        if self._changes is not None:
            if len(self._changes) <= FEEDBACK_LIMIT:
                self.level = value
                self._changes.append(value)
            return
        self.level = value
        self._tell(value)

    def _tell(self, level: int) -> None:
        changes = self._changes = [level]
        try:
            for change in changes:  # grows while sinks drive the line
                for sink in self._sinks:
                    sink(change)
        finally:
            self._changes = None

    def pulse(self) -> None:
        """Drive the line high, then low."""
        self.set(1)
        self.set(0)

    def connect(self, sink: LineSink) -> None:
        """Call ``sink(level)`` on every change from now on; the present level is not replayed."""
        self._sinks = (*self._sinks, sink)

    def disconnect(self, sink: LineSink) -> None:
        """Undo one `connect`; a sink that is not connected is ignored."""
        sinks = list(self._sinks)
        if sink in sinks:
            sinks.remove(sink)
            self._sinks = tuple(sinks)

    def __repr__(self) -> str:
        """Name and level, for test failures."""
        return f"IrqLine({self.name!r}, level={self.level})"


class GpioIn:
    """An input line of a device; the handler hears every drive. ``set`` fits `IrqLine.connect`."""

    __slots__ = ("_handler", "level", "name")

    def __init__(self, name: str, handler: LineSink, level: int = 0) -> None:
        """``level`` is the level before anything drives the line."""
        self.name = name
        self.level = 1 if level else 0
        self._handler = handler

    def set(self, level: int | bool) -> None:
        """Drive the line: nonzero is high. The device's handler is called, also if the level stays the same."""
        self.level = 1 if level else 0
        self._handler(self.level)

    def __repr__(self) -> str:
        """Name and level, for test failures."""
        return f"GpioIn({self.name!r}, level={self.level})"
