"""Claims on addresses: regions on a board must not overlap."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterator

from devgen.common.machine_map import SPACE_TITLES, MachineType, Space, space_end
from devgen.runtime.base.faults import MachineError


class Layout:
    """Claims on the memory and the port I/O space of a machine of type ``machine``, in order of address."""

    __slots__ = ("_claims", "_machine")

    def __init__(self, machine: MachineType) -> None:
        self._machine = machine
        self._claims: dict[Space, list[tuple[int, int, str]]] = {"mmio": [], "pio": []}

    def claim(self, space: Space, start: int, size: int, owner: str) -> None:
        """Claim ``size`` bytes at ``start``. Raises MachineError if they overlap a claim or are outside the space."""
        end = start + size
        addresses = f"{SPACE_TITLES[space]} {start:#x}..{end - 1:#x}"
        if start < 0 or end > space_end(self._machine, space):
            raise MachineError(f"{owner} at {addresses} is outside the {SPACE_TITLES[space]} space")
        claims = self._claims[space]
        at = bisect_right(claims, (start, end, ""))
        for other_start, other_end, other in claims[max(at - 1, 0) : at + 1]:
            if start < other_end and other_start < end:
                raise MachineError(f"{owner} at {addresses} overlaps {other} at {other_start:#x}..{other_end - 1:#x}")
        insort(claims, (start, end, owner))

    def owners(self, space: Space, start: int, end: int) -> Iterator[str]:
        """Yield the owners of claims on addresses from ``start`` to ``end``, in order."""
        for claimed, after, owner in self._claims[space]:
            if claimed < end and start < after:
                yield owner

    def gaps(self, space: Space, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield (start, end) of the addresses from ``start`` to ``end`` that nothing claims, in order."""
        for claimed, after, _ in self._claims[space]:
            if claimed >= end:
                break
            if claimed > start:
                yield start, claimed
            start = max(start, after)
        if start < end:
            yield start, end
