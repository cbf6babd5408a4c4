"""A PC's interval timer as the 8254's manual has it, and port 0x61 in front of channel 2."""

from typing import Any

import pytest
from pit_driver import CONTROL, COUNT0, NULL, OUT, changes, count, program, status, ticks

OUT2, REFRESH = 0x20, 0x10


@pytest.fixture
def pit(bench: Any) -> Any:
    return bench("pc-pit")


def port_61(pit: Any) -> int:
    return int(pit.read8(0, "speaker"))


@pytest.mark.parametrize("mode", [2, 6])
def test_mode_2_is_low_for_the_last_tick_of_each_period(pit: Any, mode: int) -> None:
    program(pit, 0, mode, 100)
    start = pit.now
    ticks(pit, 250)
    assert changes(pit, start) == [(99, 0), (100, 1), (199, 0), (200, 1)]
    assert status(pit, 0) == OUT | 0x30 | 2 << 1


@pytest.mark.parametrize("mode", [3, 7])
def test_mode_3_is_a_square_wave(pit: Any, mode: int) -> None:
    program(pit, 0, mode, 100)
    ticks(pit, 50.5)
    assert status(pit, 0) == 0x30 | 3 << 1
    ticks(pit, 50)
    assert status(pit, 0) == OUT | 0x30 | 3 << 1


def test_mode_0_rises_at_the_terminal_count_and_stays_high(pit: Any) -> None:
    program(pit, 0, 0, 100)
    assert pit.irq() == 0
    ticks(pit, 99.5)
    assert pit.irq() == 0
    ticks(pit, 1)
    assert pit.irq() == 1
    ticks(pit, 70000)
    assert pit.irq() == 1


def test_mode_4_strobes_low_for_one_tick(pit: Any) -> None:
    program(pit, 0, 4, 100)
    ticks(pit, 99.5)
    assert pit.irq() == 1
    ticks(pit, 1)
    assert pit.irq() == 0
    ticks(pit, 1)
    assert pit.irq() == 1


@pytest.mark.parametrize(("mode", "out"), [(0, 0), (1, OUT), (2, OUT), (3, OUT), (4, OUT), (5, OUT)])
def test_a_control_word_sets_the_output_and_waits_for_the_count(pit: Any, mode: int, out: int) -> None:
    pit.write8(CONTROL, 0x30 | mode << 1)
    assert status(pit, 0) == out | NULL | 0x30 | mode << 1
    pit.write8(COUNT0, 100)
    assert status(pit, 0) & NULL
    pit.write8(COUNT0, 0)
    assert status(pit, 0) & NULL
    ticks(pit, 1)
    assert not status(pit, 0) & NULL


def test_a_control_word_stops_the_periods(pit: Any) -> None:
    program(pit, 0, 2, 100)
    pit.write8(CONTROL, 0x34)
    before = len(pit.transitions())
    ticks(pit, 1000)
    assert len(pit.transitions()) == before


def test_a_control_word_releases_the_latches(pit: Any) -> None:
    program(pit, 0, 0, 0x1234)
    pit.write8(CONTROL, 0xC2)  # latch count and status
    program(pit, 0, 0, 0x4321)
    assert count(pit, 0) == 0x4321


def test_modes_1_and_5_wait_for_their_gate(pit: Any) -> None:
    program(pit, 0, 1, 100)
    ticks(pit, 1000)
    assert (pit.irq(), count(pit, 0)) == (1, 100)


def test_the_gate_of_channel_2_triggers_mode_1(pit: Any) -> None:
    program(pit, 2, 1, 100)
    assert port_61(pit) & OUT2
    pit.write8(0, 1, "speaker")
    assert not port_61(pit) & OUT2
    ticks(pit, 100.5)
    assert port_61(pit) & OUT2


def test_a_kernel_measures_time_with_port_61(pit: Any) -> None:
    """What Linux does to calibrate: gate on, mode 0, wait for OUT2."""
    pit.write8(0, (port_61(pit) & ~2) | 1, "speaker")
    program(pit, 2, 0, 11932)
    ticks(pit, 11931)
    assert not port_61(pit) & OUT2
    ticks(pit, 1.5)
    assert port_61(pit) & OUT2


def test_a_low_gate_holds_the_count_and_a_high_one_goes_on(pit: Any) -> None:
    pit.write8(0, 1, "speaker")
    program(pit, 2, 0, 1000)
    ticks(pit, 400.5)
    pit.write8(0, 0, "speaker")
    ticks(pit, 5000)
    assert count(pit, 2) == 600
    pit.write8(0, 1, "speaker")
    ticks(pit, 599)
    assert not port_61(pit) & OUT2
    ticks(pit, 2)
    assert port_61(pit) & OUT2


def test_a_low_gate_sets_the_output_of_modes_2_and_3(pit: Any) -> None:
    pit.write8(0, 1, "speaker")
    program(pit, 2, 3, 100)
    ticks(pit, 60.5)
    assert not port_61(pit) & OUT2
    pit.write8(0, 0, "speaker")
    assert port_61(pit) & OUT2


def test_port_61_keeps_its_low_bits_and_toggles_refresh(pit: Any) -> None:
    pit.write8(0, 0xFE, "speaker")
    assert port_61(pit) & 0xCF == 0x0E
    first = port_61(pit) & REFRESH
    pit.advance(15085)
    assert port_61(pit) & REFRESH != first


def test_the_traced_behaviour_is_the_i8254s_default(bench: Any) -> None:
    traced = bench("i8254")
    traced.write8(CONTROL, 0xB4)
    assert not status(traced, 2) & NULL


def test_state_is_restored_in_the_middle_of_a_held_count(bench: Any, pit: Any) -> None:
    pit.write8(0, 1, "speaker")
    program(pit, 2, 0, 1000)
    ticks(pit, 400.5)
    pit.write8(0, 0, "speaker")
    saved = pit.save_state()
    pit.reset()
    pit.load_state(saved)
    assert count(pit, 2) == 600
