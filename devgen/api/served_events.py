"""Handles the events of a served device, as ``on_event`` of a board does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from devgen.errors import ArgumentError
from devgen.runtime.base.faults import MachineError, suggest
from devgen.runtime.machine.backend_names import say
from devgen.runtime.machine.event_actions import (
    SERVED_ACTIONS,
    EventAction,
    PlainAction,
    QmpAction,
    RunAction,
    parse_action,
)
from devgen.runtime.machine.event_reactions import EventReactions

LOG: Final = PlainAction("log")
IGNORE: Final = PlainAction("ignore")
EXIT: Final = PlainAction("exit")
_OF_A_MACHINE: Final = ("reset", "panic")
Log = Callable[[str], Any]
"""Takes a line of text."""


def _nothing() -> None:
    """Do nothing: no server is running yet."""


class ServedEvents:
    """Passes a device's events to ``log``, unless ``actions`` (event → action) has another action.

    The command of an action runs in another thread, see `EventReactions`; ``close`` ends it.

    The device logs its errors itself. ``code`` is the code of the event that ended the server with ``stop``; the code
    of an error is 1.

    Raises:
        ArgumentError: an event that the device does not have, or an unknown action.
    """

    def __init__(self, device: object, actions: Mapping[str, str], log: Log | None) -> None:
        events: tuple[str, ...] = getattr(device, "EVENTS", ())  # an object that is not a Device has none
        self.code = 0
        self.stop: Callable[[], None] = _nothing
        self._errors: Mapping[str, str] = getattr(device, "ERRORS", {})
        self._actions = {event: _parsed(device, events, event, action) for event, action in actions.items()}
        self._reactions = EventReactions(log or say)
        self._log = log

    def hear(self, device: str, event: str, values: dict[str, int]) -> None:
        """Handle an event of the device."""
        action = self._actions.get(event, LOG)
        if action == IGNORE:
            return
        if self._log is not None and event not in self._errors:
            shown = "".join(f" {name}={value:#x}" for name, value in values.items())
            self._log(f"{device}: {event}{shown}")
        if isinstance(action, RunAction | QmpAction):
            self._reactions.react(device, event, values, action)
        elif action == EXIT:
            code = 1 if event in self._errors else values.get("code", next(iter(values.values()), 0))
            self.code = self.code or code
            self.stop()

    def close(self) -> None:
        """Let the commands of events end, for some seconds."""
        self._reactions.close()


def _parsed(device: object, events: Sequence[str], event: str, action: str) -> EventAction:
    """The action of an event that the device has. Raises ArgumentError."""
    if event not in events:
        name = getattr(device, "NAME", None) or getattr(device, "name", device)
        hint, known = suggest(event, events), ", ".join(events) or "none"
        raise ArgumentError("on_event", f"{event}: {name} has no such event{hint}; it has {known}")
    if action in _OF_A_MACHINE:
        raise ArgumentError("on_event", f"{event}: '{action}' is for a board; a served device has no machine to end")
    try:
        return parse_action(action, SERVED_ACTIONS)
    except MachineError as error:
        raise ArgumentError("on_event", f"{event}: {error}") from None
