"""The state of a GICv3's interrupts: SGIs 0-15, PPIs 16-31 and SPIs from 32 on, one bit of each set for an INTID.

Arm IHI 0069, 4.1 (interrupt lifecycle), 4.8 (priorities). The caller holds the machine's lock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from devgen.common.machine_map import VIRT_SPIS

FIRST_PPI: Final = 16
FIRST_SPI: Final = 32
INTERRUPTS: Final = FIRST_SPI + VIRT_SPIS
PRIORITY_MASK: Final = 0xF8
"""Five bits of priority, as KVM's GIC has. Lower values are more urgent."""

_ALL: Final = (1 << INTERRUPTS) - 1
_SGIS: Final = (1 << FIRST_PPI) - 1


@dataclass(slots=True, frozen=True)
class Pending:
    """The most urgent interrupt that is enabled and pending."""

    intid: int
    priority: int
    group: int


class InterruptState:
    """All interrupts. ``changed``: something has changed since `best` last looked.

    ``group1``: INTIDs of group 1, the others are of group 0. ``edge``: edge-triggered, the others are level-sensitive.
    """

    def __init__(self) -> None:
        """After reset: all in group 1, as KVM resets them; disabled, priority 0, level-sensitive but for SGIs."""
        self.group1 = _ALL
        self.enabled = self.active = self.latched = self.lines = 0
        self.edge = _SGIS
        self.priority = bytearray(INTERRUPTS)
        self.changed = True

    @property
    def pending(self) -> int:
        """INTIDs that are pending: by an edge or a write, or by the level of their line."""
        return self.latched | self.lines & ~self.edge

    def set_line(self, intid: int, level: int) -> None:
        """Drive an interrupt's line. A rising edge makes an edge-triggered interrupt pending."""
        bit = 1 << intid
        if bool(self.lines & bit) == bool(level):
            return
        self.lines ^= bit
        if level and self.edge & bit:
            self.latched |= bit
        self.changed = True

    def latch(self, bits: int) -> None:
        """Make interrupts pending."""
        self.latched |= bits
        self.changed = True

    def acknowledge(self, intid: int) -> None:
        """Pending to active; a level-sensitive one stays pending while its line is high."""
        self.latched &= ~(1 << intid)
        self.active |= 1 << intid
        self.changed = True

    def deactivate(self, intid: int) -> None:
        """Active to inactive."""
        self.active &= ~(1 << intid)
        self.changed = True

    def candidates(self, groups: int) -> int:
        """INTIDs that are enabled, pending and not active, of the groups in ``groups`` (bit n: group n)."""
        ready = self.enabled & self.pending & ~self.active
        if groups & 1 == 0:
            ready &= self.group1
        if groups & 2 == 0:
            ready &= ~self.group1
        return ready

    def best(self, groups: int) -> Pending | None:
        """The most urgent candidate; of those with one priority, the lowest INTID."""
        ready = self.candidates(groups)
        found = -1
        while ready:
            low = ready & -ready
            intid = low.bit_length() - 1
            if found < 0 or self.priority[intid] < self.priority[found]:
                found = intid
            ready ^= low
        return None if found < 0 else Pending(found, self.priority[found], self.group1 >> found & 1)
