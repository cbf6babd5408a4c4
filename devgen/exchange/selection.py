"""Limits an import to some peripherals of a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from devgen.common.near_names import nearest
from devgen.errors import ArgumentError
from devgen.exchange.register_map import Chip


def check_names(chips: Sequence[Chip], names: Sequence[str]) -> None:
    """Raise ArgumentError if one of the names is no peripheral of any chip."""
    known = {peripheral.name for chip in chips for peripheral in chip.peripherals}
    for name in names:
        if name not in known:
            near = nearest(name, known)
            hint = f"did you mean '{near}'?" if near else f"there are {', '.join(sorted(known)[:20])}"
            raise ArgumentError("peripherals", f"no peripheral '{name}'; {hint}")


def selected(chip: Chip, names: Sequence[str]) -> Chip:
    """Return the chip with the peripherals of these names, and with those whose registers they share; () is all."""
    if not names:
        return chip
    wanted = {*names, *(peripheral.same_as for peripheral in chip.peripherals if peripheral.name in names)}
    return replace(chip, peripherals=tuple(part for part in chip.peripherals if part.name in wanted))
