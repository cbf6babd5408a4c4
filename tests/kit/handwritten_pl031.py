"""A PL031 in the exact shape of a generated device, written by hand: what the runtime promises generated code."""

from __future__ import annotations

from typing import ClassVar

from devgen.runtime.device.device import Device
from devgen.runtime.device.environment import Environment
from devgen.runtime.device.saved_state import StateItem
from devgen.runtime.memory.access import Access
from devgen.runtime.memory.memory_region import MemoryRegion
from devgen.runtime.memory.register_bank import Reg, RegisterBank
from devgen.runtime.time.counter import Counter
from devgen.runtime.time.timer import Timer


class Pl031(Device):
    NAME: ClassVar[str] = "pl031"
    TITLE: ClassVar[str] = "ARM PrimeCell real-time clock (PL031)"
    BUS: ClassVar[str] = "sysbus"
    STATE: ClassVar[tuple[StateItem, ...]] = (
        StateItem("MR", "register", 32),
        StateItem("LR", "register", 32),
        StateItem("IMSC", "register", 32),
        StateItem("RIS", "register", 32),
        StateItem("seconds", "counter"),
        StateItem("alarm", "timer"),
    )
    EVENTS: ClassVar[tuple[str, ...]] = ("RTC_CHANGE",)

    def __init__(self, env: Environment) -> None:
        super().__init__(env)
        self.MR = 0
        self.LR = 0
        self.IMSC = 0
        self.RIS = 0
        self.seconds = Counter(env.clocks.rtc, period=(1_000_000_000, 1), width=32)
        self.alarm = Timer(env.clocks.rtc, self.alarm_expired)
        self.intr = self.add_irq("intr")
        registers = (
            Reg("DR", 0x000, 32, self.read_DR, None),
            Reg("MR", 0x004, 32, self.read_MR, self.write_MR),
            Reg("LR", 0x008, 32, self.read_LR, self.write_LR),
            Reg("CR", 0x00C, 32, self.read_CR, None),
            Reg("IMSC", 0x010, 32, self.read_IMSC, self.write_IMSC),
            Reg("RIS", 0x014, 32, self.read_RIS, None),
            Reg("MIS", 0x018, 32, self.read_MIS, None),
            Reg("ICR", 0x01C, 32, None, self.write_ICR),
            Reg("ID", 0xFE0, 32, self.read_ID, None, count=8, stride=4, decode="word"),
        )
        bank = RegisterBank("registers", 0x1000, Access((1, 4), (1, 4)), "exact", registers=registers, log=self.log)
        self.add_region(MemoryRegion.io("registers", 0x1000, bank))

    def read_DR(self) -> int:
        return self.seconds.read()

    def read_MR(self) -> int:
        return self.MR

    def write_MR(self, value: int) -> None:
        self.MR = value
        self.alarm_arm()

    def read_LR(self) -> int:
        return self.LR

    def write_LR(self, value: int) -> None:
        self.LR = value
        self.emit("RTC_CHANGE", offset=(value - self.seconds.read()) % (1 << 64))
        self.seconds.load(value)
        self.alarm_arm()

    def read_CR(self) -> int:
        return 1

    def read_IMSC(self) -> int:
        return self.IMSC

    def write_IMSC(self, value: int) -> None:
        self.IMSC = value & 1
        self.update_intr()

    def read_RIS(self) -> int:
        return self.RIS

    def read_MIS(self) -> int:
        return self.RIS & self.IMSC

    def write_ICR(self, value: int) -> None:
        self.RIS &= ~value
        self.update_intr()

    def read_ID(self, index: int) -> int:
        return (0x31, 0x10, 0x14, 0x00, 0x0D, 0xF0, 0x05, 0xB1)[index]

    def alarm_arm(self) -> None:
        distance = (self.MR - self.seconds.read()) & 0xFFFFFFFF
        if distance:
            self.alarm.arm_at(self.seconds.time_after(distance))
        else:
            self.alarm.cancel()
            self.alarm_expired()

    def alarm_expired(self) -> None:
        self.RIS |= 1
        self.update_intr()

    def update_intr(self) -> None:
        self.intr.set(self.RIS & self.IMSC)
