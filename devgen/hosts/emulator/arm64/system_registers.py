"""The system registers that the emulator implements itself: the GIC's CPU interface, the timers, one ID register.

Arm IHI 0069, 12.2; Arm ARM, D11 and D13. All others are Unicorn's. Exception level 0 may use the counters and timers
that CNTKCTL_EL1 allows.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from devgen.hosts.emulator.arm64.arch_timer import FREQUENCY, ArchTimer, count
from devgen.hosts.emulator.arm64.arm64_engine import Encoding
from devgen.hosts.emulator.arm64.gicv3 import GicV3
from devgen.runtime.time.clock import Clock

Read = Callable[[], int]
Write = Callable[[int], None]

CNTKCTL: Final = Encoding(3, 0, 14, 1, 0)
_FEATURES: Final = Encoding(3, 0, 0, 4, 0)
_FEATURES_VALUE: Final = 1 << 24 | 1 << 4 | 1
"""ID_AA64PFR0_EL1: exception levels 0 and 1 in AArch64, and system registers for a GICv3."""

_COUNTERS: Final = {
    Encoding(3, 3, 14, 0, 0): 0b11,  # CNTFRQ_EL0: either counter's bit
    Encoding(3, 3, 14, 0, 1): 1 << 0,  # CNTPCT_EL0
    Encoding(3, 3, 14, 0, 2): 1 << 1,  # CNTVCT_EL0
}
_PHYSICAL_CRM, _VIRTUAL_CRM = 2, 3
_USER_BITS: Final = {_PHYSICAL_CRM: 1 << 9, _VIRTUAL_CRM: 1 << 8}
"""CNTKCTL_EL1's bits that allow a timer to exception level 0."""


class SystemRegisters:
    """``reads`` and ``writes``: how each register is read and written; ``user``: the bits of CNTKCTL_EL1 of which one
    must be set for an access from exception level 0, for registers that it can reach.
    """

    def __init__(self, gic: GicV3, clock: Clock) -> None:
        self.reads: dict[Encoding, Read] = {_FEATURES: lambda: _FEATURES_VALUE}
        self.writes: dict[Encoding, Write] = {}
        self.user: dict[Encoding, int] = dict(_COUNTERS)
        self._add_counters(clock)
        self._add_timer(_VIRTUAL_CRM, gic.virtual)
        self._add_timer(_PHYSICAL_CRM, gic.physical)
        self._add_cpu_interface(gic)
        for group, crm in ((0, 8), (1, 12)):
            self._add_group(gic, group, crm)

    def _add(self, encoding: Encoding, read: Read | None, write: Write | None) -> None:
        if read is not None:
            self.reads[encoding] = read
        if write is not None:
            self.writes[encoding] = write

    def _add_counters(self, clock: Clock) -> None:
        frequency, physical, virtual = _COUNTERS
        self.reads[frequency] = lambda: FREQUENCY
        self.reads[physical] = self.reads[virtual] = partial(count, clock)
        self.writes[frequency] = lambda _value: None  # KVM's guests cannot change it

    def _add_timer(self, crm: int, timer: ArchTimer) -> None:
        """CNTP_* or CNTV_*: TVAL, CTL, CVAL."""
        accesses = (
            (timer.read_timer, timer.write_timer),
            (timer.read_control, timer.write_control),
            (timer.read_compare, timer.write_compare),
        )
        for op2, (read, write) in enumerate(accesses):
            encoding = Encoding(3, 3, 14, crm, op2)
            self._add(encoding, read, write)
            self.user[encoding] = _USER_BITS[crm]

    def _add_cpu_interface(self, gic: GicV3) -> None:
        cpu = gic.cpu
        self._add(Encoding(3, 0, 4, 6, 0), cpu.read_mask, cpu.write_mask)  # ICC_PMR_EL1
        self._add(Encoding(3, 0, 12, 11, 1), None, cpu.deactivate)  # ICC_DIR_EL1
        self._add(Encoding(3, 0, 12, 11, 3), cpu.running_priority, None)  # ICC_RPR_EL1
        self._add(Encoding(3, 0, 12, 12, 4), cpu.read_control, cpu.write_control)  # ICC_CTLR_EL1
        self._add(Encoding(3, 0, 12, 12, 5), lambda: 7, lambda _value: None)  # ICC_SRE_EL1: always system registers
        self._add(Encoding(3, 0, 12, 11, 5), None, partial(cpu.send, 1))  # ICC_SGI1R_EL1
        self._add(Encoding(3, 0, 12, 11, 6), None, partial(cpu.send, 0))  # ICC_ASGI1R_EL1: the other security state's
        self._add(Encoding(3, 0, 12, 11, 7), None, partial(cpu.send, 0))  # ICC_SGI0R_EL1

    def _add_group(self, gic: GicV3, group: int, crm: int) -> None:
        """ICC_IARn, EOIRn, HPPIRn, BPRn, IGRPENn and APnR0."""
        cpu = gic.cpu
        self._add(Encoding(3, 0, 12, crm, 0), partial(cpu.acknowledge, group), None)
        self._add(Encoding(3, 0, 12, crm, 1), None, lambda value: cpu.end(group, value & 0xFFFFFF))
        self._add(Encoding(3, 0, 12, crm, 2), partial(cpu.highest, group), None)
        self._add(Encoding(3, 0, 12, crm, 3), partial(cpu.read_point, group), partial(cpu.write_point, group))
        self._add(Encoding(3, 0, 12, 12, 6 + group), partial(cpu.read_enable, group), partial(cpu.write_enable, group))
        active = Encoding(3, 0, 12, 9, 0) if group else Encoding(3, 0, 12, 8, 4)
        self._add(active, partial(cpu.read_active, group), partial(cpu.write_active, group))
