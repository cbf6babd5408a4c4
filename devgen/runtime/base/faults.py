"""Errors of putting a machine together or restoring it. A message is one line for the person who asked.

A guest cannot cause any of these: what a guest does never raises. `devgen.errors` draws the tree.
"""

from __future__ import annotations

from collections.abc import Iterable

from devgen.common.near_names import nearest
from devgen.errors import DevgenError


class RuntimeFault(DevgenError):
    """Base of the errors that the runtime and the hosts raise for a user's mistake."""

    where: str = ""
    """The place in the user's file, ``file:line:column``, if it is known. The error's text begins with it."""

    def __str__(self) -> str:
        """The place, if it is known, and the message."""
        message = super().__str__()
        return f"{self.where}: {message}" if self.where else message


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
    near = nearest(name, known)
    return "" if near is None else f" (did you mean {near!r}?)"
