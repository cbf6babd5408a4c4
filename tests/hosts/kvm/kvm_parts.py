"""Hand-written parts for the tests of this folder: devices of a few lines, machines, guests as bytes."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from struct import pack_into

from lab_variables import IN_LAB

from devgen.runtime.device.device import Device
from devgen.runtime.device.environment import Environment
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.machine_config import DevicePlacement, GuestConfig, MachineConfig
from devgen.runtime.memory.access import Access
from devgen.runtime.memory.memory_region import MemoryRegion
from devgen.runtime.memory.ram_block import RamBlock
from devgen.runtime.memory.register_bank import Reg, RegisterBank
from devgen.runtime.pci import PciDevice
from devgen.runtime.pci.config_space import Bar, PciIdentity
from devgen.runtime.time.counter import Counter
from devgen.runtime.time.timer import Timer

GUESTS = Path(__file__).parents[3] / "examples" / "guests"
LOAD = 0x7000
RAM = 1 << 20
SLOW = IN_LAB in os.environ
"""Whether an exit takes 0.3 ms or more: in the nested lab."""
LOOP = 1000 if SLOW else 20_000
"""Exits of the longest loops."""
TURN = 0.1 if SLOW else 0.02
"""Seconds of a run that ends before such a loop does."""


class Recorder:
    """I/O operations that keep a log of (offset, size, value or None) and answer reads from ``answers``."""

    def __init__(self) -> None:
        self.log: list[tuple[int, int, int | None]] = []
        self.answers: Callable[[int, int], int] = lambda offset, size: 0
        self.on_write: Callable[[int, int, int], None] = lambda offset, size, value: None

    def resolve_read(self, offset: int, size: int) -> Callable[[], int]:
        def read() -> int:
            self.log.append((offset, size, None))
            return self.answers(offset, size)

        return read

    def resolve_write(self, offset: int, size: int) -> Callable[[int], None]:
        def write(value: int) -> None:
            self.log.append((offset, size, value))
            self.on_write(offset, size, value)

        return write

    def cacheable(self, offset: int, size: int) -> bool:
        return True

    @property
    def writes(self) -> list[tuple[int, int, int]]:
        return [(offset, size, value) for offset, size, value in self.log if value is not None]


class Console:
    """Port 0xe9: collects text."""

    def __init__(self) -> None:
        self.text = bytearray()

    def resolve_read(self, offset: int, size: int) -> Callable[[], int]:
        return lambda: 0xE9

    def resolve_write(self, offset: int, size: int) -> Callable[[int], None]:
        return self.text.append

    def cacheable(self, offset: int, size: int) -> bool:
        return True


class Echo:
    """A stream of bytes: what is written is read back in order, low byte first; ones when empty."""

    def __init__(self) -> None:
        self.queue = bytearray()

    def resolve_read(self, offset: int, size: int) -> Callable[[], int]:
        def read() -> int:
            data = bytes(self.queue[:size]).ljust(size, b"\xff")
            del self.queue[:size]
            return int.from_bytes(data, "little")

        return read

    def resolve_write(self, offset: int, size: int) -> Callable[[int], None]:
        return lambda value: self.queue.extend(value.to_bytes(size, "little"))

    def cacheable(self, offset: int, size: int) -> bool:
        return True


class HandPl031(Device):
    """As much of a PL031 as its guest asks for, written by hand: the tests of the host must not wait for a compiler."""

    NAME = "hand-pl031"

    def __init__(self, env: Environment) -> None:
        super().__init__(env)
        self.mr = self.imsc = self.ris = 0
        self.seconds = Counter(env.clocks.rtc, period=(1_000_000_000, 1), width=32)
        self.alarm = Timer(env.clocks.rtc, self.expired)
        self.intr = self.add_irq("intr")
        ids = (0x31, 0x10, 0x14, 0x00, 0x0D, 0xF0, 0x05, 0xB1)
        registers = (
            Reg("DR", 0x00, 32, self.seconds.read, None),
            Reg("MR", 0x04, 32, lambda: self.mr, self.write_mr),
            Reg("CR", 0x0C, 32, lambda: 1, None),
            Reg("IMSC", 0x10, 32, lambda: self.imsc, self.write_imsc),
            Reg("RIS", 0x14, 32, lambda: self.ris, None),
            Reg("MIS", 0x18, 32, lambda: self.ris & self.imsc, None),
            Reg("ICR", 0x1C, 32, None, self.write_icr),
            Reg("ID", 0xFE0, 32, ids.__getitem__, None, count=8, stride=4),
        )
        bank = RegisterBank("registers", 0x1000, Access((1, 4), (1, 4)), registers=registers)
        self.add_region(MemoryRegion.io("registers", 0x1000, bank))

    def write_mr(self, value: int) -> None:
        self.mr = value
        self.alarm.arm_in(self.seconds.ns_until((value - self.seconds.read()) & 0xFFFFFFFF))

    def write_imsc(self, value: int) -> None:
        self.imsc = value & 1
        self.update()

    def write_icr(self, value: int) -> None:
        self.ris &= ~value
        self.update()

    def expired(self) -> None:
        self.ris = 1
        self.update()

    def update(self) -> None:
        self.intr.set(self.ris & self.imsc)


@dataclass
class Rig:
    """A machine with a console at 0xe9, an exit port at 0xf4, an echo port at 0x240, and what a test adds."""

    machine: Machine
    console: Console = field(default_factory=Console)
    echo: Echo = field(default_factory=Echo)
    exit: Recorder = field(default_factory=Recorder)

    @property
    def text(self) -> str:
        return self.console.text.decode("ascii")

    def map_port(self, port: int, size: int, ops: object, priority: int = 0) -> MemoryRegion:
        region = MemoryRegion.io(f"port-{port:x}", size, ops)  # type: ignore[arg-type]
        self.machine.io.root.add_subregion(port, region, priority)
        return region

    def map_mmio(self, address: int, size: int, ops: object, priority: int = 0) -> MemoryRegion:
        region = MemoryRegion.io(f"mmio-{address:x}", size, ops)  # type: ignore[arg-type]
        self.machine.memory.root.add_subregion(address, region, priority)
        return region

    def add_pl031(self, address: int = 0xFE001000, gsi: int = 10) -> HandPl031:
        placement = DevicePlacement("rtc", "hand-pl031", at={"registers": address}, irq={"intr": gsi})
        device = self.machine.add_device(placement, HandPl031)
        assert isinstance(device, HandPl031)
        return device


def rig(
    image: bytes | str = b"\xf4", *, mode: str = "real", irqchip: str = "none", ram: int = RAM, pci: bool = False
) -> Rig:
    """A machine whose guest is ``image``: bytes, or the name of a prebuilt one. Default: HLT."""
    if isinstance(image, str):
        image = (GUESTS / "prebuilt" / f"{image}.bin").read_bytes()
    guest = GuestConfig(image, LOAD, LOAD, mode)  # type: ignore[arg-type]
    machine = Machine(MachineConfig(ram=ram, irqchip=irqchip, pci=pci, guest=guest))  # type: ignore[arg-type]
    made = Rig(machine)
    made.map_port(0xE9, 1, made.console)
    made.map_port(0xF4, 1, made.exit)
    made.map_port(0x240, 4, made.echo)
    made.exit.on_write = lambda offset, size, value: machine.request_exit(value)
    return made


def port_loop() -> bytes:
    """The guest port_loop with LOOP in its first word: its number of reads."""
    image = bytearray((GUESTS / "prebuilt/port_loop.bin").read_bytes())
    pack_into("<I", image, 4, LOOP)
    return bytes(image)


class HandXche(PciDevice):
    """The card that the guest xche_card drives, as examples/guests/README.md describes it."""

    NAME = "hand-xche"
    PCI = PciIdentity(0x1B36, 0x00C4)
    BARS = (Bar(1, "io", 0x800),)

    def __init__(self, env: Environment) -> None:
        super().__init__(env)
        self.scratch = self.ctrl = self.events = 0
        self.data = [0] * 16
        registers = (
            Reg("ID", 0x00, 8, lambda: 0x5C, None),
            Reg("SCRATCH", 0x01, 8, lambda: self.scratch, partial(self.put, "scratch")),
            Reg("CTRL", 0x02, 8, lambda: self.ctrl, lambda value: self.put("ctrl", value & 0xF1)),
            Reg("STATUS", 0x03, 8, lambda: self.ctrl & 1, None),
            Reg(
                "EVENTS",
                0x04,
                8,
                lambda: self.events,
                lambda value: self.put("events", self.events & ~value),
            ),
            Reg("KICK", 0x05, 8, None, lambda value: self.put("events", self.events | value)),
            Reg("DATA", 0x10, 8, self.data.__getitem__, self.put_data, count=16, stride=1),
        )
        bank = RegisterBank("registers", 0x800, Access((1, 4), (1, 1)), registers=registers)
        self.add_region(MemoryRegion.io("registers", 0x800, bank), bar=1)

    def put(self, name: str, value: int) -> None:
        setattr(self, name, value)

    def put_data(self, index: int, value: int) -> None:
        self.data[index] = value


class HandDoorbell(PciDevice):
    """The card that the guest doorbell_card drives, as examples/guests/README.md describes it."""

    NAME = "hand-doorbell"
    PCI = PciIdentity(0x1B36, 0x00D8)
    BARS = (Bar(0, "mem32", 0x1000), Bar(1, "io", 0x10), Bar(2, "mem32", 0x10000, prefetchable=True))
    BELLS = (("mem", 0, 4, 1), ("mem", 4, 4, None), ("ports", 0, 2, 0x55), ("ports", 4, 1, None), ("mem", 8, 0, None))

    def __init__(self, env: Environment) -> None:
        super().__init__(env)
        self.rings = [0] * len(self.BELLS)
        self.last = self.count = self.sum = 0
        registers = (
            Reg("RINGS", 0x100, 32, self.rings.__getitem__, None, count=len(self.rings), stride=4),
            Reg("LATE", 0x200, 32, None, self.late, count=64, stride=4),
            Reg("LAST", 0x300, 32, lambda: self.last, None),
            Reg("COUNT", 0x304, 32, lambda: self.count, None),
            Reg("SUM", 0x308, 32, lambda: self.sum, None),
        )
        bank = RegisterBank("mem", 0x1000, Access((1, 8), (1, 4)), registers=registers)
        memory = MemoryRegion.io("mem", 0x1000, bank)
        memory.coalesced.append((0x200, 0x100))
        ports = MemoryRegion.io("ports", 0x10, RegisterBank("ports", 0x10, Access((1, 4), (1, 4)), registers=()))
        for number, (where, offset, length, match) in enumerate(self.BELLS):
            region = memory if where == "mem" else ports
            self.add_doorbell(region, f"BELL{number}", offset, length, match, partial(self.ring, number))
        self.add_region(memory, bar=0)
        self.add_region(ports, bar=1)
        self.add_region(MemoryRegion.ram("ram", 0x10000, RamBlock(0x10000)), bar=2)

    def ring(self, number: int, count: int) -> None:
        self.rings[number] += count

    def late(self, index: int, value: int) -> None:
        self.last = value
        self.count += 1
        self.sum = (self.sum * 3 + value) & 0xFFFFFFFF


def plug(made: Rig, device: type[PciDevice], slot: int = 3) -> PciDevice:
    """Put a PCI card of that class into a machine."""
    card = made.machine.add_device(DevicePlacement("card", device.NAME, slot=slot), device)
    assert isinstance(card, PciDevice)
    return card
