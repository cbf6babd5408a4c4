"""The PL061's level interrupts: latched as traced, or following the level as the manual says (DDI 0190)."""

from typing import Any

import pytest

IS, IEV, IE, RIS, IC = 0x404, 0x40C, 0x410, 0x414, 0x41C


def with_level_interrupt(bench: Any, **properties: bool) -> Any:
    """Line 0 interrupts while it is high."""
    gpio = bench("pl061", **properties)
    for register in (IS, IEV, IE):
        gpio.write32(register, 1)
    gpio.drive("input[0]", 0)
    gpio.write32(IC, 1)
    return gpio


@pytest.mark.parametrize(("datasheet", "after"), [(False, 1), (True, 0)])
def test_a_level_that_goes_away(bench: Any, datasheet: bool, after: int) -> None:
    gpio = with_level_interrupt(bench, datasheet=datasheet)
    gpio.drive("input[0]", 1)
    assert gpio.irq() == 1
    gpio.drive("input[0]", 0)
    assert (gpio.irq(), gpio.read32(RIS)) == (after, after)


def test_a_level_that_stays_cannot_be_cleared(bench: Any) -> None:
    gpio = with_level_interrupt(bench, datasheet=True)
    gpio.drive("input[0]", 1)
    gpio.write32(IC, 1)
    assert gpio.irq() == 1


def test_an_edge_stays_pending_until_it_is_cleared(bench: Any) -> None:
    gpio = bench("pl061", datasheet=True)
    gpio.drive("input[3]", 0)
    for register, value in ((IEV, 8), (IC, 0xFF), (IE, 8)):
        gpio.write32(register, value)
    gpio.drive("input[3]", 1)
    gpio.drive("input[3]", 0)
    assert gpio.irq() == 1
    gpio.write32(IC, 8)
    assert gpio.irq() == 0


def test_a_reset_lowers_the_line(bench: Any) -> None:
    gpio = with_level_interrupt(bench, datasheet=True)
    gpio.drive("input[0]", 1)
    gpio.reset()
    assert gpio.irq() == 0
