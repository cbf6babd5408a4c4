"""The equivalent of KVM's in-kernel irqchip and PIT: accesses to these chips never reach the machine's devices.

GSIs 0-15 go to the 8259A pair and to the IOAPIC pin of the same number, 16-23 to the IOAPIC alone: the kernel's
default routing. Port and memory ranges, and which widths they answer, are those of arch/x86/kvm (i8259.c, ioapic.c,
lapic.c, i8254.c).
"""

from __future__ import annotations

from collections.abc import Callable

from devgen.hosts.emulator.x86 import ioapic, lapic
from devgen.hosts.emulator.x86.pic import PicPair
from devgen.hosts.emulator.x86.pit import Pit8254
from devgen.runtime.time.clock import Clock


class IrqChip:
    """8259A pair, IOAPIC, local APIC and, if wanted, PIT, connected. The caller holds the machine's lock."""

    def __init__(self, clock: Clock, on_nmi: Callable[[], None], *, pit: bool = True) -> None:
        """State after power-on; timers run on ``clock``. Without ``pit`` its ports belong to the machine's devices.

        ``on_nmi`` is called for each non-maskable interrupt that an MSI or the interrupt command register requests.
        """
        self.pic = PicPair()
        self.ioapic = ioapic.IoApic()
        self.lapic = lapic.LocalApic(clock, self.ioapic.end_of_interrupt, on_nmi)
        self.ioapic.attach(self.lapic)
        self.pit = Pit8254(clock, self._pit_irq)
        self._ports: tuple[tuple[int, int, PicPair | Pit8254], ...] = (
            (0x20, 0x22, self.pic),
            (0xA0, 0xA2, self.pic),
            (0x4D0, 0x4D2, self.pic),
        )
        if pit:
            self._ports += ((0x40, 0x44, self.pit), (0x61, 0x65, self.pit))

    def _pit_irq(self, level: int) -> None:
        self.set_gsi(0, level)

    def set_gsi(self, gsi: int, level: int) -> None:
        """Drive a global system interrupt; others than 0-23 are ignored."""
        if 0 <= gsi < 16:
            self.pic.set_irq(gsi, level)
        self.ioapic.set_pin(gsi, level)

    def signal_msi(self, address: int, data: int) -> None:
        """Deliver a message-signalled interrupt (SDM volume 3, 11.11)."""
        if self.lapic.accepts(address >> 12 & 0xFF, logical=bool(address & 4)):
            self.lapic.deliver(data >> 8 & 7, data & 0xFF, level=bool(data & 0x8000))

    # --- the processor's side ------------------------------------------------------------

    def pending(self) -> bool:
        """Whether an interrupt is pending for the processor."""
        return (self.pic.output and self.lapic.passes_pic) or self.lapic.pending() is not None

    def acknowledge(self) -> int:
        """Acknowledge the pending interrupt, the 8259A's first; return its vector."""
        if self.pic.output and self.lapic.passes_pic:
            return self.pic.acknowledge()
        vector = self.lapic.pending()
        if vector is None:
            return self.pic.master.base + 7
        self.lapic.acknowledge(vector)
        return vector

    # --- the guest's accesses ------------------------------------------------------------

    def _port_owner(self, port: int, size: int) -> PicPair | Pit8254 | None:
        for start, end, chip in self._ports:
            if start <= port and port + size <= end:
                return chip if start != 0x61 or port == 0x61 else None
        return None

    def owns_port(self, port: int, size: int) -> bool:
        """Whether an access of ``size`` bytes lies wholly on one of the chips' ports."""
        return self._port_owner(port, size) is not None

    def read_port(self, port: int, size: int) -> int:
        """An IN for which ``owns_port`` is true."""
        chip = self._port_owner(port, size)
        return 0 if chip is None else chip.read(port, size)

    def write_port(self, port: int, value: int, size: int) -> None:
        """An OUT for which ``owns_port`` is true."""
        chip = self._port_owner(port, size)
        if chip is not None:
            chip.write(port, value, size)

    @staticmethod
    def owns_address(address: int) -> bool:
        """Whether ``address`` belongs to the local APIC or the IOAPIC."""
        return lapic.BASE <= address < lapic.BASE + lapic.SIZE or ioapic.BASE <= address < ioapic.BASE + ioapic.SIZE

    def read_memory(self, address: int, size: int) -> int:
        """A read for which ``owns_address`` is true."""
        if address >= lapic.BASE:
            return self.lapic.read(address - lapic.BASE, size)
        return self.ioapic.read(address - ioapic.BASE, size)

    def write_memory(self, address: int, value: int, size: int) -> None:
        """A write for which ``owns_address`` is true."""
        if address >= lapic.BASE:
            self.lapic.write(address - lapic.BASE, value, size)
        else:
            self.ioapic.write(address - ioapic.BASE, value, size)

    def close(self) -> None:
        """Disarm all timers."""
        self.lapic.close()
        self.pit.close()
