"""A write of a register with a lock, or with what hardware does to fields, against a plain one and hand-written code.

    python benchmarks/hardware_accesses.py [--quick]

Each write goes through the address space to a device compiled from a description. *Plain* is the same register without
the key. *Hand-written* is the same behaviour as a careful engineer writes it for the same runtime: the method stores
the value, works out the bits and sets the line.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

from _described import device_class
from _measure import Result, Table, least

from devgen.runtime.device.device import Device
from devgen.runtime.device.environment import Environment
from devgen.runtime.memory.access import Access
from devgen.runtime.memory.address_space import AddressSpace
from devgen.runtime.memory.memory_region import MemoryRegion
from devgen.runtime.memory.register_bank import Reg, RegisterBank
from devgen.runtime.time.clock import Clocks

BASE = 0xFE00_0000
PLAIN, LOCKED, ENABLE, SOURCE, COUNTED, CLEARED = 0x00, 0x04, 0x0C, 0x10, 0x18, 0x20

DESCRIPTION = """
device: hardware
bus: sysbus
regions:
  registers:
    space: mmio
    size: 4 KiB
    registers:
      PLAIN: {at: 0x00}
      LOCKED: {at: 0x04, write_enable: LOCK.OPEN}
      LOCK: {at: 0x08, reset: 1, fields: {OPEN: 0}}
      ENABLE: {at: 0x0c}
      SOURCE: {at: 0x10}
      STATUS:
        at: 0x14
        fields: {PENDING: {bits: 7:0, intr: 'SOURCE[7:0]', enable: 'ENABLE[7:0]', write_effect: woclr}}
      TICK: {at: 0x18}
      COUNT: {at: 0x1c, fields: {N: {bits: 15:0, counter: {incr: 'TICK[0]', incrsaturate: true}}}}
      STOP: {at: 0x20}
      RUN: {at: 0x24, reset: 1, fields: {ON: {bits: 0, hwclr: 'STOP[0]'}}}
interrupts:
  irq: {level: STATUS.intr}
"""


class HandWritten(Device):
    """The same behaviour, written by hand on the same runtime."""

    NAME = "by-hand"

    def __init__(self, env: Environment) -> None:
        super().__init__(env)
        self.PLAIN = self.LOCKED = self.ENABLE = self.SOURCE = self.STATUS = self.TICK = self.COUNT = self.STOP = 0
        self.LOCK = self.RUN = 1
        self.irq = self.add_irq("irq")
        writers = {
            PLAIN: self.write_PLAIN,
            LOCKED: self.write_LOCKED,
            ENABLE: self.write_ENABLE,
            SOURCE: self.write_SOURCE,
            COUNTED: self.write_TICK,
            CLEARED: self.write_STOP,
        }
        registers = [Reg(f"R{at}", at, 32, None, write, write_mask=True) for at, write in writers.items()]
        bank = RegisterBank("registers", 0x1000, Access(), registers=registers)
        self.add_region(MemoryRegion.io("registers", 0x1000, bank))

    def write_PLAIN(self, value: int, mask: int = 0xFFFFFFFF) -> None:
        self.PLAIN = value if mask == 0xFFFFFFFF else (self.PLAIN & ~mask) | value

    def write_LOCKED(self, value: int, mask: int = 0xFFFFFFFF) -> None:
        if self.LOCK & 1:
            self.LOCKED = value if mask == 0xFFFFFFFF else (self.LOCKED & ~mask) | value

    def write_ENABLE(self, value: int, mask: int = 0xFFFFFFFF) -> None:
        self.ENABLE = value if mask == 0xFFFFFFFF else (self.ENABLE & ~mask) | value
        self.update_irq()

    def write_SOURCE(self, value: int, mask: int = 0xFFFFFFFF) -> None:
        self.SOURCE = value if mask == 0xFFFFFFFF else (self.SOURCE & ~mask) | value
        self.STATUS |= self.SOURCE & 0xFF
        self.update_irq()

    def write_TICK(self, value: int, mask: int = 0xFFFFFFFF) -> None:
        before = self.TICK
        self.TICK = value if mask == 0xFFFFFFFF else (before & ~mask) | value
        if self.TICK & ~before & 1:
            self.COUNT = min(self.COUNT + 1, 0xFFFF)

    def write_STOP(self, value: int, mask: int = 0xFFFFFFFF) -> None:
        self.STOP = value if mask == 0xFFFFFFFF else (self.STOP & ~mask) | value
        if self.STOP & 1:
            self.RUN &= ~1

    def update_irq(self) -> None:
        self.irq.set(1 if self.STATUS & self.ENABLE & 0xFF else 0)


PLACES = {
    "a lock": LOCKED,
    "an `enable` of an `intr` field": ENABLE,
    "the source of an `intr` field": SOURCE,
    "the source of a `counter`": COUNTED,
    "the source of an `hwclr`": CLEARED,
}
"""What is written."""


def space_of(device: type[Device]) -> AddressSpace:
    root = MemoryRegion.container("memory", 1 << 64)
    root.add_subregion(BASE, device(Environment(Clocks.manual())).regions["registers"])
    return AddressSpace("memory", root)


def writes(space: AddressSpace, offset: int) -> Callable[[int], None]:
    """Write 0 and 0x301 in turn, so that sources rise and fall."""
    write, address = space.write, BASE + offset

    def run(calls: int) -> None:
        for _ in range(calls // 2):
            write(address, 0x301, 4)
            write(address, 0, 4)

    return run


def measure(calls: int = 4_000, rounds: int = 60) -> dict[str, list[Result]]:
    """For each construct: plain, hand-written, described; the base is the plain register."""
    described, by_hand = space_of(device_class(DESCRIPTION)), space_of(HandWritten)
    return {
        name: least(
            {
                "plain": writes(described, PLAIN),
                "hand-written": writes(by_hand, offset),
                "described": writes(described, offset),
            },
            calls=calls,
            rounds=rounds,
        )
        for name, offset in PLACES.items()
    }


def tables(quick: bool = False) -> Iterator[Table]:
    """The report's tables."""
    measured = measure(calls=200, rounds=3) if quick else measure()
    rows = []
    for name, (plain, hand, own) in measured.items():
        rows.append((name, round(plain.ns), round(hand.ns), round(own.ns), own.ratio, own.ratio / hand.ratio))
    head = (
        "write of a register that has, or is",
        "plain, ns",
        "hand-written, ns",
        "described, ns",
        "of plain",
        "of hand",
    )
    yield Table("A write of a register with a lock, or of a source of what hardware does: least CPU time", head, rows)


if __name__ == "__main__":
    for table in tables("--quick" in sys.argv[1:]):
        print(table.markdown())
