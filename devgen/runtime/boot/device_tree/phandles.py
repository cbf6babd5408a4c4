"""The numbers by which nodes of a device tree refer to each other."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Phandles:
    """Gives numbers from 1 on."""

    last: int = 0

    def new(self) -> int:
        """Return a number that no other node has."""
        self.last += 1
        return self.last
