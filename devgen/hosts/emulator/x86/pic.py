"""The PC's pair of 8259A interrupt controllers, as the kernel's irqchip presents it to a guest.

Registers and commands: Intel 8259A data sheet (ICW1-4, OCW1-3). Where the data sheet leaves a choice, this follows
arch/x86/kvm/i8259.c, so that a guest sees the same chip on both CPU hosts: a falling edge-triggered line keeps its
request, an interrupt withdrawn before its acknowledge is number 7.
"""

from __future__ import annotations

_NONE = 8
"""Priority of "nothing": one below the lowest."""

_CASCADE = 2

_POLLED = 0x80
"""Bit of the poll word: an interrupt was waiting (data sheet, figure 8)."""


class Pic8259:
    """One chip: eight lines with request, in-service and mask registers."""

    __slots__ = (
        "auto_eoi",
        "base",
        "edge_control",
        "edge_mask",
        "imr",
        "init_state",
        "irr",
        "isr",
        "last",
        "lowest",
        "master",
        "poll",
        "read_isr",
        "rotate_on_auto_eoi",
        "special_fully_nested",
        "special_mask",
        "wants_icw4",
    )

    def __init__(self, *, master: bool) -> None:
        """All registers 0, as after the kernel's reset: no line masked, vectors from 0."""
        self.master = master
        self.edge_mask = 0xF8 if master else 0xDE
        self.edge_control = 0
        self.base = 0
        self.irr = self.isr = self.imr = self.last = 0
        self.lowest = 0
        self.init_state = 0
        self.auto_eoi = self.rotate_on_auto_eoi = False
        self.poll = self.read_isr = False
        self.special_mask = self.special_fully_nested = False
        self.wants_icw4 = False

    def set_line(self, line: int, level: int) -> None:
        """Drive input ``line`` (0-7): level or edge as the ELCR says."""
        bit = 1 << line
        if self.edge_control & bit:
            self.irr = self.irr | bit if level else self.irr & ~bit
        elif level and not self.last & bit:
            self.irr |= bit
        self.last = self.last | bit if level else self.last & ~bit

    def _priority(self, lines: int) -> int:
        """Priority of the highest of ``lines`` in the present rotation: 0 is the highest, 8 means no line."""
        return next((place for place in range(8) if lines >> ((place + self.lowest) & 7) & 1), _NONE)

    def pending(self) -> int | None:
        """The line with a request that may interrupt the lines in service; None without one."""
        wanted = self._priority(self.irr & ~self.imr & 0xFF)
        serving = self.isr
        if self.special_mask:
            serving &= ~self.imr
        if self.special_fully_nested and self.master:
            serving &= ~(1 << _CASCADE)
        if wanted < self._priority(serving):
            return (wanted + self.lowest) & 7
        return None

    def acknowledge(self, line: int) -> None:
        """The processor acknowledges ``line``: set its in-service bit, unless automatic EOI is on."""
        bit = 1 << line
        self.isr |= bit
        if not self.edge_control & bit:
            self.irr &= ~bit
        if self.auto_eoi:
            if self.rotate_on_auto_eoi:
                self.lowest = (line + 1) & 7
            self.isr &= ~bit

    # --- ports -------------------------------------------------------------------------

    def write_command(self, value: int) -> None:
        """Port 0x20 or 0xa0: ICW1, OCW2 or OCW3 by bits 4 and 3."""
        if value & 0x10:
            self._initialize(value)
        elif value & 0x08:
            self._select(value)
        else:
            self._end_of_interrupt(value >> 5, value & 7)

    def _initialize(self, value: int) -> None:
        self.wants_icw4 = bool(value & 1)
        self.last = self.imr = self.isr = self.lowest = 0
        self.irr &= self.edge_control
        self.special_mask = self.read_isr = self.auto_eoi = False
        if not self.wants_icw4:
            self.special_fully_nested = False
        self.init_state = 1

    def _select(self, value: int) -> None:
        if value & 0x04:
            self.poll = True
        if value & 0x02:
            self.read_isr = bool(value & 1)
        if value & 0x40:
            self.special_mask = bool(value & 0x20)

    def _end_of_interrupt(self, command: int, line: int) -> None:
        match command:
            case 0 | 4:
                self.rotate_on_auto_eoi = command == 4
            case 1 | 5:
                place = self._priority(self.isr)
                if place != _NONE:
                    self._retire((place + self.lowest) & 7, rotate=command == 5)
            case 3 | 7:
                self._retire(line, rotate=command == 7)
            case 6:
                self.lowest = (line + 1) & 7

    def _retire(self, line: int, *, rotate: bool) -> None:
        self.isr &= ~(1 << line)
        if rotate:
            self.lowest = (line + 1) & 7

    def write_data(self, value: int) -> None:
        """Port 0x21 or 0xa1: the mask, or ICW2-4 while being initialised."""
        match self.init_state:
            case 0:
                self.imr = value
            case 1:
                self.base = value & 0xF8
                self.init_state = 2
            case 2:
                self.init_state = 3 if self.wants_icw4 else 0
            case _:
                self.special_fully_nested = bool(value & 0x10)
                self.auto_eoi = bool(value & 0x02)
                self.init_state = 0

    def read_command(self) -> int:
        """Port 0x20 or 0xa0: IRR or ISR."""
        return self.isr if self.read_isr else self.irr


class PicPair:
    """Master at 0x20, slave at 0xa0 on the master's line 2, ELCR at 0x4d0; ``output`` is the processor's INTR."""

    __slots__ = ("master", "output", "slave")

    def __init__(self) -> None:
        """Both chips as after power-on."""
        self.master = Pic8259(master=True)
        self.slave = Pic8259(master=False)
        self.output = False

    def set_irq(self, irq: int, level: int) -> None:
        """Drive ISA interrupt ``irq``, 0-15."""
        (self.slave if irq & 8 else self.master).set_line(irq & 7, level)
        self._update()

    def _update(self) -> None:
        if self.slave.pending() is not None:
            # A pulse, as in the kernel: the cascade is edge-triggered, and each new request of the slave counts.
            self.master.set_line(_CASCADE, 1)
            self.master.set_line(_CASCADE, 0)
        self.output = self.master.pending() is not None

    def acknowledge(self) -> int:
        """The processor's interrupt acknowledge: return the vector. A withdrawn request gives the spurious line 7."""
        line = self.master.pending()
        if line is None:
            vector = self.master.base + 7
        else:
            self.master.acknowledge(line)
            vector = self._slave_vector() if line == _CASCADE else self.master.base + line
        self._update()
        return vector

    def _slave_vector(self) -> int:
        line = self.slave.pending()
        if line is None:
            return self.slave.base + 7
        self.slave.acknowledge(line)
        return self.slave.base + line

    # --- ports -------------------------------------------------------------------------

    def read(self, port: int, size: int) -> int:
        """A guest's IN; anything but a byte reads 0, as in the kernel."""
        if size != 1:
            return 0
        if port & ~1 == 0x4D0:
            return (self.slave if port & 1 else self.master).edge_control
        chip = self.slave if port & 0x80 else self.master
        if chip.poll:
            return self._poll(chip)
        return chip.imr if port & 1 else chip.read_command()

    def _poll(self, chip: Pic8259) -> int:
        """A poll command serves as the acknowledge and ends the interrupt at once. Bit 7: one was pending."""
        chip.poll = False
        line = chip.pending()
        if line is None:
            word = 7
        else:
            word = _POLLED | line
            if chip is self.slave:
                self.master.isr &= ~(1 << _CASCADE)
                self.master.irr &= ~(1 << _CASCADE)
            chip.irr &= ~(1 << line)
            chip.isr &= ~(1 << line)
        if chip is self.slave or line != _CASCADE:  # as in KVM: the slave's request waits for its own next change
            self._update()
        return word

    def write(self, port: int, value: int, size: int) -> None:
        """A guest's OUT; anything but a byte is dropped, as in the kernel."""
        if size != 1:
            return
        if port & ~1 == 0x4D0:
            chip = self.slave if port & 1 else self.master
            chip.edge_control = value & chip.edge_mask
            return
        chip = self.slave if port & 0x80 else self.master
        if port & 1:
            updates = not chip.init_state
            chip.write_data(value)
        else:
            updates = not value & 0x18
            chip.write_command(value)
        # As in KVM, only the mask register and OCW2 change INTR; after initialization INTR may stay high: spurious.
        if updates:
            self._update()
