"""The GICv3: its registers, the life of an interrupt, priorities, and what the processor sees (Arm IHI 0069)."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devgen.hosts.emulator.arm64.gicv3 import GicV3
from devgen.runtime.time.clock import VirtualClock

GICD, GICR, SGI = 0x0800_0000, 0x080A_0000, 0x080B_0000
CTLR, GROUP, ENABLE, DISABLE, PEND, UNPEND, ACTIVATE, DEACTIVATE = 0, 0x80, 0x100, 0x180, 0x200, 0x280, 0x300, 0x380
PRIORITY, CONFIGURATION, ROUTE = 0x400, 0xC00, 0x6000
SPURIOUS = 1023
SPI = 34
LINE = SPI - 32


class Gic(GicV3):
    """A GIC with both groups enabled and the mask open, whose SPI 2 is enabled with priority 0xa0."""

    def __init__(self) -> None:
        super().__init__(VirtualClock())
        self.write(GICD + CTLR, 3)
        for group in (0, 1):
            self.cpu.write_enable(group, 1)
        self.cpu.write_mask(0xF8)
        self.allow(SPI, 0xA0)

    def read(self, address: int, size: int = 4) -> int:
        return self.read_memory(address, size)

    def write(self, address: int, value: int, size: int = 4) -> None:
        self.write_memory(address, value, size)

    def allow(self, intid: int, priority: int) -> None:
        base = GICD if intid >= 32 else SGI
        self.write(base + PRIORITY + intid, priority, 1)
        self.write(base + ENABLE + intid // 32 * 4, 1 << intid % 32)

    def pend(self, intid: int) -> None:
        base = GICD if intid >= 32 else SGI
        self.write(base + PEND + intid // 32 * 4, 1 << intid % 32)


@pytest.fixture
def gic() -> Iterator[Gic]:
    made = Gic()
    yield made
    made.close()


# --- registers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "size", "value"),
    [
        (GICD + 0x0, 4, 0x53),
        (GICD + 0x4, 4, 7 | 9 << 19),
        (GICD + 0xFFE8, 4, 0x3B),
        (GICR + 0xFFE8, 4, 0x3B),
        (GICR + 0x8, 8, 0x10),
        (GICR + 0x8, 4, 0x10),
        (GICR + 0xC, 4, 0),
        (GICR + 0x14, 4, 0),
        (GICD + GROUP, 4, 0),
        (GICD + GROUP + 4, 4, 0xFFFF_FFFF),
        (SGI + GROUP, 4, 0xFFFF_FFFF),
        (SGI + GROUP + 4, 4, 0),
        (SGI + CONFIGURATION, 4, 0xAAAA_AAAA),
        (SGI + CONFIGURATION + 4, 4, 0),
        (GICD + ENABLE + 4, 4, 4),
        (GICD + ENABLE + 4, 2, 0),
        (GICD + ENABLE + 5, 4, 0),
        (GICD + PRIORITY + SPI, 1, 0xA0),
        (GICD + PRIORITY + 32, 4, 0xA0_0000),
        (GICD + PRIORITY + 0, 4, 0),
        (GICD + 0x800 + 32, 4, 0),
    ],
)
def test_registers_read(gic: Gic, address: int, size: int, value: int) -> None:
    assert gic.read(address, size) == value


@pytest.mark.parametrize(
    ("address", "size", "written", "kept"),
    [
        (GICD + ROUTE + 8 * 40, 8, 0xFFFF_FFFF_FFFF_FFFF, 0xFF_80FF_FFFF),
        (GICD + ROUTE + 8 * 40 + 4, 4, 0x1FF, 0xFF),
        (GICD + ROUTE + 8 * 31, 8, 1, 0),
        (GICD + CONFIGURATION + 8, 4, 0xFFFF_FFFF, 0xAAAA_AAAA),
        (SGI + CONFIGURATION, 4, 0, 0xAAAA_AAAA),
        (SGI + CONFIGURATION + 4, 4, 0x8000_0000, 0x8000_0000),
        (GICD + PRIORITY + 44, 1, 0xFF, 0xF8),
        (GICD + GROUP + 8, 4, 0x1234, 0x1234),
        (GICR + 0x14, 4, 2, 0),
        (GICD + 0x4, 4, 0, 7 | 9 << 19),
    ],
)
def test_registers_keep_what_they_implement(gic: Gic, address: int, size: int, written: int, kept: int) -> None:
    gic.write(address, written, size)
    assert gic.read(address, size) == kept


def test_set_and_clear_registers_show_one_state(gic: Gic) -> None:
    for set_register, clear_register in ((ENABLE, DISABLE), (PEND, UNPEND), (ACTIVATE, DEACTIVATE)):
        gic.write(GICD + clear_register + 4, 0xFFFF_FFFF)
        gic.write(GICD + set_register + 4, 0xF0)
        gic.write(GICD + clear_register + 4, 0x30)
        assert gic.read(GICD + set_register + 4) == gic.read(GICD + clear_register + 4) == 0xC0


def test_addresses_behind_the_only_redistributor_belong_to_nobody(gic: Gic) -> None:
    owned = [GICD, GICD + 0xFFFF, GICR, GICR + 0x1_FFFF]
    assert [gic.owns_address(at) for at in owned] == [True] * 4
    assert [gic.owns_address(at) for at in (GICD - 1, GICD + 0x1_0000, GICR - 1, GICR + 0x2_0000)] == [False] * 4


# --- the life of an interrupt --------------------------------------------------------------------


def test_a_level_is_pending_until_it_falls(gic: Gic) -> None:
    gic.set_gsi(LINE, 1)
    assert gic.pending()
    assert gic.cpu.acknowledge(1) == SPI
    assert not gic.pending()  # active
    gic.cpu.end(1, SPI)
    assert gic.pending()  # the line is still high
    gic.set_gsi(LINE, 0)
    assert not gic.pending()
    assert gic.cpu.acknowledge(1) == SPURIOUS


def test_an_edge_is_taken_once(gic: Gic) -> None:
    gic.write(GICD + CONFIGURATION + 8, 2 << 2 * LINE)
    gic.set_gsi(LINE, 1)
    assert gic.cpu.acknowledge(1) == SPI
    gic.cpu.end(1, SPI)
    assert not gic.pending()
    gic.set_gsi(LINE, 0)
    gic.set_gsi(LINE, 1)
    assert gic.pending()


def test_an_edge_while_the_interrupt_is_active_comes_again(gic: Gic) -> None:
    gic.write(GICD + CONFIGURATION + 8, 2 << 2 * LINE)
    for level in (1, 0):
        gic.set_gsi(LINE, level)
    assert gic.cpu.acknowledge(1) == SPI
    gic.set_gsi(LINE, 1)
    assert not gic.pending()
    gic.cpu.end(1, SPI)
    assert gic.pending()


def test_a_written_pending_bit_of_a_level_interrupt_is_taken_once(gic: Gic) -> None:
    gic.pend(SPI)
    assert gic.cpu.acknowledge(1) == SPI
    gic.cpu.end(1, SPI)
    assert not gic.pending()


@pytest.mark.parametrize(
    "close",
    [
        lambda gic: gic.write(GICD + CTLR, 0),
        lambda gic: gic.write(GICD + CTLR, 1),
        lambda gic: gic.write(GICD + DISABLE + 4, 4),
        lambda gic: gic.write(GICD + UNPEND + 4, 4),
        lambda gic: gic.write(GICD + ACTIVATE + 4, 4),
        lambda gic: gic.cpu.write_enable(1, 0),
        lambda gic: gic.cpu.write_mask(0xA0),
        lambda gic: gic.cpu.write_active(1, 1 << (0xA0 >> 3)),
        lambda gic: gic.write(GICD + PRIORITY + SPI, 0xF8, 1),
    ],
    ids=["distributor", "group", "enable", "pending", "active", "igrpen", "mask", "running", "priority"],
)
def test_what_holds_an_interrupt_back(gic: Gic, close: object) -> None:
    gic.pend(SPI)
    assert gic.cpu.signalled() == 1
    close(gic)  # type: ignore[operator]
    assert gic.cpu.signalled() is None
    assert gic.cpu.acknowledge(1) == SPURIOUS


def test_the_mask_does_not_hide_the_highest_pending(gic: Gic) -> None:
    gic.pend(SPI)
    gic.cpu.write_mask(0)
    assert (gic.pending(), gic.cpu.highest(1), gic.cpu.highest(0)) == (False, SPI, SPURIOUS)


def test_group_0_is_a_fiq(gic: Gic) -> None:
    gic.write(GICD + GROUP + 4, 0)
    gic.pend(SPI)
    assert gic.cpu.signalled() == 0
    assert gic.cpu.acknowledge(1) == SPURIOUS
    assert gic.cpu.acknowledge(0) == SPI
    assert (gic.cpu.read_active(0), gic.cpu.read_active(1)) == (1 << (0xA0 >> 3), 0)


@pytest.mark.parametrize(
    ("value", "pending"),
    [(3 << 24 | 1, True), (3 << 24 | 2, False), (3 << 24 | 1 << 40, False), (3 << 24 | 1 << 16 | 1, False)],
)
def test_a_processor_interrupts_itself(gic: Gic, value: int, pending: bool) -> None:
    gic.allow(3, 0x80)
    gic.cpu.send(1, value)
    assert gic.pending() is pending
    gic.cpu.send(0, value)  # of the other group
    assert gic.cpu.acknowledge(1) == (3 if pending else SPURIOUS)


# --- priorities ----------------------------------------------------------------------------------


def test_the_most_urgent_comes_first_then_the_lowest_number(gic: Gic) -> None:
    for intid, priority in ((40, 0x80), (41, 0x40), (42, 0x40)):
        gic.allow(intid, priority)
        gic.pend(intid)
    taken = []
    for _ in range(3):
        taken.append(gic.cpu.acknowledge(1))
        gic.cpu.end(1, taken[-1])
    assert taken == [41, 42, 40]


def test_a_handler_is_preempted_by_a_more_urgent_interrupt_only(gic: Gic) -> None:
    for intid, priority in ((40, 0x80), (41, 0x80), (42, 0x40)):
        gic.allow(intid, priority)
    gic.pend(40)
    assert (gic.cpu.running_priority(), gic.cpu.acknowledge(1), gic.cpu.running_priority()) == (0xFF, 40, 0x80)
    gic.pend(41)
    assert not gic.pending()
    gic.pend(42)
    assert (gic.cpu.acknowledge(1), gic.cpu.running_priority()) == (42, 0x40)
    gic.cpu.end(1, 42)
    assert (gic.pending(), gic.cpu.running_priority()) == (False, 0x80)
    gic.cpu.end(1, 40)
    assert gic.cpu.acknowledge(1) == 41


@pytest.mark.parametrize(("point", "preempts"), [(3, True), (6, True), (7, False)])
def test_the_binary_point_says_what_preempts(gic: Gic, point: int, preempts: bool) -> None:
    """Point 7 leaves bit 7 of a priority to decide: 0x80 does not preempt 0xa0 then."""
    gic.cpu.write_point(1, point)
    gic.allow(40, 0x80 if point == 7 else 0x20)
    gic.pend(SPI)
    gic.cpu.acknowledge(1)
    gic.pend(40)
    assert gic.pending() is preempts


def test_binary_points_have_least_values(gic: Gic) -> None:
    for group in (0, 1):
        gic.cpu.write_point(group, 0)
    assert (gic.cpu.read_point(0), gic.cpu.read_point(1)) == (2, 3)
    gic.cpu.write_control(1)  # the common binary point
    gic.cpu.write_point(0, 4)
    gic.cpu.write_point(1, 7)
    assert (gic.cpu.read_point(0), gic.cpu.read_point(1)) == (4, 5)


def test_with_eoimode_an_interrupt_stays_active_until_it_is_deactivated(gic: Gic) -> None:
    gic.cpu.write_control(2)
    gic.set_gsi(LINE, 1)
    assert gic.cpu.acknowledge(1) == SPI
    gic.cpu.end(1, SPI)
    assert (gic.cpu.running_priority(), gic.read(GICD + ACTIVATE + 4), gic.pending()) == (0xFF, 4, False)
    gic.cpu.deactivate(SPI)
    assert (gic.read(GICD + ACTIVATE + 4), gic.pending()) == (0, True)


def test_without_eoimode_a_deactivation_does_nothing(gic: Gic) -> None:
    gic.set_gsi(LINE, 1)
    gic.cpu.acknowledge(1)
    gic.cpu.deactivate(SPI)
    assert gic.read(GICD + ACTIVATE + 4) == 4


def test_the_end_of_a_special_number_is_ignored(gic: Gic) -> None:
    gic.set_gsi(LINE, 1)
    gic.cpu.acknowledge(1)
    gic.cpu.end(1, SPURIOUS)
    assert gic.cpu.running_priority() == 0xA0


def test_interrupts_can_wake_only_what_would_take_them(gic: Gic) -> None:
    assert gic.cpu.may_deliver()
    gic.cpu.write_mask(0xA0)
    assert not gic.cpu.may_deliver()
    gic.allow(27, 0x20)
    assert gic.cpu.may_deliver()
    gic.write(GICD + CTLR, 1)  # only group 0
    assert not gic.cpu.may_deliver()


# --- timers --------------------------------------------------------------------------------------


def test_a_timer_raises_its_line_at_its_time() -> None:
    clock = VirtualClock()
    gic = GicV3(clock)
    timer, ppi = gic.virtual, 1 << 27
    shown = lambda: gic.read_memory(SGI + PEND, 4) & ppi  # noqa: E731
    timer.write_timer(100)
    timer.write_control(1)
    clock.advance(1599)
    assert (shown(), timer.read_control(), timer.read_timer()) == (0, 1, 1)
    clock.advance(1)
    assert (shown(), timer.read_control(), timer.read_timer()) == (ppi, 5, 0)
    clock.advance(16)
    assert timer.read_timer() == 0xFFFF_FFFF
    timer.write_control(3)  # masked
    assert (shown(), timer.read_control()) == (0, 7)
    timer.write_control(0)
    assert (shown(), timer.read_control()) == (0, 0)
    timer.write_compare(0)
    timer.write_control(1)
    assert shown() == ppi
    timer.write_compare((1 << 64) - 1)
    assert shown() == 0
    gic.close()


# --- any accesses --------------------------------------------------------------------------------

ADDRESSES = st.integers(GICD, GICD + 0xFFFF) | st.integers(GICR, GICR + 0x1_FFFF) | st.integers(SGI, SGI + 0xD00)
ACCESS = st.tuples(ADDRESSES, st.sampled_from([1, 2, 4, 8]), st.none() | st.integers(0, (1 << 64) - 1))


@settings(max_examples=200, deadline=None)
@given(st.lists(ACCESS, max_size=40))
def test_any_accesses_are_answered(accesses: list[tuple[int, int, int | None]]) -> None:
    gic = Gic()
    for address, size, value in accesses:
        if value is None:
            assert 0 <= gic.read(address, size) < 1 << 8 * size
        else:
            gic.write(address, value & ((1 << 8 * size) - 1), size)
        taken = gic.cpu.acknowledge(1)
        assert (gic.cpu.signalled() is None) or taken == SPURIOUS or gic.cpu.running_priority() < 0xFF
        gic.cpu.end(1, taken)
    gic.close()
