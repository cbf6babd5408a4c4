"""What a served device's events do, as a board's ``on_event`` says it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from devgen.errors import ArgumentError
from devgen.runtime.base.errors import suggest
from devgen.runtime.machine.machine_config import EVENT_ACTIONS

Log = Callable[[str], Any]
"""Takes a line of text."""


def _nothing() -> None:
    """There is nothing to end yet."""


class ServedEvents:
    """Tells ``log`` of a device's events, unless ``actions`` (event → action) says otherwise.

    The device logs its errors itself. ``code`` is that of the event that has ended the server, by ``stop``; an error's
    is 1.

    Raises:
        ArgumentError: an event that the device does not have, or an unknown action.
    """

    def __init__(self, device: object, actions: Mapping[str, str], log: Log | None) -> None:
        events: tuple[str, ...] = getattr(device, "EVENTS", ())  # an object that is no Device has none
        for event, action in actions.items():
            if event not in events:
                name = getattr(device, "NAME", None) or getattr(device, "name", device)
                known = ", ".join(events) or "none"
                hint = suggest(event, events)
                raise ArgumentError("on_event", f"{event}: {name} has no such event{hint}; it has {known}")
            if action not in EVENT_ACTIONS:
                hint = suggest(action, EVENT_ACTIONS)
                known = ", ".join(EVENT_ACTIONS)
                raise ArgumentError("on_event", f"{event}={action}: no such action{hint}; known are {known}")
        self.code = 0
        self.stop: Callable[[], None] = _nothing
        self._errors: Mapping[str, str] = getattr(device, "ERRORS", {})
        self._actions = actions
        self._log = log

    def hear(self, device: str, event: str, values: dict[str, int]) -> None:
        """An event has happened."""
        action = self._actions.get(event, "log")
        if action == "ignore":
            return
        if self._log is not None and event not in self._errors:
            shown = "".join(f" {name}={value:#x}" for name, value in values.items())
            self._log(f"{device}: {event}{shown}")
        if action == "exit":
            code = 1 if event in self._errors else values.get("code", next(iter(values.values()), 0))
            self.code = self.code or code
            self.stop()
