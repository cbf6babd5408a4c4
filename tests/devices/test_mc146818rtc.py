"""The PC's clock as its datasheet and firmware meet it: index, data, time, alarm, interrupts."""

from collections.abc import Callable
from typing import Any

import pytest

SECONDS, SECONDS_ALARM, MINUTES, MINUTES_ALARM, HOURS, HOURS_ALARM = range(6)
WEEKDAY, DAY, MONTH, YEAR, A, B, C, D = range(6, 14)
SHUTDOWN, CENTURY, CENTURY37 = 0x0F, 0x32, 0x37
SET, PIE, AIE, UIE, DM, H24 = 0x80, 0x40, 0x20, 0x10, 0x04, 0x02
IRQF, PF, AF, UF, UIP = 0x80, 0x40, 0x20, 0x10, 0x80
NEW_YEAR_2020 = 1_577_836_800
SECOND = 1_000_000_000


class Clock:
    """A bench with the device's own kind of access."""

    def __init__(self, bench: Any) -> None:
        self.bench = bench

    def read(self, index: int) -> int:
        self.bench.write8(0, index)
        return int(self.bench.read8(1))

    def write(self, index: int, value: int) -> None:
        self.bench.write8(0, index)
        self.bench.write8(1, value)

    def date(self) -> tuple[int, ...]:
        return tuple(self.read(one) for one in (CENTURY, YEAR, MONTH, DAY, WEEKDAY))

    def time(self) -> tuple[int, ...]:
        return tuple(self.read(one) for one in (HOURS, MINUTES, SECONDS))

    def set(self, **values: int) -> None:
        """Set registers by the datasheet's procedure: hold the clock, write, let it go."""
        kept = self.read(B)
        self.write(B, kept | SET)
        for name, value in values.items():
            self.write(globals()[name], value)
        self.write(B, kept & ~SET)


@pytest.fixture
def clock(bench: Callable[..., Any]) -> Clock:
    return Clock(bench("mc146818rtc", rtc=NEW_YEAR_2020))


def test_it_starts_at_the_time_of_the_rtc_clock(clock: Clock) -> None:
    assert clock.date() == (0x20, 0x20, 0x01, 0x01, 4)
    assert clock.time() == (0, 0, 0)


def test_the_index_cannot_be_read_and_ignores_the_bit_that_masks_nmi(clock: Clock) -> None:
    clock.bench.write8(0, 0x80 | D)
    assert clock.bench.read8(0) == 0xFF
    assert clock.bench.read8(1) == 0x80


def test_a_word_written_is_an_index_and_its_data(clock: Clock) -> None:
    clock.bench.write16(0, 0x5A40)
    assert clock.read(0x40) == 0x5A


@pytest.mark.parametrize(
    ("date", "next_day"),
    [
        ((0x20, 0x23, 0x02, 0x28), (0x20, 0x23, 0x03, 0x01, 4)),
        ((0x20, 0x24, 0x02, 0x28), (0x20, 0x24, 0x02, 0x29, 5)),
        ((0x20, 0x00, 0x02, 0x28), (0x20, 0x00, 0x02, 0x29, 3)),
        ((0x21, 0x00, 0x02, 0x28), (0x21, 0x00, 0x03, 0x01, 2)),
        ((0x19, 0x99, 0x12, 0x31), (0x20, 0x00, 0x01, 0x01, 7)),
        ((0x19, 0x69, 0x12, 0x31), (0x19, 0x70, 0x01, 0x01, 5)),
        ((0x20, 0x38, 0x01, 0x19), (0x20, 0x38, 0x01, 0x20, 4)),
    ],
)
def test_days_follow_each_other(clock: Clock, date: tuple[int, ...], next_day: tuple[int, ...]) -> None:
    century, year, month, day = date
    clock.set(CENTURY=century, YEAR=year, MONTH=month, DAY=day, HOURS=0x23, MINUTES=0x59, SECONDS=0x59)
    clock.bench.advance(SECOND)
    assert (clock.date(), clock.time()) == (next_day, (0, 0, 0))


@pytest.mark.parametrize(
    ("mode", "hour", "shown"),
    [(H24, 0x13, 0x13), (H24 | DM, 13, 13), (0, 0x81, 0x81), (DM, 0x81, 0x81), (0, 0x12, 0x12), (0, 0x92, 0x92)],
)
def test_hours_in_every_mode(clock: Clock, mode: int, hour: int, shown: int) -> None:
    clock.write(B, mode)
    clock.set(HOURS=hour)
    clock.bench.advance(59 * 60 * SECOND)
    assert clock.read(HOURS) == shown


def test_twelve_hour_mode_turns_at_noon(clock: Clock) -> None:
    clock.write(B, 0)
    clock.set(HOURS=0x11, MINUTES=0x59, SECONDS=0x59)
    clock.bench.advance(SECOND)
    assert clock.time() == (0x92, 0, 0)


def test_the_clock_stands_while_it_is_set(clock: Clock) -> None:
    clock.write(B, SET | H24)
    clock.bench.advance(10 * SECOND)
    assert clock.time() == (0, 0, 0)


def test_years_count_from_the_base_year(bench: Callable[..., Any]) -> None:
    clock = Clock(bench("mc146818rtc", rtc=NEW_YEAR_2020, base_year=1980))
    assert clock.date()[:2] == (0, 0x40)


def test_the_other_place_of_the_century(clock: Clock) -> None:
    clock.set(CENTURY37=0x19)
    assert clock.read(CENTURY) == clock.read(CENTURY37) == 0x19


def test_a_time_that_is_set_is_an_event(clock: Clock) -> None:
    clock.set(HOURS=0x01)
    assert [(event.name, event.values) for event in clock.bench.events] == [("RTC_CHANGE", {"offset": 3600})]


def test_update_in_progress_shows_for_the_last_244_microseconds(clock: Clock) -> None:
    clock.bench.advance(SECOND - 244_141)
    assert clock.read(A) & UIP == 0
    clock.bench.advance(1)
    assert clock.read(A) & UIP
    clock.bench.advance(244_140)
    assert clock.read(A) & UIP == 0


def test_each_update_interrupts_when_enabled_and_reading_c_clears(clock: Clock) -> None:
    clock.write(B, UIE | H24)
    clock.bench.advance(SECOND)
    assert clock.bench.irq() == 1
    assert clock.read(C) & ~AF == IRQF | UF
    assert (clock.bench.irq(), clock.read(C)) == (0, 0)


@pytest.mark.parametrize(
    ("alarm", "after"),
    [
        ((0x00, 0x00, 0x10), 10),
        ((0x00, 0x01, 0x00), 60),
        ((0x02, 0x00, 0x00), 7200),
        ((0xC0, 0x00, 0x05), 5),
        ((0xFF, 0xFF, 0x30), 30),
        ((0xFF, 0xC0, 0xFF), 1),
        ((0x01, 0xC0, 0xC0), 3600),
    ],
)
def test_the_alarm_matches_what_is_cared_for(clock: Clock, alarm: tuple[int, int, int], after: int) -> None:
    for index, value in zip((HOURS_ALARM, MINUTES_ALARM, SECONDS_ALARM), alarm, strict=True):
        clock.write(index, value)
    clock.read(C)
    clock.write(B, AIE | H24)
    clock.bench.advance(after * SECOND - 1)
    assert clock.bench.irq() == 0
    clock.bench.advance(1)
    assert clock.bench.irq() == 1
    assert clock.read(C) & AF


def test_enabling_an_interrupt_whose_flag_is_set_raises_it(clock: Clock) -> None:
    clock.bench.advance(SECOND)
    clock.write(B, UIE | H24)
    assert clock.bench.irq() == 1
    clock.write(B, H24)
    assert clock.bench.irq() == 0


@pytest.mark.parametrize(("rate", "ticks"), [(1, 128), (2, 256), (3, 4), (6, 32), (15, 16384)])
def test_periodic_interrupts_come_at_their_rate(clock: Clock, rate: int, ticks: int) -> None:
    clock.write(A, 0x20 | rate)
    clock.write(B, PIE | H24)
    for number in (1, 2, 3):
        due = number * ticks * SECOND // 32768 + 1
        clock.bench.advance(due - 1 - clock.bench.now)
        assert clock.bench.irq() == 0
        clock.bench.advance(1)
        assert clock.read(C) & (IRQF | PF) == IRQF | PF


def test_the_first_update_is_half_a_second_after_the_divider_runs(clock: Clock) -> None:
    clock.bench.advance(SECOND // 4)
    clock.write(A, 0x76)
    clock.bench.advance(3 * SECOND)
    clock.write(A, 0x26)
    clock.read(C)
    clock.bench.advance(SECOND // 2 - 1)
    assert clock.time() == (0, 0, 0)
    clock.bench.advance(1)
    assert clock.time() == (0, 0, 1)
    assert clock.read(C) & UF


def test_the_battery_keeps_alarm_and_ram(bench: Callable[..., Any]) -> None:
    image = bytes(range(0x80))
    clock = Clock(bench("mc146818rtc", cmos_init=image.hex()))
    kept = [1, 3, 5, 0x0E, *range(0x10, 0x32), *range(0x33, 0x37), *range(0x38, 0x80)]
    assert [clock.read(index) for index in kept] == kept


def test_a_reset_disables_interrupts_and_keeps_time_and_ram(clock: Clock) -> None:
    clock.write(0x40, 0x77)
    clock.write(SHUTDOWN, 5)
    clock.write(B, UIE | AIE | PIE | H24)
    clock.bench.advance(SECOND)
    clock.bench.reset()
    assert clock.bench.irq() == 0
    assert [clock.read(index) for index in (B, C, 0x40, SHUTDOWN, SECONDS)] == [UIE | H24, 0, 0x77, 0, 1]


def test_a_reset_keeps_the_order_to_resume(clock: Clock) -> None:
    clock.write(SHUTDOWN, 0xFE)
    clock.bench.reset()
    assert clock.read(SHUTDOWN) == 0xFE


def test_no_date_that_a_guest_can_write_upsets_the_clock(clock: Clock) -> None:
    for value in (0x00, 0x7F, 0xA5, 0xC0, 0xFF):
        for index in (*range(10), CENTURY):
            clock.write(index, value)
            clock.bench.advance(SECOND)
        assert len(clock.date()) == 5
