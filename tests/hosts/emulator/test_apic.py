"""Local APIC and IOAPIC: enabling, priorities, edges and levels, messages, the timer."""

from collections.abc import Iterator

import pytest

from devgen.hosts.emulator.x86.emulated_chips import IrqChip
from devgen.runtime.time.clock import VirtualClock

LAPIC, IOAPIC = 0xFEE00000, 0xFEC00000
SVR, TPR, EOI, ICR, LVT_TIMER, LVT_LINT0, INITIAL, CURRENT, DIVIDE = (
    0xF0,
    0x80,
    0xB0,
    0x300,
    0x320,
    0x350,
    0x380,
    0x390,
    0x3E0,
)


class Chips(IrqChip):
    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.nmis = 0
        super().__init__(self.clock, self.count_nmi)
        self.set(SVR, 0x1FF)

    def count_nmi(self) -> None:
        self.nmis += 1

    def set(self, register: int, value: int) -> None:
        self.write_memory(LAPIC + register, value, 4)

    def get(self, register: int) -> int:
        return self.read_memory(LAPIC + register, 4)

    def route(self, pin: int, low: int, high: int = 0) -> None:
        for index, value in ((0x11 + 2 * pin, high), (0x10 + 2 * pin, low)):
            self.write_memory(IOAPIC, index, 4)
            self.write_memory(IOAPIC + 0x10, value, 4)

    def entry(self, pin: int) -> int:
        self.write_memory(IOAPIC, 0x10 + 2 * pin, 4)
        return self.read_memory(IOAPIC + 0x10, 4)

    def msi(self, data: int) -> None:
        self.signal_msi(LAPIC, data)


@pytest.fixture
def chips() -> Iterator[Chips]:
    yield Chips()


def test_a_message_is_requested_served_and_ended(chips: Chips) -> None:
    chips.msi(0x51)
    assert chips.pending() and chips.get(0x200 + 0x20) == 1 << 0x11
    assert chips.acknowledge() == 0x51
    assert not chips.pending() and chips.get(0x100 + 0x20) == 1 << 0x11
    chips.set(EOI, 0)
    assert chips.get(0x120) == 0


def test_a_disabled_apic_loses_messages(chips: Chips) -> None:
    chips.set(SVR, 0xFF)
    chips.msi(0x51)
    assert not chips.pending()


def test_priorities_and_the_task_priority(chips: Chips) -> None:
    chips.msi(0x51)
    chips.msi(0x72)
    assert chips.acknowledge() == 0x72
    assert not chips.pending() and chips.get(0xA0) == 0x70
    chips.set(EOI, 0)
    chips.set(TPR, 0x60)
    assert not chips.pending()
    chips.set(TPR, 0x40)
    assert chips.acknowledge() == 0x51


@pytest.mark.parametrize(("address", "meant"), [(0, True), (0xFF000, True), (0x1000, False)])
def test_messages_for_others_are_not_ours(chips: Chips, address: int, meant: bool) -> None:
    chips.signal_msi(LAPIC | address, 0x51)
    assert chips.pending() == meant


def test_a_logical_destination(chips: Chips) -> None:
    chips.set(0xD0, 0x04000000)
    chips.signal_msi(LAPIC | 2 << 12 | 4, 0x51)
    assert not chips.pending()
    chips.signal_msi(LAPIC | 6 << 12 | 4, 0x51)
    assert chips.pending()


def test_an_edge_at_the_ioapic(chips: Chips) -> None:
    chips.route(20, 0x61)
    chips.set_gsi(20, 1)
    assert chips.acknowledge() == 0x61
    chips.set(EOI, 0)
    assert not chips.pending()
    chips.set_gsi(20, 0)
    chips.set_gsi(20, 1)
    assert chips.pending()


def test_a_level_at_the_ioapic_asks_again_after_eoi(chips: Chips) -> None:
    chips.route(20, 0x8061)
    chips.set_gsi(20, 1)
    assert chips.acknowledge() == 0x61 and chips.entry(20) & 1 << 14
    assert not chips.pending()
    chips.set(EOI, 0)
    assert chips.acknowledge() == 0x61
    chips.set_gsi(20, 0)
    chips.set(EOI, 0)
    assert not chips.pending() and not chips.entry(20) & 1 << 14


def test_a_masked_pin_remembers_a_level(chips: Chips) -> None:
    chips.route(20, 0x18061)
    chips.set_gsi(20, 1)
    assert not chips.pending()
    chips.route(20, 0x8061)
    assert chips.pending()


def test_an_edge_that_comes_while_masked_is_lost(chips: Chips) -> None:
    chips.route(20, 0x10081)
    chips.set_gsi(20, 1)
    chips.route(20, 0x81)
    assert not chips.pending()
    chips.set_gsi(20, 0)
    chips.set_gsi(20, 1)
    assert chips.acknowledge() == 0x81


@pytest.mark.parametrize(("mode", "nmis"), [(0x400, 1), (0x200, 0), (0x500, 0), (0x700, 0)])
def test_an_ioapic_pin_may_send_an_nmi(chips: Chips, mode: int, nmis: int) -> None:
    chips.route(20, mode)
    chips.set_gsi(20, 1)
    assert (chips.nmis, chips.pending()) == (nmis, False)


def test_ioapic_registers(chips: Chips) -> None:
    chips.write_memory(IOAPIC, 1, 4)
    assert chips.read_memory(IOAPIC + 0x10, 4) == 0x00170011
    chips.route(3, 0xFFFFFFFF, 0xFFFFFFFF)
    assert chips.entry(3) == 0xFFFFFFFF & ~(1 << 14 | 1 << 12)
    chips.write_memory(IOAPIC, 0xFF, 4)
    assert chips.read_memory(IOAPIC + 0x10, 4) == 0xFFFFFFFF


def test_a_self_directed_interrupt(chips: Chips) -> None:
    chips.set(ICR, 0x40000 | 0x44)
    assert chips.acknowledge() == 0x44


def test_lint0_passes_the_8259a_or_not(chips: Chips) -> None:
    chips.set(LVT_LINT0, 0x700)
    chips.set_gsi(5, 1)
    assert chips.pending()
    chips.set(LVT_LINT0, 0x10700)
    assert not chips.pending()


def test_the_timer_fires_once_or_periodically(chips: Chips) -> None:
    chips.set(DIVIDE, 0xB)  # by 1
    chips.set(LVT_TIMER, 0x40)
    chips.set(INITIAL, 1_000_000)
    chips.clock.advance(400_000)
    assert chips.get(CURRENT) == 600_000
    chips.clock.advance(600_000)
    assert chips.acknowledge() == 0x40 and chips.get(CURRENT) == 0
    chips.set(EOI, 0)
    chips.set(LVT_TIMER, 0x20040)
    chips.set(INITIAL, 1_000_000)
    for _ in range(3):
        chips.clock.advance(1_000_000)
        assert chips.acknowledge() == 0x40
        chips.set(EOI, 0)


@pytest.mark.parametrize(("code", "divisor"), [(0, 2), (1, 4), (3, 16), (8, 32), (0xA, 128), (0xB, 1)])
def test_the_timers_divisor(chips: Chips, code: int, divisor: int) -> None:
    chips.set(DIVIDE, code)
    chips.set(LVT_TIMER, 0x40)
    chips.set(INITIAL, 1000)
    chips.clock.advance(1000 * divisor - 1)
    assert not chips.pending()
    chips.clock.advance(1)
    assert chips.pending()


def test_odd_accesses_do_nothing(chips: Chips) -> None:
    chips.write_memory(LAPIC + SVR, 0, 2)
    chips.write_memory(LAPIC + SVR + 4, 0, 4)
    assert chips.get(SVR) == 0x1FF
    assert chips.read_memory(LAPIC + SVR + 2, 4) == 0
    assert chips.read_memory(LAPIC + SVR, 1) == 0xFF
    assert chips.read_memory(LAPIC + SVR, 8) == 0


def test_which_accesses_the_chips_take(chips: Chips) -> None:
    assert all(chips.owns_port(port, 1) for port in (0x20, 0x21, 0xA0, 0xA1, 0x4D0, 0x4D1, 0x40, 0x43, 0x61))
    assert chips.owns_port(0x20, 2) and not chips.owns_port(0x21, 2)
    assert not any(chips.owns_port(port, 1) for port in (0x1F, 0x22, 0x62, 0x44, 0x4CF, 0x4D2))
    assert chips.owns_address(LAPIC + 0xFFF) and not chips.owns_address(LAPIC + 0x1000)
