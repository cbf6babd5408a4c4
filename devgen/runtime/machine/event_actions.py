"""What a user may want to happen at an event of a device: an end, a reset, a line, a program, a QMP command."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from devgen.runtime.base.faults import MachineError, suggest

EVENT_ACTIONS: Final = ("exit", "reset", "panic", "log", "ignore", "run:COMMAND", "qmp:SOCKET:COMMAND")
"""The forms of an action on a board."""

SERVED_ACTIONS: Final = tuple(action for action in EVENT_ACTIONS if action not in ("reset", "panic"))
"""The forms of an action of a served device, which has no machine to reset or to end."""

_PLAIN: Final = ("exit", "reset", "panic", "log", "ignore")
_COMMAND_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


@dataclass(slots=True, frozen=True)
class PlainAction:
    """``exit`` ends the run or the server, ``reset`` resets the machine, ``panic`` ends the run as the guest's failure.

    ``log`` prints the event, ``ignore`` does nothing.
    """

    kind: Literal["exit", "reset", "panic", "log", "ignore"]


@dataclass(slots=True, frozen=True)
class RunAction:
    """``command`` is run by ``/bin/sh -c``."""

    command: str


@dataclass(slots=True, frozen=True)
class QmpAction:
    """``command`` is sent to the QMP monitor of a QEMU at the UNIX socket ``socket``."""

    socket: str
    command: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


EventAction = PlainAction | RunAction | QmpAction


def parse_action(text: str, forms: tuple[str, ...] = EVENT_ACTIONS) -> EventAction:
    """The action that ``text`` says, in one of ``forms``.

    ``qmp:SOCKET:COMMAND`` may be followed by ``:`` and the command's arguments, a JSON object; SOCKET has no colon.
    Raises MachineError, which says what is wrong.
    """
    kind, colon, rest = text.partition(":")
    match kind:
        case "exit" | "reset" | "panic" | "log" | "ignore" if not colon and kind in forms:
            return PlainAction(kind)
        case "run":
            if not rest.strip() or "\0" in rest:
                raise MachineError(f"'{text}': write run:COMMAND, a command of the shell")
            return RunAction(rest)
        case "qmp":
            return _qmp(text, rest)
    plain = [form for form in forms if form in _PLAIN]
    hint = suggest(text, plain) or suggest(kind, ("run", "qmp"))
    raise MachineError(f"unknown action '{text}'{hint}; known are {', '.join(forms)}")


def _qmp(text: str, rest: str) -> QmpAction:
    socket, _, after = rest.partition(":")
    command, colon, arguments = after.partition(":")
    if not socket or "\0" in socket or not _COMMAND_NAME.fullmatch(command):
        raise MachineError(f"'{text}': write qmp:SOCKET:COMMAND, as qmp:/tmp/qmp.sock:system_reset")
    return QmpAction(socket, command, _arguments(text, arguments) if colon else {})


def _arguments(text: str, data: str) -> Mapping[str, Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise MachineError(f"'{text}': the arguments are not JSON: {error}") from None
    if not isinstance(found, dict):
        raise MachineError(f'\'{text}\': the arguments are a JSON object, as {{"name": "value"}}')
    return found
