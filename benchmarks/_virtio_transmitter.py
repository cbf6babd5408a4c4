"""The transmit queue of a virtio console on a machine with a manual clock, as a driver uses it.

The driver's own work (descriptors, rings) is done directly in guest memory: a real guest does that without an exit.
Only the notification is an access to the device. See Virtual I/O Device (VIRTIO) 1.2, sections 2.7, 3.1 and 4.1.
"""

from __future__ import annotations

from collections.abc import Sequence

from devgen.runtime.device.device import Device
from devgen.runtime.machine.machine import Machine
from devgen.runtime.pci import PciDevice
from devgen.runtime.time.clock import VirtualClock

BAR = 0xE000_0000
DESCRIPTORS, AVAILABLE, USED, MEMORY = 0x1000, 0x3000, 0x4000, 0x10_0000
SIZE = 256
TRANSMIT = 1
NOTIFY = 0x300  # the notify structure in BAR 0


class Transmitter:
    """The driver, used under the machine's lock. Its data are at `MEMORY` of guest memory."""

    def __init__(self, machine: Machine, card: Device) -> None:
        assert isinstance(card, PciDevice)
        assert machine.ram is not None
        assert isinstance(machine.clocks.virtual, VirtualClock)
        self._machine, self._clock, self._ram = machine, machine.clocks.virtual, machine.ram.view
        self._added = 0
        card.config.set_bar(next(bar for bar in card.BARS if bar.index == 0), BAR)
        card.config.write(4, 6, 2)  # memory space and bus mastering
        self._negotiate()
        self._enable()

    def _write(self, offset: int, value: int, size: int) -> None:
        self._machine.memory.write(BAR + offset, value, size)

    def _negotiate(self) -> None:
        for status in (0, 1, 3):
            self._write(0x14, status, 1)
        for half, features in enumerate((0, 1)):  # VERSION_1
            self._write(0x08, half, 4)
            self._write(0x0C, features, 4)
        for status in (11, 15):
            self._write(0x14, status, 1)
        if self._machine.memory.read(BAR + 0x14, 1) != 15:
            raise SystemExit("the virtio console does not accept its driver")

    def _enable(self) -> None:
        self._write(0x16, TRANSMIT, 2)
        self._write(0x18, SIZE, 2)
        for offset, address in ((0x20, DESCRIPTORS), (0x28, AVAILABLE), (0x30, USED)):
            self._write(offset, address, 4)
            self._write(offset + 4, 0, 4)
        self._write(0x1C, 1, 2)

    def store(self, data: bytes) -> None:
        """Put ``data`` at `MEMORY`."""
        self._ram[MEMORY : MEMORY + len(data)] = data

    def transmit(self, buffers: Sequence[tuple[int, int]]) -> None:
        """Offer buffers (offset from `MEMORY`, length), each a chain of its own, with one notification."""
        for offset, length in buffers:
            slot = self._added % SIZE
            at = DESCRIPTORS + 16 * slot
            self._ram[at : at + 16] = (MEMORY + offset | length << 64).to_bytes(16, "little")
            at = AVAILABLE + 4 + 2 * slot
            self._ram[at : at + 2] = slot.to_bytes(2, "little")
            self._added += 1
        self._ram[AVAILABLE + 2 : AVAILABLE + 4] = (self._added & 0xFFFF).to_bytes(2, "little")
        self._write(NOTIFY + 4 * TRANSMIT, TRANSMIT, 2)

    def returned(self) -> bool:
        """Whether the device has returned all buffers. Until then it needs `let_time_pass`."""
        return int.from_bytes(self._ram[USED + 2 : USED + 4], "little") == self._added & 0xFFFF

    def let_time_pass(self) -> bool:
        """Advance the clock to when the device goes on; False if it waits for something else than time."""
        deadline = self._clock.queue.deadline()
        if deadline is None:
            return False
        return self._clock.run_until(deadline)
