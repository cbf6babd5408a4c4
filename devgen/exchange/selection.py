"""Limits an import to some peripherals of a file."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from devgen.common.near_names import nearest
from devgen.errors import ArgumentError
from devgen.exchange.register_map import Chip


def check_names(known: Collection[str], names: Sequence[str]) -> None:
    """Raise ArgumentError if one of the names is no peripheral of any chip."""
    for name in names:
        if name not in known:
            near = nearest(name, known)
            hint = f"did you mean '{near}'?" if near else f"there are {', '.join(sorted(known)[:20])}"
            raise ArgumentError("peripherals", f"no peripheral '{name}'; {hint}")


def selected(chip: Chip, names: Sequence[str]) -> frozenset[str]:
    """Return the peripherals of these names, and those whose registers they share; () is all of them."""
    wanted = [part for part in chip.peripherals if not names or part.name in names]
    return frozenset([part.name for part in wanted] + [part.same_as for part in wanted if part.same_as])
