"""The digital input and output card, as its manual has it: outputs, inputs, change-of-state interrupts, filters."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from devgen.hosts.bench import Bench

OUTPUTS_LOW, INPUTS_LOW, IRQ, FILTER, OUTPUTS_HIGH, INPUTS_HIGH, STATUS, FILTERS = range(8)
CLEAR = INPUTS_LOW
LOW, HIGH, PENDING = 1, 2, 4


@pytest.fixture
def dut(bench: Callable[..., Bench]) -> Bench:
    return bench("pci-idio-16")


def outputs(dut: Bench) -> int:
    return sum(dut.gpio(f"output[{n}]") << n for n in range(16))


def inputs(dut: Bench) -> int:
    return dut.read8(INPUTS_LOW) | dut.read8(INPUTS_HIGH) << 8


def test_outputs_follow_their_registers_which_read_back(dut: Bench) -> None:
    dut.write8(OUTPUTS_LOW, 0xA5)
    dut.write8(OUTPUTS_HIGH, 0x3C)
    assert outputs(dut) == 0x3CA5
    assert (dut.read8(OUTPUTS_LOW), dut.read8(OUTPUTS_HIGH)) == (0xA5, 0x3C)


@pytest.mark.parametrize("n", range(16))
def test_each_input_has_its_bit(dut: Bench, n: int) -> None:
    dut.drive(f"input[{n}]", 1)
    assert inputs(dut) == 1 << n


def test_no_interrupt_until_they_are_enabled(dut: Bench) -> None:
    dut.drive("input[0]", 1)
    assert (dut.irq("inta"), dut.read8(STATUS)) == (0, 0)


@pytest.mark.parametrize(("n", "half"), [(0, LOW), (7, LOW), (8, HIGH), (15, HIGH)])
@pytest.mark.parametrize("level", [0, 1])
def test_a_change_either_way_interrupts_until_it_is_cleared(dut: Bench, n: int, half: int, level: int) -> None:
    dut.drive(f"input[{n}]", not level)
    dut.read8(IRQ)
    dut.drive(f"input[{n}]", level)
    assert (dut.irq("inta"), dut.read8(STATUS)) == (1, half | PENDING)
    dut.write8(CLEAR, 0)
    assert (dut.irq("inta"), dut.read8(STATUS)) == (0, 0)


def test_an_input_driven_to_the_level_it_has_does_not_interrupt(dut: Bench) -> None:
    dut.read8(IRQ)
    dut.drive("input[3]", 0)
    assert dut.irq("inta") == 0


def test_disabling_leaves_what_is_pending_and_ends_what_would_follow(dut: Bench) -> None:
    dut.read8(IRQ)
    dut.drive("input[3]", 1)
    dut.write8(IRQ, 0)
    assert dut.irq("inta") == 1
    dut.write8(CLEAR, 0)
    dut.drive("input[3]", 0)
    assert dut.irq("inta") == 0


@pytest.mark.parametrize(
    ("n", "activate"), [(2, lambda dut: dut.read8(FILTER)), (7, lambda dut: dut.write8(FILTERS, 0x80))]
)
def test_a_filtered_input_shows_what_has_held_for_5_ms(dut: Bench, n: int, activate: Callable[[Bench], object]) -> None:
    activate(dut)
    dut.drive(f"input[{n}]", 1)
    dut.advance("4.9 ms")
    assert inputs(dut) == 0
    dut.advance("0.1 ms")
    assert inputs(dut) == 1 << n


def test_a_spike_does_not_pass_the_filter(dut: Bench) -> None:
    dut.read8(FILTER)
    dut.read8(IRQ)
    dut.drive("input[9]", 1)
    dut.advance("4 ms")
    dut.drive("input[9]", 0)
    dut.advance("10 ms")
    assert (inputs(dut), dut.irq("inta")) == (0, 0)


def test_an_input_whose_filter_goes_is_seen_as_it_is(dut: Bench) -> None:
    dut.read8(FILTER)
    dut.drive("input[4]", 1)
    dut.write8(FILTER, 0)
    assert inputs(dut) == 0x10


def test_the_status_of_the_filters_reads_back(dut: Bench) -> None:
    dut.write8(FILTERS, 0x5A)
    assert dut.read8(FILTERS) == 0x5A
    dut.read8(FILTER)
    assert dut.read8(FILTERS) == 0xFF
    dut.write8(FILTER, 0)
    assert dut.read8(FILTERS) == 0


def test_a_reset_switches_outputs_off_and_keeps_what_is_wired_to_the_inputs(dut: Bench) -> None:
    dut.read8(IRQ)
    dut.write8(OUTPUTS_LOW, 0xFF)
    dut.drive("input[1]", 1)
    dut.reset()
    assert (outputs(dut), dut.irq("inta"), inputs(dut)) == (0, 0, 2)
    dut.drive("input[1]", 0)
    assert dut.irq("inta") == 0
