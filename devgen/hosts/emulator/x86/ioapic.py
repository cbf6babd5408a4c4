"""The IOAPIC of the kernel's irqchip: 24 pins, each with a redirection entry (82093AA data sheet).

Where the data sheet leaves a choice, this follows arch/x86/kvm/ioapic.c: an edge on a masked pin is
lost, and reserved bits of an entry keep what was written.
"""

from __future__ import annotations

from devgen.hosts.emulator.x86.lapic import LocalApic

BASE = 0xFEC00000
SIZE = 0x100
PINS = 24

_MASKED = 1 << 16
_LEVEL = 1 << 15
_REMOTE_IRR = 1 << 14
_LOGICAL = 1 << 11
_READ_ONLY = _REMOTE_IRR | 1 << 12
_VERSION = (PINS - 1) << 16 | 0x11


class IoApic:
    """Sends the interrupts of its pins to the local APIC."""

    __slots__ = ("_entries", "_id", "_lapic", "_levels", "_select")

    def __init__(self) -> None:
        """All pins masked, low."""
        self._lapic: LocalApic | None = None
        self._entries = [_MASKED] * PINS
        self._levels = 0
        self._id = 0
        self._select = 0

    def attach(self, lapic: LocalApic) -> None:
        """Set the local APIC that receives the interrupts."""
        self._lapic = lapic

    def set_pin(self, pin: int, level: int) -> None:
        """Drive input ``pin``; pins that do not exist are ignored."""
        if not 0 <= pin < PINS:
            return
        bit = 1 << pin
        rising = bool(level) and not self._levels & bit
        self._levels = self._levels | bit if level else self._levels & ~bit
        if rising:
            self._send(pin)

    def _send(self, pin: int) -> None:
        """Send the interrupt of a pin that is high or has just risen, unless it is masked or in service."""
        entry = self._entries[pin]
        level = bool(entry & _LEVEL)
        if entry & _MASKED or (level and entry & _REMOTE_IRR) or self._lapic is None:
            return
        if self._lapic.accepts(entry >> 56, logical=bool(entry & _LOGICAL)):
            if level:
                self._entries[pin] |= _REMOTE_IRR
            self._lapic.deliver(entry >> 8 & 7, entry & 0xFF, level=level)

    def _send_level(self, pin: int) -> None:
        """Send a level interrupt whose pin is high. An edge on a masked pin is lost."""
        if self._entries[pin] & _LEVEL and self._levels >> pin & 1:
            self._send(pin)

    def end_of_interrupt(self, vector: int) -> None:
        """EOI of ``vector`` by the local APIC: a level interrupt whose pin is high is sent again."""
        for pin, entry in enumerate(self._entries):
            if entry & _LEVEL and entry & _REMOTE_IRR and entry & 0xFF == vector:
                self._entries[pin] &= ~_REMOTE_IRR
                self._send_level(pin)

    # --- registers ---------------------------------------------------------------------

    def read(self, offset: int, size: int) -> int:
        """A guest's read of the select register (0x00) or the window (0x10)."""
        match offset & 0xFF:
            case 0x00:
                value = self._select
            case 0x10:
                value = self._read_register()
            case _:
                value = 0
        return value & ((1 << 8 * size) - 1)

    def _read_register(self) -> int:
        match self._select:
            case 0 | 2:
                return self._id << 24
            case 1:
                return _VERSION
        pin, high = divmod(self._select - 0x10, 2)
        if 0 <= pin < PINS:
            return self._entries[pin] >> (32 * high) & 0xFFFFFFFF
        return 0xFFFFFFFF

    def write(self, offset: int, value: int, size: int) -> None:
        """A guest's write; only the low 32 bits count."""
        value &= (1 << min(8 * size, 32)) - 1
        match offset & 0xFF:
            case 0x00:
                self._select = value & 0xFF
            case 0x10:
                self._write_register(value)

    def _write_register(self, value: int) -> None:
        if self._select == 0:
            self._id = value >> 24 & 0xF
            return
        pin, high = divmod(self._select - 0x10, 2)
        if 0 <= pin < PINS:
            self._write_entry(pin, value, high)

    def _write_entry(self, pin: int, value: int, high: int) -> None:
        old = self._entries[pin]
        if high:
            self._entries[pin] = old & 0xFFFFFFFF | value << 32
        else:
            entry = old & ~0xFFFFFFFF | value & ~_READ_ONLY | old & _READ_ONLY
            self._entries[pin] = entry if entry & _LEVEL else entry & ~_REMOTE_IRR
        self._send_level(pin)
