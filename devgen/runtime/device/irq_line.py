"""Lines: interrupt and GPIO outputs with their sinks, GPIO inputs with their handler.

Callers hold the machine's lock.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

LineSink = Callable[[int], None]

FEEDBACK_LIMIT: Final = 64
"""Most consecutive changes of a line that its own sinks may cause; further changes are ignored."""


class IrqLine:
    """An output line at level 0 or 1; sinks are called at every change of level, in order of connection.

    A sink may drive the line again (lines of devices can form a loop): the sinks are called for that change after all
    have been called for the first. A loop that does not settle is stopped after `FEEDBACK_LIMIT` changes, and the line
    then keeps its level.
    """

    __slots__ = ("_changes", "_sinks", "level", "name")

    def __init__(self, name: str, level: int = 0) -> None:
        """``level`` is the initial level."""
        self.name = name
        self.level = 1 if level else 0
        self._sinks: tuple[LineSink, ...] = ()
        self._changes: list[int] | None = None  # levels to deliver; not None while sinks are called

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
        self._notify(value)

    def _notify(self, level: int) -> None:
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
        """Call ``sink(level)`` at every change from now on; not for the present level."""
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
    """An input line of a device; its handler is called each time it is driven. ``set`` is a sink for `IrqLine`."""

    __slots__ = ("_handler", "level", "name")

    def __init__(self, name: str, handler: LineSink, level: int = 0) -> None:
        """``level`` is the initial level."""
        self.name = name
        self.level = 1 if level else 0
        self._handler = handler

    def set(self, level: int | bool) -> None:
        """Drive the line: nonzero is high. The device's handler is called even if the level does not change."""
        self.level = 1 if level else 0
        self._handler(self.level)

    def __repr__(self) -> str:
        """Name and level, for test failures."""
        return f"GpioIn({self.name!r}, level={self.level})"
