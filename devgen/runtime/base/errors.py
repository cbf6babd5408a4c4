"""What goes wrong when a machine is put together or restored. A message is one line for the person who asked.

No error of these is reachable by a guest: what a guest does never raises.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class RuntimeFault(Exception):
    """Base of all that the runtime raises for a user's mistake."""

    where: str = ""
    """The place in the user's file, ``file:line:column``, if it is known."""


class DeviceError(RuntimeFault):
    """A device cannot be built: a property is unknown or out of its range, doorbells collide."""


class MachineError(RuntimeFault):
    """A machine cannot be built: an unknown device, overlapping addresses, a line that does not exist."""


class StateError(RuntimeFault):
    """Saved state that this device did not write, or cannot take."""


class TraceError(RuntimeFault):
    """A trace that is not in the format; the message names the file and the line."""


def suggest(name: str, known: Iterable[str]) -> str:
    """`` (did you mean 'x'?)`` for a near miss, else nothing: the end of a message about an unknown name."""
    near = get_close_matches(name, list(known), n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""
