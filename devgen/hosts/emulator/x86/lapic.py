"""The processor's local APIC (xAPIC mode): the kernel's irqchip delivers MSIs and IOAPIC interrupts to it.

Intel SDM volume 3, chapter 11. Implemented: identification, task priority, in-service, request and trigger-mode
registers, EOI, spurious vector, self-directed interrupts by the ICR, LINT0 as the 8259A's input (ExtINT), the timer in
one-shot and periodic mode at the kernel's bus rate of 1 GHz. There is one processor, with APIC ID 0.
"""

from __future__ import annotations

from collections.abc import Callable

from devgen.runtime.time.clock import Clock
from devgen.runtime.time.timer import Timer

BASE = 0xFEE00000
SIZE = 0x1000

_ID, _VERSION, _TPR, _PPR, _EOI, _LDR, _DFR, _SVR = 0x20, 0x30, 0x80, 0xA0, 0xB0, 0xD0, 0xE0, 0xF0
_ISR, _TMR, _IRR = 0x100, 0x180, 0x200
_ICR, _ICR_HIGH, _LVT_TIMER, _LVT_LINT0, _LVT_ERROR = 0x300, 0x310, 0x320, 0x350, 0x370
_INITIAL, _CURRENT, _DIVIDE = 0x380, 0x390, 0x3E0

_MASKED = 1 << 16
_PERIODIC = 1 << 17
_ENABLED = 1 << 8
_DELIVERY = 0x700
_EXTINT = 0x700
_FIXED, _LOWEST_PRIORITY, _NMI = 0, 1, 4
"""Delivery modes of messages (SDM volume 3, 11.6.1)."""
_VERSION_VALUE = 0x00050014

# Writable bits of the registers without side effects: all other bits are unchanged by writes.
_WRITABLE = {
    _ID: 0xFF000000,
    _TPR: 0xFF,
    _LDR: 0xFF000000,
    _DFR: 0xF0000000,
    _SVR: 0x3FF,
    _ICR_HIGH: 0xFF000000,
    _LVT_TIMER: 0x310FF,
    0x330: 0x117FF,
    0x340: 0x117FF,
    _LVT_LINT0: 0x1F7FF,
    0x360: 0x1F7FF,
    _LVT_ERROR: 0x110FF,
    _DIVIDE: 0xB,
}
_DFR_ONES = 0x0FFFFFFF
"""Bits of the destination format register that read as ones."""

_LVTS = (_LVT_TIMER, 0x330, 0x340, _LVT_LINT0, 0x360, _LVT_ERROR)

_MIN_PERIOD = 200_000
"""Shortest period in ns of the periodic timer, the kernel's min_timer_period_us. It prevents interrupt storms."""


class LocalApic:
    """State of one local APIC. ``on_eoi(vector)`` is called at the EOI of a level interrupt, for the IOAPIC."""

    def __init__(self, clock: Clock, on_eoi: Callable[[int], None], on_nmi: Callable[[], None]) -> None:
        """State after the kernel's reset: software-disabled, all LVTs masked except LINT0, which accepts the 8259A.

        ``on_nmi`` is called for each non-maskable interrupt.
        """
        self._clock = clock
        self._on_eoi = on_eoi
        self._on_nmi = on_nmi
        self._plain = {_ID: 0, _TPR: 0, _LDR: 0, _DFR: 0xFFFFFFFF, _SVR: 0xFF, _ICR_HIGH: 0, _DIVIDE: 0}
        self._plain.update(dict.fromkeys(_LVTS, _MASKED))
        self._plain[_LVT_LINT0] = _EXTINT
        self._icr = 0
        self.irr = self.isr = self.tmr = 0
        self._initial = 0
        self._started = 0
        self._timer = Timer(clock, self._timer_expired)

    @property
    def enabled(self) -> bool:
        """Whether software has enabled it (SVR bit 8)."""
        return bool(self._plain[_SVR] & _ENABLED)

    @property
    def passes_pic(self) -> bool:
        """Whether LINT0 passes the 8259A's interrupts on to the processor."""
        return self._plain[_LVT_LINT0] & (_MASKED | _DELIVERY) == _EXTINT

    def accepts(self, destination: int, *, logical: bool) -> bool:
        """Whether a message for ``destination`` (8 bits) addresses this processor."""
        if not logical:
            return destination in (self._plain[_ID] >> 24, 0xFF)
        mine = self._plain[_LDR] >> 24
        if self._plain[_DFR] >> 28 == 0xF:
            return bool(destination & mine)
        return destination >> 4 in (mine >> 4, 0xF) and bool(destination & mine & 0xF)

    def deliver(self, mode: int, vector: int, *, level: bool = False) -> None:
        """Take a message for this processor: fixed and lowest-priority interrupts, and NMIs. Others are ignored."""
        if mode in (_FIXED, _LOWEST_PRIORITY):
            self.request(vector, level=level)
        elif mode == _NMI:
            self._on_nmi()

    def request(self, vector: int, *, level: bool = False) -> None:
        """Set an interrupt's request bit; a disabled APIC drops it. Vectors below 16 stay pending, as in KVM."""
        if not self.enabled:
            return
        bit = 1 << vector
        self.irr |= bit
        self.tmr = self.tmr | bit if level else self.tmr & ~bit

    def _processor_priority(self) -> int:
        serving = max(self.isr.bit_length() - 1, 0)
        task = self._plain[_TPR]
        return task if task >> 4 >= serving >> 4 else serving & 0xF0

    def pending(self) -> int | None:
        """The vector that may interrupt the processor now."""
        vector = self.irr.bit_length() - 1
        if not self.enabled or vector < 0 or vector >> 4 <= self._processor_priority() >> 4:
            return None
        return vector

    def acknowledge(self, vector: int) -> None:
        """The processor accepts ``vector``, which ``pending`` returned."""
        self.irr &= ~(1 << vector)
        self.isr |= 1 << vector

    # --- registers ---------------------------------------------------------------------

    def read(self, offset: int, size: int) -> int:
        """A guest's read: within one aligned 32-bit register, else 0."""
        within = offset & 0xF
        if within + size > 4:
            return 0
        return self._read_register(offset & ~0xF) >> (8 * within) & ((1 << 8 * size) - 1)

    def _read_register(self, offset: int) -> int:
        for base, value in ((_ISR, self.isr), (_TMR, self.tmr), (_IRR, self.irr)):
            if base <= offset < base + 0x80:
                return value >> 2 * (offset - base) & 0xFFFFFFFF
        match offset:
            case 0x30:
                return _VERSION_VALUE
            case 0xA0:
                return self._processor_priority()
            case 0x300:
                return self._icr
            case 0x380:
                return self._initial
            case 0x390:
                return self._current()
        return self._plain.get(offset, 0)

    def write(self, offset: int, value: int, size: int) -> None:
        """A guest's write: 32 bits, aligned to 16 bytes, else dropped (as in the kernel)."""
        if size != 4 or offset & 0xF:
            return
        match offset:
            case 0xB0:
                self._end_of_interrupt()
            case 0x300:
                self._command(value)
            case 0x380:
                self._initial = value
                self._arm(self._clock.now())
            case _ if offset in _WRITABLE:
                self._write_plain(offset, value)

    def _write_plain(self, offset: int, value: int) -> None:
        self._plain[offset] = value & _WRITABLE[offset] | (_DFR_ONES if offset == _DFR else 0)
        if not self.enabled:
            for lvt in _LVTS if offset == _SVR else (offset,) if offset in _LVTS else ():
                self._plain[lvt] |= _MASKED
        if offset in (_LVT_TIMER, _DIVIDE) and self._initial and not self._timer.armed:
            self._arm(self._clock.now())

    def _end_of_interrupt(self) -> None:
        vector = self.isr.bit_length() - 1
        if vector < 0:
            return
        self.isr &= ~(1 << vector)
        if self.tmr >> vector & 1:
            self._on_eoi(vector)

    def _command(self, value: int) -> None:
        """Interrupt command register: deliver the interrupt if it addresses this processor, which is the only one."""
        self._icr = value & 0xCCFFF & ~(1 << 12)
        shorthand = value >> 18 & 3
        logical = bool(value & 0x800)
        named = shorthand == 0 and self.accepts(self._plain[_ICR_HIGH] >> 24, logical=logical)
        if named or shorthand in (1, 2):
            self.deliver(value >> 8 & 7, value & 0xFF)

    # --- timer -------------------------------------------------------------------------

    def _divisor(self) -> int:
        code = self._plain[_DIVIDE]
        return 1 << ((code & 3 | code >> 1 & 4) + 1 & 7)

    def _period(self) -> int:
        """Ticks of 1 ns until the count reaches 0."""
        return self._initial * self._divisor()

    def _current(self) -> int:
        left = self._started + self._period() - self._clock.now()
        return max(left, 0) // self._divisor() if self._timer.armed else 0

    def _arm(self, start: int) -> None:
        self._started = start
        self._timer.arm_at(start + self._period() if self._initial else None)

    def _timer_expired(self) -> None:
        lvt = self._plain[_LVT_TIMER]
        if not lvt & _MASKED:
            self.request(lvt & 0xFF)
        if lvt & _PERIODIC:
            now = self._clock.now()
            period = max(self._period(), _MIN_PERIOD)
            self._started += (now - self._started) // period * period
            self._timer.arm_at(self._started + period)

    def close(self) -> None:
        """Disarm the timer."""
        self._timer.cancel()
