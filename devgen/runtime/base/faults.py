"""Errors of building or restoring a machine. Each message is one line.

A guest cannot cause any of these errors. `devgen.errors` shows the class hierarchy.
"""

from __future__ import annotations

from collections.abc import Iterable

from devgen.common.near_names import nearest
from devgen.errors import DevgenError


class RuntimeFault(DevgenError):
    """Base of the errors that the runtime and the hosts raise for a user's mistake."""

    where: str = ""
    """Position in the user's file as ``file:line:column``, or empty if unknown. The error's text begins with it."""

    def __str__(self) -> str:
        """Return the position, if known, and the message."""
        message = super().__str__()
        return f"{self.where}: {message}" if self.where else message


class DeviceError(RuntimeFault):
    """A device cannot be built, for example because a property is unknown or out of range, or doorbells collide."""


class MachineError(RuntimeFault):
    """A machine cannot be built, for example because of an unknown device, overlapping addresses or an unknown line."""


class StateError(RuntimeFault):
    """Saved state is malformed or belongs to another device, version or configuration."""


class TraceError(RuntimeFault):
    """A trace does not follow the trace format; the message names the file and the line."""


def suggest(name: str, known: Iterable[str]) -> str:
    """Return `` (did you mean 'x'?)`` if a ``known`` name is similar to ``name``, else an empty string."""
    near = nearest(name, known)
    return "" if near is None else f" (did you mean {near!r}?)"
