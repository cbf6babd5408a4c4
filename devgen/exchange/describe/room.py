"""How large the region of a peripheral can be: up to the next peripheral of the chip."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict

from devgen.exchange.findings import Findings, Outcome
from devgen.exchange.register_map import Chip, Peripheral


class Neighbours:
    """The peripherals of a chip by address, and by the peripheral whose description they share."""

    def __init__(self, chip: Chip) -> None:
        self._bases = sorted({peripheral.base for peripheral in chip.peripherals})
        self._sharing: dict[str, list[Peripheral]] = defaultdict(list)
        for peripheral in chip.peripherals:
            if peripheral.same_as:
                self._sharing[peripheral.same_as].append(peripheral)

    def sharing(self, peripheral: Peripheral) -> list[Peripheral]:
        """Return a peripheral and those that share its description."""
        return [peripheral, *self._sharing.get(peripheral.name, ())]

    def free_size(self, peripheral: Peripheral, size: int, needed: int, findings: Findings) -> int:
        """Return ``size``, or less if the address block reaches into the next peripheral without registers there.

        ``needed``: the end of the registers.
        """
        room = min(self._room(other.base, size) for other in self.sharing(peripheral))
        if room < needed or room >= size:
            return size
        text = f"its block of {size:#x} bytes reaches into the next peripheral; the region ends there, at {room:#x}"
        findings.add(Outcome.CORRECTED, peripheral.place, peripheral.name, text)
        return room

    def _room(self, base: int, size: int) -> int:
        """Return the bytes from ``base`` to the next peripheral's base, at most ``size``."""
        after = bisect_right(self._bases, base)
        return min(self._bases[after] - base, size) if after < len(self._bases) else size
