"""The architected timer: the counter, and the virtual and the physical timer of exception level 1.

Arm ARM, D11 (the Generic Timer). The virtual and the physical counter are equal. The caller holds the machine's lock.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from devgen.runtime.time.clock import Clock
from devgen.runtime.time.timer import Timer

FREQUENCY: Final = 62_500_000
"""Hz, as CNTFRQ_EL0 reads."""

_NS: Final = 1_000_000_000 // FREQUENCY
_ENABLE, _IMASK, _ISTATUS = 1, 2, 4
_MASK64: Final = (1 << 64) - 1
_MASK32: Final = (1 << 32) - 1


def count(clock: Clock) -> int:
    """The counter's present value."""
    return clock.now() // _NS


class ArchTimer:
    """One timer: CTL, CVAL and TVAL. ``set_line`` is called with the level of its interrupt."""

    def __init__(self, clock: Clock, set_line: Callable[[int], None]) -> None:
        """Disabled, as after reset."""
        self._clock = clock
        self._set_line = set_line
        self._timer = Timer(clock, self._update)
        self._control = 0
        self._compare = 0

    def _is_met(self) -> bool:
        return bool(self._control & _ENABLE) and count(self._clock) >= self._compare

    def _update(self) -> None:
        """Follow a change of a register or of the time: drive the line, and arm the host's timer."""
        met = self._is_met()
        self._set_line(int(met and not self._control & _IMASK))
        waits = self._control & (_ENABLE | _IMASK) == _ENABLE and not met
        self._timer.arm_at(self._compare * _NS if waits else None)

    def read_control(self) -> int:
        """CTL: ENABLE, IMASK, and ISTATUS, which reads 0 while the timer is disabled."""
        return self._control | (_ISTATUS if self._is_met() else 0)

    def write_control(self, value: int) -> None:
        """CTL."""
        self._control = value & (_ENABLE | _IMASK)
        self._update()

    def read_compare(self) -> int:
        """CVAL."""
        return self._compare

    def write_compare(self, value: int) -> None:
        """CVAL: the counter's value from which the condition is met."""
        self._compare = value & _MASK64
        self._update()

    def read_timer(self) -> int:
        """TVAL: ticks until the condition is met, 32 bits."""
        return self._compare - count(self._clock) & _MASK32

    def write_timer(self, value: int) -> None:
        """TVAL: a signed number of ticks from now."""
        ticks = (value & _MASK32 ^ 1 << 31) - (1 << 31)
        self.write_compare(count(self._clock) + ticks)

    def close(self) -> None:
        """Disarm the host's timer."""
        self._timer.cancel()
