"""Hand-written devices with one of everything, for tests of the runtime."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from devgen.runtime.device.device import Device
from devgen.runtime.device.environment import Environment
from devgen.runtime.device.properties import Property, PropertyValue
from devgen.runtime.device.saved_state import StateItem
from devgen.runtime.memory.access import Access
from devgen.runtime.memory.memory_region import MemoryRegion
from devgen.runtime.memory.ram_block import RamBlock
from devgen.runtime.memory.register_bank import Reg, RegisterBank
from devgen.runtime.pci import Bar, PciDevice, PciIdentity
from devgen.runtime.time.clock import Clocks, VirtualClock
from devgen.runtime.time.counter import Counter
from devgen.runtime.time.timer import Timer


def manual() -> tuple[Clocks, VirtualClock]:
    clocks = Clocks.manual()
    assert isinstance(clocks.virtual, VirtualClock)
    return clocks, clocks.virtual


class Kit(Device):
    """Sysbus: registers, periodic timers, lines, GPIO, a stream, an event, a doorbell, RAM, DMA."""

    NAME: ClassVar[str] = "kit"
    PROPERTIES: ClassVar[tuple[Property, ...]] = (
        Property("channels", "int", 2, 1, 4),
        Property("depth", "int", 8, 4, 16, clamp=True),
        Property("quick", "bool", False),
        Property("label", "string", ""),
    )
    STATE: ClassVar[tuple[StateItem, ...]] = (
        StateItem("CTRL", "register", 32),
        StateItem("ADDRESS", "register", 64),
        StateItem("RINGS", "register", 32),
        StateItem("fired", "state", 16),
        StateItem("ticks", "counter"),
        StateItem("deadline", "timer"),
    )
    EVENTS: ClassVar[tuple[str, ...]] = ("FIRED",)
    channels: int

    def __init__(self, env: Environment, **properties: PropertyValue) -> None:
        super().__init__(env, **properties)
        self.CTRL = 0
        self.ADDRESS = 0
        self.RINGS = 0
        self.fired = [0] * self.channels
        self.ticks = Counter(env.clocks.virtual, (10, 3), 32, phase="start", enabled=False)
        self.deadline = [Timer(env.clocks.virtual, lambda i=i: self.expired(i)) for i in range(self.channels)]
        self.irq = self.add_irqs("irq", self.channels)
        self.ready = self.add_gpio_out("ready", 1)
        self.add_gpio_ins("gate", 2, self.gate)
        self.serial = self.add_stream("serial", self.received, self.broken)
        bank = RegisterBank(
            "registers",
            0x100,
            Access((1, 8), (1, 8)),
            registers=(
                Reg("CTRL", 0x00, 32, self.read_CTRL, self.write_CTRL, write_mask=True),
                Reg("TICKS", 0x04, 32, self.ticks.read, None),
                Reg("ADDRESS", 0x08, 64, self.read_ADDRESS, self.write_ADDRESS, write_mask=True),
                Reg("DMA", 0x10, 32, self.read_DMA, self.write_DMA),
                Reg("RINGS", 0x14, 32, self.read_RINGS, None),
                Reg("PERIOD", 0x20, 32, None, self.write_PERIOD, count=self.channels, stride=4),
                Reg("TX", 0x40, 8, None, self.write_TX),
            ),
            log=self.log,
        )
        region = MemoryRegion.io("registers", 0x100, bank)
        self.add_doorbell(region, "BELL", 0x80, 4, 7, self.ring)
        self.add_region(region)
        self.add_region(MemoryRegion.ram("buffer", 0x1000, RamBlock(0x1000)))

    def read_CTRL(self) -> int:
        return self.CTRL

    def write_CTRL(self, value: int, mask: int = 0xFFFFFFFF) -> None:
        self.CTRL = self.CTRL & ~mask | value
        self.ticks.set_enabled(bool(self.CTRL & 1))
        self.ready.set(not self.CTRL & 2)

    def read_ADDRESS(self) -> int:
        return self.ADDRESS

    def write_ADDRESS(self, value: int, mask: int = (1 << 64) - 1) -> None:
        self.ADDRESS = self.ADDRESS & ~mask | value

    def read_DMA(self) -> int:
        return self.load_memory(self.ADDRESS, 4)

    def write_DMA(self, value: int) -> None:
        self.store_memory(self.ADDRESS, value, 4)

    def read_RINGS(self) -> int:
        return self.RINGS

    def write_PERIOD(self, index: int, value: int) -> None:
        self.irq[index].set(0)
        self.deadline[index].arm_in(value) if value else self.deadline[index].cancel()

    def write_TX(self, value: int) -> None:
        self.serial.send(value)

    def expired(self, index: int) -> None:
        self.fired[index] = (self.fired[index] + 1) & 0xFFFF
        self.irq[index].pulse()
        self.emit("FIRED", index=index)
        if self.CTRL & 4:
            self.store_memory(self.ADDRESS, self.fired[index], 4)
        if self.fired[index] % 4:
            self.deadline[index].arm_at(self.clocks.virtual.now() + 10)

    def ring(self, count: int) -> None:
        self.RINGS = (self.RINGS + count) & 0xFFFFFFFF
        self.irq[0].pulse()

    def gate(self, index: int, level: int) -> None:
        self.irq[min(index, self.channels - 1)].set(level)

    def received(self, value: int) -> None:
        self.serial.send(value ^ 0x20)

    def broken(self) -> None:
        self.emit("FIRED", index=9)

    def reset(self) -> None:
        super().reset()
        self.CTRL = 0
        self.ticks.reset()
        self.ready.set(1)
        for timer in self.deadline:
            timer.cancel()


class Card(PciDevice):
    """PCI: a register BAR of 16 bytes, an I/O BAR, a 64-bit RAM BAR, a ROM, INTA#."""

    NAME: ClassVar[str] = "card"
    PCI: ClassVar[PciIdentity] = PciIdentity(0x1B36, 0x00F1, 1, 0xFF0000, 0x1AF4, 0x1100, 1)
    BARS: ClassVar[tuple[Bar, ...]] = (
        Bar(0, "mem32", 0x1000),
        Bar(1, "io", 0x800),
        Bar(2, "mem64", 0x2000, prefetchable=True),
        Bar("rom", "rom", 0x800),
    )
    STATE: ClassVar[tuple[StateItem, ...]] = (StateItem("SCRATCH", "register", 32), StateItem("LEVEL", "register", 32))
    EXTRA: ClassVar[Mapping[str, int]] = {}

    def __init__(self, env: Environment, **properties: PropertyValue) -> None:
        super().__init__(env, **properties)
        self.SCRATCH = 0
        self.LEVEL = 0
        self.inta = self.add_intx("inta")
        registers = (
            Reg("SCRATCH", 0, 32, self.read_SCRATCH, self.write_SCRATCH, write_mask=True),
            Reg("LEVEL", 4, 32, self.read_LEVEL, self.write_LEVEL),
        )
        self.add_region(
            MemoryRegion.io("registers", 0x1000, RegisterBank("registers", 0x1000, registers=registers)), bar=0
        )
        self.add_region(MemoryRegion.io("ports", 0x800, RegisterBank("ports", 0x800, registers=registers)), bar=1)
        self.add_region(MemoryRegion.ram("vram", 0x2000, RamBlock(0x2000)), bar=2)
        contents = RamBlock(0x800)
        contents.view[:2] = b"\x55\xaa"
        self.add_region(MemoryRegion.rom("option", 0x800, contents), bar="rom")

    def read_SCRATCH(self) -> int:
        return self.SCRATCH

    def write_SCRATCH(self, value: int, mask: int = 0xFFFFFFFF) -> None:
        self.SCRATCH = self.SCRATCH & ~mask | value

    def read_LEVEL(self) -> int:
        return self.LEVEL

    def write_LEVEL(self, value: int) -> None:
        self.LEVEL = value
        self.inta.set(value)
