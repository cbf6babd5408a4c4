"""The PC's 8254 interval timer at ports 0x40-0x43 and the speaker port 0x61, which the kernel provides on KVM.

Intel 8254 data sheet. Channel 0 drives GSI 0 in pulses, as arch/x86/kvm/i8254.c does: once in modes 0, 1 and 4, at
every period in modes 2 and 3. The other channels count and can be read. Unlike the kernel, this PIT does not
re-inject ticks that the guest has not acknowledged.
"""

from __future__ import annotations

from collections.abc import Callable

from devgen.runtime.time.clock import Clock
from devgen.runtime.time.timer import Timer

FREQUENCY = 1_193_182
"""Input clock in Hz."""

_SECOND = 1_000_000_000
_MIN_PERIOD = 200_000
"""Shortest period in ns of channel 0's interrupts, the kernel's min_timer_period_us."""


class Channel:
    """One counter: mode, reload value, time of loading, and read latches."""

    __slots__ = (
        "_clock",
        "_latch",
        "_latch_access",
        "_low",
        "_read_high",
        "_status",
        "access",
        "bcd",
        "gate",
        "loaded",
        "mode",
        "reload",
    )

    def __init__(self, clock: Clock, gate: int) -> None:
        """State after the kernel's reset: mode 3, full count."""
        self._clock = clock
        self.mode = 3
        self.access = 3
        self.bcd = 0
        self.gate = gate
        self.reload = 0x10000
        self.loaded = clock.now()
        self._low: int | None = None
        self._latch: int | None = None
        self._latch_access = 0
        self._status: int | None = None
        self._read_high = False

    def control(self, access: int, mode: int, bcd: int) -> None:
        """A control word: drop half-written and half-read values. As in KVM, a latched count is kept."""
        self.access, self.mode, self.bcd = access, mode, bcd
        self._low = None
        self._read_high = False

    def write(self, value: int) -> bool:
        """A byte of the reload value; True when it is complete."""
        match self.access:
            case 1:
                self._load(value)
            case 2:
                self._load(value << 8)
            case _ if self._low is None:
                self._low = value
                return False
            case _:
                self._load(self._low | value << 8)
                self._low = None
        return True

    def _load(self, value: int) -> None:
        self.reload = value or 0x10000
        self.loaded = self._clock.now()

    def ticks(self) -> int:
        """Input clocks since loading."""
        return (self._clock.now() - self.loaded) * FREQUENCY // _SECOND

    def count(self) -> int:
        """The present count, 16 bits."""
        ticks = self.ticks()
        match self.mode:
            case 2:
                return self.reload - ticks % self.reload
            case 3:
                return self.reload - 2 * ticks % self.reload
        return (self.reload - ticks) & 0xFFFF

    def output(self) -> int:
        """The level of OUT."""
        ticks = self.ticks()
        match self.mode:
            case 0 | 1:
                return int(ticks >= self.reload)
            case 2:
                return int(ticks % self.reload != 0 or ticks == 0)
            case 3:
                return int(ticks % self.reload < (self.reload + 1) // 2)
        return int(ticks == self.reload)

    def latch(self, *, count: bool, status: bool) -> None:
        """Latch the count or the status, unless it is latched already."""
        if count and self._latch is None:
            self._latch = self.count() & 0xFFFF
            self._latch_access = self.access
        if status and self._status is None:
            self._status = self.output() << 7 | self.access << 4 | self.mode << 1 | self.bcd

    def state(self) -> tuple[int, ...]:
        """The state that does not depend on time: start of the count, latched count and status, whether the high byte
        is next, access, mode, BCD, gate.
        """
        latched = (int(self._latch is not None), int(self._status is not None), int(self._low is not None))
        return (self.reload, *latched, self.access, self.mode, self.bcd, self.gate)

    def read(self) -> int:
        """The next byte: a latched status, then a latched or the present count, low byte first if both are read."""
        if self._status is not None:
            value, self._status = self._status, None
            return value
        if self._latch is not None:
            return self._read_latch(self._latch)
        high = self.access == 2 or (self.access == 3 and self._read_high)
        if self.access == 3:
            self._read_high = not self._read_high
        return self.count() >> 8 & 0xFF if high else self.count() & 0xFF

    def _read_latch(self, latched: int) -> int:
        """A latched count is read as the access mode at the time of the latch says, as in KVM."""
        high = self._latch_access == 2
        if self._latch_access == 3:
            self._latch_access = 2
        else:
            self._latch = None
        return latched >> 8 if high else latched & 0xFF


class Pit8254:
    """The three channels; ``set_irq(level)`` is channel 0's line."""

    def __init__(self, clock: Clock, set_irq: Callable[[int], None]) -> None:
        """Channel 0 raises no interrupt before the guest programs it."""
        self._clock = clock
        self._set_irq = set_irq
        self.channels = [Channel(clock, gate) for gate in (1, 1, 0)]
        self._speaker = 0
        self._timer = Timer(clock, self._expired)
        self._due = 0

    def _period(self) -> int:
        return -(-self.channels[0].reload * _SECOND // FREQUENCY)

    def _start(self) -> None:
        channel = self.channels[0]
        if channel.mode == 5:
            self._timer.cancel()
            return
        self._due = channel.loaded + self._period()
        self._timer.arm_at(self._due)

    def _expired(self) -> None:
        self._set_irq(1)
        self._set_irq(0)
        if self.channels[0].mode in (2, 3):
            period = max(self._period(), _MIN_PERIOD)
            now = self._clock.now()
            self._due += max((now - self._due) // period + 1, 1) * period
            self._timer.arm_at(self._due)

    # --- ports -------------------------------------------------------------------------

    def write(self, port: int, value: int, size: int) -> None:
        """A guest's OUT; only the low byte is used."""
        value &= 0xFF
        if port == 0x61:
            self._write_speaker(value)
        elif port == 0x43:
            self._control(value)
        elif 0x40 <= port <= 0x42 and self.channels[port & 3].write(value) and port == 0x40:
            self._start()

    def _control(self, value: int) -> None:
        number, access = value >> 6, value >> 4 & 3
        if number == 3:
            self._read_back(value)
        elif access == 0:
            self.channels[number].latch(count=True, status=False)
        else:
            mode = value >> 1 & 7
            self.channels[number].control(access, mode - 4 if mode > 5 else mode, value & 1)

    def _read_back(self, value: int) -> None:
        for number, channel in enumerate(self.channels):
            if value & 2 << number:
                channel.latch(count=not value & 0x20, status=not value & 0x10)

    def _write_speaker(self, value: int) -> None:
        self._speaker = value >> 1 & 1
        channel = self.channels[2]
        if value & 1 and not channel.gate:
            channel.loaded = self._clock.now()
        channel.gate = value & 1

    def read(self, port: int, size: int) -> int:
        """A guest's IN; a wider one sees zeros above the byte. The control port cannot be read."""
        if port == 0x61:
            refresh = self._clock.now() // 15_000 & 1
            return self._speaker << 1 | self.channels[2].gate | self.channels[2].output() << 5 | refresh << 4
        if 0x40 <= port <= 0x42:
            return self.channels[port & 3].read()
        return 0

    def close(self) -> None:
        """Disarm the timer."""
        self._timer.cancel()
