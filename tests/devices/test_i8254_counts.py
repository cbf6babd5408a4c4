"""How an i8254 loads and counts with the property `datasheet`: Intel 231164, the section that each test names."""

from typing import Any

import pytest
from pit_driver import BCD, CONTROL, COUNT0, NULL, OUT, changes, count, program, status, ticks, write_count


@pytest.fixture
def pit(bench: Any) -> Any:
    return bench("i8254", datasheet=True)


@pytest.fixture
def traced(bench: Any) -> Any:
    return bench("i8254")


def gate(pit: Any, level: int) -> None:
    pit.drive("gate2", level)


# --- Control Word Format, bit 0: BCD counter of four decades -----------------------------------------------


@pytest.mark.parametrize(
    ("mode", "written", "passed", "read"),
    [
        (0, 0x1234, 35, 0x1199),
        (0, 0x0000, 0, 0x0000),
        (0, 0x0000, 1, 0x9999),
        (0, 0x0010, 11, 0x9999),
        (4, 0x0010, 10011, 0x9999),
        (2, 0x0100, 1, 0x0099),
        (2, 0x0100, 101, 0x0099),
        (3, 0x0100, 1, 0x0098),
    ],
)
def test_a_bcd_count_is_written_counted_and_read_in_decades(
    pit: Any, mode: int, written: int, passed: int, read: int
) -> None:
    program(pit, 0, mode, written, BCD)
    ticks(pit, passed + 0.5)
    assert count(pit, 0) == read


def test_a_bcd_count_lasts_as_long_as_its_decimal_value(pit: Any) -> None:
    program(pit, 0, 0, 0x0100, BCD)
    start = pit.now
    ticks(pit, 300)
    assert changes(pit, start) == [(100, 1)]


def test_zero_is_ten_thousand_in_bcd(pit: Any) -> None:
    """Write Operations: the largest count is 0, 10000 in BCD."""
    program(pit, 0, 2, 0, BCD)
    start = pit.now
    ticks(pit, 10_001)
    assert changes(pit, start) == [(9_999, 0), (10_000, 1)]


def test_the_status_shows_bcd(pit: Any) -> None:
    program(pit, 0, 2, 0x100, BCD)
    assert status(pit, 0) == OUT | 0x30 | 2 << 1 | BCD


# --- Modes 2 and 3: a new count is loaded at the end of the period, or of the half -------------------------


def test_mode_2_ends_its_period_before_it_loads_a_new_count(pit: Any) -> None:
    program(pit, 0, 2, 100)
    start = pit.now
    ticks(pit, 30)
    write_count(pit, 0, 10)
    ticks(pit, 90)
    assert changes(pit, start) == [(99, 0), (100, 1), (109, 0), (110, 1), (119, 0), (120, 1)]


@pytest.mark.parametrize(
    ("written_at", "expected"),
    [
        (20, [(50, 0), (55, 1), (60, 0), (65, 1)]),
        (70, [(50, 0), (100, 1), (105, 0), (110, 1)]),
    ],
)
def test_mode_3_ends_its_half_before_it_loads_a_new_count(
    pit: Any, written_at: int, expected: list[tuple[int, int]]
) -> None:
    program(pit, 0, 3, 100)
    start = pit.now
    ticks(pit, written_at)
    write_count(pit, 0, 10)
    ticks(pit, expected[-1][0] - written_at + 1)
    assert changes(pit, start) == expected


def test_an_odd_count_of_mode_3_goes_on_with_its_low_half(pit: Any) -> None:
    """Mode 3: OUT is high for (N + 1) / 2 counts and low for (N - 1) / 2."""
    program(pit, 0, 3, 100)
    start = pit.now
    ticks(pit, 20)
    write_count(pit, 0, 11)
    ticks(pit, 52.5)
    assert changes(pit, start) == [(50, 0), (55, 1), (61, 0), (66, 1), (72, 0)]


@pytest.mark.parametrize(("passed", "read"), [(0, 10), (1, 8), (5, 0), (6, 10), (10, 2), (11, 10)])
def test_an_odd_count_of_mode_3_reads_even_values(pit: Any, passed: int, read: int) -> None:
    """Mode 3, odd counts: the count minus one is loaded and decremented by two."""
    program(pit, 0, 3, 11)
    ticks(pit, passed + 0.5)
    assert count(pit, 0) == read


def test_the_count_goes_on_until_the_new_one_is_loaded(pit: Any) -> None:
    program(pit, 1, 2, 1000)
    ticks(pit, 400.5)
    write_count(pit, 1, 50)
    assert count(pit, 1) == 600
    ticks(pit, 610)
    assert count(pit, 1) == 40


def test_null_count_is_set_until_the_new_count_is_loaded(pit: Any) -> None:
    """Read-Back Command, null count: it is set from the write of a count to its loading."""
    program(pit, 0, 2, 100)
    ticks(pit, 30)
    pit.write8(COUNT0, 10)
    assert not status(pit, 0) & NULL
    pit.write8(COUNT0, 0)
    assert status(pit, 0) & NULL
    ticks(pit, 71)
    assert not status(pit, 0) & NULL


def test_the_last_of_several_new_counts_is_loaded(pit: Any) -> None:
    program(pit, 0, 2, 100)
    start = pit.now
    ticks(pit, 30)
    write_count(pit, 0, 10)
    write_count(pit, 0, 20)
    ticks(pit, 91)
    assert changes(pit, start) == [(99, 0), (100, 1), (119, 0), (120, 1)]


def test_a_trigger_loads_the_new_count_at_once(pit: Any) -> None:
    """Mode 2: with a trigger before the end of the period, counting goes on from the new count."""
    gate(pit, 1)
    program(pit, 2, 2, 1000)
    ticks(pit, 100)
    write_count(pit, 2, 500)
    gate(pit, 0)
    ticks(pit, 2000)
    assert status(pit, 2) & NULL
    gate(pit, 1)
    ticks(pit, 100.5)
    assert (count(pit, 2), status(pit, 2) & NULL) == (400, 0)


def test_a_running_one_shot_keeps_its_length(pit: Any) -> None:
    """Mode 1: a new count does not affect the current pulse; the next trigger loads it."""
    program(pit, 2, 1, 100)
    gate(pit, 1)
    ticks(pit, 50.5)
    write_count(pit, 2, 10)
    assert count(pit, 2) == 50
    gate(pit, 0)
    gate(pit, 1)
    ticks(pit, 4.5)
    assert count(pit, 2) == 6


def test_a_control_word_forgets_the_new_count(pit: Any) -> None:
    program(pit, 0, 2, 100)
    write_count(pit, 0, 10)
    program(pit, 0, 2, 1000)
    start = pit.now
    ticks(pit, 1001)
    assert changes(pit, start) == [(999, 0), (1000, 1)]


def test_a_new_count_is_part_of_the_saved_state(bench: Any, pit: Any) -> None:
    program(pit, 0, 3, 100)
    ticks(pit, 20)
    write_count(pit, 0, 10)
    restored = bench("i8254", datasheet=True)
    restored.load_state(pit.save_state())
    start = restored.now
    ticks(restored, 41)
    assert changes(restored, start) == [(30, 0), (35, 1), (40, 0)]


# --- Modes 0 and 4: a count is loaded at the next clock ------------------------------------------------------


@pytest.mark.parametrize(("mode", "expected"), [(0, [(101, 1)]), (4, [(101, 0), (102, 1)]), (2, [(100, 0), (101, 1)])])
def test_a_count_is_loaded_at_the_clock_after_its_write(pit: Any, mode: int, expected: list[tuple[int, int]]) -> None:
    """Modes 0 and 4: OUT changes N + 1 clocks after the write. Mode 2: N clocks."""
    pit.write8(CONTROL, 0x30 | mode << 1)
    write_count(pit, 0, 100)
    start = pit.now
    ticks(pit, 110)
    assert changes(pit, start) == expected


def test_the_first_byte_stops_the_count_of_mode_0(pit: Any) -> None:
    """Mode 0: writing the first byte disables counting, and OUT is low at once."""
    program(pit, 0, 0, 100)
    ticks(pit, 40.5)
    pit.write8(COUNT0, 20)
    ticks(pit, 5000)
    assert (count(pit, 0), pit.irq()) == (60, 0)


def test_the_first_byte_sets_an_output_low_that_was_high(pit: Any) -> None:
    program(pit, 0, 0, 100)
    ticks(pit, 200)
    assert pit.irq() == 1
    pit.write8(COUNT0, 20)
    assert (pit.irq(), status(pit, 0) & OUT) == (0, 0)


def test_the_last_byte_starts_the_count_of_mode_0_after_a_clock(pit: Any) -> None:
    program(pit, 0, 0, 100)
    ticks(pit, 200)
    pit.write8(COUNT0, 20)
    ticks(pit, 1000)
    pit.write8(COUNT0, 0)
    start = pit.now
    ticks(pit, 100)
    assert changes(pit, start) == [(21, 1)]


@pytest.mark.parametrize("mode", [2, 3, 4])
def test_the_first_byte_has_no_effect_in_other_modes(pit: Any, mode: int) -> None:
    program(pit, 0, mode, 100)
    start = pit.now
    ticks(pit, 10.5)
    pit.write8(COUNT0, 20)
    ticks(pit, 91)
    first = {2: (99, 0), 3: (50, 0), 4: (100, 0)}[mode]
    assert changes(pit, start)[0] == first


# --- without the property: as the recordings ----------------------------------------------------------------


def test_the_traced_device_counts_binary_and_loads_at_once(traced: Any) -> None:
    traced.write8(CONTROL, 0x74 | BCD)
    write_count(traced, 1, 0x100)
    ticks(traced, 0.5)
    assert count(traced, 1) == 0x100
    write_count(traced, 1, 0x1000)
    ticks(traced, 1.5)
    assert count(traced, 1) == 0xFFF
