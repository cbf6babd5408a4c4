"""Each device of the catalogue that follows an implementation rather than its datasheet lists where it deviates."""

from pathlib import Path

import pytest

from devgen.language import load_device
from devgen.language.model import Device

DEVICES = Path(__file__).parents[2] / "devices"
TRACED = ["hpet", "i6300esb", "i8254", "mc146818rtc", "pc-pit", "pl011", "pl031", "pl061", "serial16550", "sp804"]


def device(name: str) -> Device:
    found = load_device(DEVICES / f"{name}.yaml").device
    assert found is not None
    return found


@pytest.mark.parametrize("name", TRACED)
def test_deviations_are_listed_with_their_property(name: str) -> None:
    checked = device(name)
    assert checked.deviations
    switches = {one.name for one in checked.properties if one.type == "bool"}
    assert {one.property for one in checked.deviations} <= {"", *switches}


@pytest.mark.parametrize("name", ["i8254", "pl011", "pl061"])
def test_the_default_is_the_traced_behaviour(name: str) -> None:
    assert {one.name: one.default for one in device(name).properties}["datasheet"] is False


def test_a_pcs_timer_behaves_as_the_datasheet_says() -> None:
    assert {one.name: one.default for one in device("pc-pit").properties}["datasheet"] is True


def test_the_class_says_where_it_deviates() -> None:
    text = (DEVICES.parent / "generated" / "pl011.py").read_text()
    assert "Deviation no_timeout: There is no receive time-out (RIS.RT)." in text
