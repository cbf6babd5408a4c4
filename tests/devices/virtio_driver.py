"""A small virtio driver, as the standard's sections 3.1 and 4.1.5 describe one, against a device on the bench."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from devgen.hosts.bench import Bench

ACKNOWLEDGE, DRIVER, DRIVER_OK, FEATURES_OK, NEEDS_RESET, FAILED = 1, 2, 4, 8, 64, 128
NEXT, WRITE, INDIRECT = 1, 2, 4
NO_INTERRUPT = 1
VERSION_1 = 1 << 32
INDIRECT_DESCRIPTORS = 1 << 28
COMMON, NOTIFY, ISR, DEVICE, PCI_ACCESS = 1, 2, 3, 4, 5
MSIX = 0x11
MESSAGES = 0x8000
"""Where vector n's message goes: 4 bytes at 4 * n from here, which count."""

Buffer = tuple[int, int, int]
"""Address, length, flags."""


@dataclass(slots=True)
class Structure:
    """Where a capability says that a structure is."""

    bar: int
    offset: int
    length: int
    capability: int


class Driver:
    """Knows a virtio device by its capabilities. Offsets are those of the structures."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.structures: dict[int, Structure] = {}
        self.msix = 0
        at = bench.read("cfg", 0x34, 1)
        while at:
            kind = bench.read("cfg", at, 1)
            if kind == MSIX:
                self.msix = at
            if kind == 9:
                place = [bench.read("cfg", at + offset, 4) for offset in (8, 12)]
                where = Structure(bench.read("cfg", at + 4, 1), *place, at)
                self.structures[bench.read("cfg", at + 3, 1)] = where
            at = bench.read("cfg", at + 1, 1)

    def read(self, offset: int, size: int, structure: int = COMMON) -> int:
        return self.bench.machine.memory.read(self._address(offset, structure), size)

    def write(self, offset: int, value: int, size: int, structure: int = COMMON) -> None:
        self.bench.machine.memory.write(self._address(offset, structure), value, size)

    def _address(self, offset: int, structure: int) -> int:
        where = self.structures[structure]
        assert offset < where.length
        return self._bar(where.bar) + where.offset + offset

    def _bar(self, index: int) -> int:
        return self.bench.read("cfg", 0x10 + 4 * index, 4) & ~0xF

    @property
    def status(self) -> int:
        return self.read(0x14, 1)

    @status.setter
    def status(self, value: int) -> None:
        self.write(0x14, value, 1)

    @property
    def features(self) -> int:
        halves = []
        for half in (0, 1):
            self.write(0x00, half, 4)
            halves.append(self.read(0x04, 4))
        return halves[0] | halves[1] << 32

    def accept(self, features: int) -> bool:
        """Negotiate; whether the device agrees."""
        self.status = ACKNOWLEDGE
        self.status = ACKNOWLEDGE | DRIVER
        for half in (0, 1):
            self.write(0x08, half, 4)
            self.write(0x0C, features >> 32 * half & 0xFFFFFFFF, 4)
        self.status = ACKNOWLEDGE | DRIVER | FEATURES_OK
        return bool(self.status & FEATURES_OK)

    def begin(self, features: int = 0, size: int = 8, queues: int = 1) -> list[Queue]:
        """Bring the device up with ``queues`` queues at 0x1000, 0x2000, ..."""
        self.status = 0
        assert self.accept(features | VERSION_1)
        made = [Queue(self, number, 0x1000 * (1 + number), size) for number in range(queues)]
        self.status = ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK
        return made

    def use_messages(self, vectors: int) -> None:
        """Enable MSI-X. Message n is the number n + 1 at ``MESSAGES`` + 4 * n."""
        table = self.bench.read("cfg", self.msix + 4, 4)
        base = self._bar(table & 7) + (table & ~7)
        for vector in range(vectors):
            for word, value in enumerate((MESSAGES + 4 * vector, 0, vector + 1, 0)):
                self.bench.machine.memory.write(base + 16 * vector + 4 * word, value, 4)
        self.bench.write("cfg", self.msix + 2, 0x8000, 2)

    def take_messages(self, vectors: int) -> list[int]:
        """Which vectors have come since the last time."""
        words = [int.from_bytes(self.bench.load(MESSAGES + 4 * vector, 4), "little") for vector in range(vectors)]
        self.bench.store(MESSAGES, bytes(4 * vectors))
        return [word - 1 for word in words if word]


class Queue:
    """A split virtqueue in guest memory, at ``base``: descriptors, then the driver's ring, then the device's."""

    def __init__(self, driver: Driver, number: int, base: int, size: int) -> None:
        self.driver, self.number, self.size = driver, number, size
        self.descriptors, self.available, self.used = base, base + 0x400, base + 0x800
        self.added = self.seen = 0
        driver.bench.store(base, bytes(0xC00))
        for offset, value, width in (
            (0x16, number, 2),
            (0x18, size, 2),
            (0x1A, number + 1, 2),
            *((offset + 4 * half, address >> 32 * half & 0xFFFFFFFF, 4)
              for offset, address in ((0x20, self.descriptors), (0x28, self.available), (0x30, self.used))
              for half in (0, 1)),
            (0x1C, 1, 2),
        ):  # fmt: skip
            driver.write(offset, value, width)
        driver.write(0x16, number, 2)
        self.bell = 4 * driver.read(0x1E, 2)

    def describe(self, number: int, buffer: Buffer, following: int = 0, table: int | None = None) -> None:
        """Write one descriptor of the queue's table, or of another."""
        address, length, flags = buffer
        words = ((address, 8), (length, 4), (flags, 2), (following, 2))
        data = b"".join(value.to_bytes(size, "little") for value, size in words)
        self.driver.bench.store((self.descriptors if table is None else table) + 16 * number, data)

    def add(self, *buffers: Buffer, first: int = 0) -> None:
        """Make a chain of descriptors ``first`` .. available, without telling the device."""
        self.chain(*buffers, first=first)
        self.offer(first)

    def chain(self, *buffers: Buffer, first: int = 0, table: int | None = None) -> None:
        """Write descriptors ``first`` .. of a table as one chain."""
        for number, (address, length, flags) in enumerate(buffers, first):
            last = number == first + len(buffers) - 1
            self.describe(number, (address, length, flags | (0 if last else NEXT)), number + 1, table)

    def offer(self, head: int) -> None:
        """Put ``head`` into the driver's ring."""
        store = self.driver.bench.store
        store(self.available + 4 + 2 * (self.added % self.size), head.to_bytes(2, "little"))
        self.added = (self.added + 1) & 0xFFFF
        store(self.available + 2, self.added.to_bytes(2, "little"))

    def set_flags(self, flags: int) -> None:
        self.driver.bench.store(self.available, flags.to_bytes(2, "little"))

    def kick(self) -> None:
        self.driver.write(self.bell, self.number, 2, NOTIFY)

    def ask(self, *buffers: Buffer, first: int = 0) -> None:
        """Add a chain and tell the device."""
        self.add(*buffers, first=first)
        self.kick()

    def take(self) -> list[tuple[int, int]]:
        """Head and written bytes of the chains that have come back."""
        load = self.driver.bench.load
        found: list[tuple[int, int]] = []
        until = int.from_bytes(load(self.used + 2, 2), "little")
        while self.seen != until:
            entry = load(self.used + 4 + 8 * (self.seen % self.size), 8)
            found.append((int.from_bytes(entry[:4], "little"), int.from_bytes(entry[4:], "little")))
            self.seen = (self.seen + 1) & 0xFFFF
        return found


def all_writable(*lengths: int, at: int = 0x10000) -> Sequence[Buffer]:
    """Buffers one behind the other for the device to write."""
    return [(at + sum(lengths[:index]), length, WRITE) for index, length in enumerate(lengths)]
