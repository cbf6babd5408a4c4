"""Limits an import to some peripherals of a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from devgen.common.near_names import nearest
from devgen.errors import ArgumentError
from devgen.exchange.register_map import Chip


def select(chip: Chip, names: Sequence[str]) -> Chip:
    """Return the chip with the peripherals of these names, and with those whose registers they share; () is all.

    Raises:
        ArgumentError: the chip has no peripheral of such a name.
    """
    if not names:
        return chip
    by_name = {peripheral.name: peripheral for peripheral in chip.peripherals}
    for name in names:
        if name not in by_name:
            near = nearest(name, by_name)
            hint = f"did you mean '{near}'?" if near else f"it has {', '.join(sorted(by_name)[:20])}"
            raise ArgumentError("peripherals", f"the file has no peripheral '{name}'; {hint}")
    wanted = {*names, *(by_name[name].same_as for name in names)}
    return replace(chip, peripherals=tuple(part for part in chip.peripherals if part.name in wanted))
