"""The GIC's CPU interface, by system registers (ICC_*_EL1).

Arm IHI 0069, 12.2 (the registers), 4.8 (preemption, running priority), 4.1.2 (priority drop and deactivation). Five
bits of priority give 32 levels of preemption, one bit in ICC_AP0R0_EL1 or ICC_AP1R0_EL1 for each.
"""

from __future__ import annotations

from typing import Final

from devgen.hosts.emulator.arm64.distributor import Distributor
from devgen.hosts.emulator.arm64.interrupt_state import (
    INTERRUPTS,
    PRIORITY_MASK,
    InterruptState,
    Pending,
)

SPURIOUS: Final = 1023
"""What an acknowledge register reads when there is nothing to acknowledge (IHI 0069, 2.2.1)."""

_IDLE: Final = 0xFF
_LEAST_BINARY_POINTS: Final = (2, 3)
"""For group 0 and 1 with five bits of priority (IHI 0069, 12.2.5 and 12.2.6)."""
_CBPR, _EOIMODE = 1, 2
_CTLR_FIXED: Final = 4 << 8 | 1 << 15
"""ICC_CTLR_EL1: five bits of priority, 16 bits of INTID, affinity 3."""
_ONE_LEVEL: Final = 3
_IRM: Final = 1 << 40
_OTHER_CLUSTERS: Final = 0xFF << 48 | 0xF << 44 | 0xFF << 32 | 0xFF << 16


class CpuInterface:
    """The interface of the one processor. Lists of two have group 0 first."""

    def __init__(self, state: InterruptState, distributor: Distributor) -> None:
        """After reset all priorities are masked and both groups are disabled."""
        self._state = state
        self._distributor = distributor
        self._mask = self._control = 0
        self._enabled = [0, 0]
        self._points = list(_LEAST_BINARY_POINTS)
        self._active = [0, 0]
        self._signalled: int | None = None

    # --- what the processor sees -----------------------------------------------------------

    def signalled(self) -> int | None:
        """The group of the interrupt that is signalled to the processor: 1 as IRQ, 0 as FIQ; None without one."""
        if self._state.changed:
            self._state.changed = False
            best = self._deliverable()
            self._signalled = None if best is None else best.group
        return self._signalled

    def _groups(self) -> int:
        return self._distributor.groups & (self._enabled[0] | self._enabled[1] << 1)

    def _deliverable(self) -> Pending | None:
        """The most urgent pending interrupt if it passes the mask and preempts the running priority."""
        best = self._state.best(self._groups())
        if best is None or best.priority >= self._mask or self._level(best) >= self._running():
            return None
        return best

    def may_deliver(self) -> bool:
        """Whether an interrupt that is enabled would be signalled if it became pending."""
        state, groups = self._state, self._groups()
        enabled = state.enabled & ((state.group1 if groups & 2 else 0) | (~state.group1 if groups & 1 else 0))
        return any(enabled >> n & 1 and state.priority[n] < self._mask for n in range(INTERRUPTS))

    def _level(self, pending: Pending) -> int:
        """The group priority: the part of the priority that decides about preemption (IHI 0069, table 4-7)."""
        common = self._control & _CBPR or not pending.group
        point = self._points[0] + 1 if common else self._points[1]
        return pending.priority & ~((1 << point) - 1)

    def _running(self) -> int:
        both = self._active[0] | self._active[1]
        return ((both & -both).bit_length() - 1) << _ONE_LEVEL if both else _IDLE

    # --- acknowledging and ending an interrupt ----------------------------------------------

    def acknowledge(self, group: int) -> int:
        """ICC_IARn_EL1: the INTID that the handler is to serve, which becomes active."""
        best = self._deliverable()
        if best is None or best.group != group:
            return SPURIOUS
        self._active[group] |= 1 << (self._level(best) >> _ONE_LEVEL)
        self._state.acknowledge(best.intid)
        return best.intid

    def end(self, group: int, intid: int) -> None:
        """ICC_EOIRn_EL1: drop the priority and, without EOImode, deactivate the interrupt."""
        if intid >= INTERRUPTS:
            return
        active = self._active[group]
        self._active[group] = active & (active - 1) if active else 0
        self._state.changed = True
        if not self._control & _EOIMODE:
            self._state.deactivate(intid)

    def deactivate(self, intid: int) -> None:
        """ICC_DIR_EL1: with EOImode, deactivate the interrupt."""
        if self._control & _EOIMODE and intid < INTERRUPTS:
            self._state.deactivate(intid)

    def highest(self, group: int) -> int:
        """ICC_HPPIRn_EL1: the INTID of the most urgent pending interrupt; the priority mask does not count."""
        best = self._state.best(self._groups())
        return best.intid if best is not None and best.group == group else SPURIOUS

    def send(self, group: int, value: int) -> None:
        """ICC_SGInR_EL1: make an SGI pending on this processor if it is a target and the SGI is of ``group``."""
        intid = value >> 24 & 0xF
        if value & (_IRM | _OTHER_CLUSTERS) or not value & 1:
            return
        if self._state.group1 >> intid & 1 == group:
            self._state.latch(1 << intid)

    # --- registers without side effects -----------------------------------------------------

    def running_priority(self) -> int:
        """ICC_RPR_EL1."""
        return self._running()

    def read_mask(self) -> int:
        """ICC_PMR_EL1: only interrupts with a lower value are signalled."""
        return self._mask

    def write_mask(self, value: int) -> None:
        """ICC_PMR_EL1."""
        self._mask = value & PRIORITY_MASK
        self._state.changed = True

    def read_control(self) -> int:
        """ICC_CTLR_EL1."""
        return self._control | _CTLR_FIXED

    def write_control(self, value: int) -> None:
        """ICC_CTLR_EL1: common binary point, EOImode."""
        self._control = value & (_CBPR | _EOIMODE)
        self._state.changed = True

    def read_enable(self, group: int) -> int:
        """ICC_IGRPENn_EL1."""
        return self._enabled[group]

    def write_enable(self, group: int, value: int) -> None:
        """ICC_IGRPENn_EL1."""
        self._enabled[group] = value & 1
        self._state.changed = True

    def read_point(self, group: int) -> int:
        """ICC_BPRn_EL1."""
        if group and self._control & _CBPR:
            return min(self._points[0] + 1, 7)
        return self._points[group]

    def write_point(self, group: int, value: int) -> None:
        """ICC_BPRn_EL1: not below its least value; ignored for group 1 with a common binary point."""
        if not (group and self._control & _CBPR):
            self._points[group] = max(value & 7, _LEAST_BINARY_POINTS[group])
        self._state.changed = True

    def read_active(self, group: int) -> int:
        """ICC_APnR0_EL1."""
        return self._active[group]

    def write_active(self, group: int, value: int) -> None:
        """ICC_APnR0_EL1."""
        self._active[group] = value & 0xFFFF_FFFF
        self._state.changed = True
