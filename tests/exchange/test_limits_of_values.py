"""Write constraints, unknown resets, protection and fields that share bits come over from SVD."""

from __future__ import annotations

from pathlib import Path

import pytest
from svd_text import field, peripheral, register, svd

from devgen import check_files, import_registers, load_device
from devgen.language.view import RegisterView


@pytest.fixture
def imported(tmp_path: Path):
    def reader(xml: str) -> tuple[RegisterView, list[str]]:
        source = tmp_path / "acme.svd"
        source.write_text(svd(peripheral("P", xml)), encoding="utf-8")
        (report,) = import_registers(source, tmp_path / "devices")
        assert [str(fault) for fault in check_files([tmp_path / "devices"]) if fault.is_error] == []
        view = load_device(tmp_path / "devices" / "acme1-p.yaml").view
        return view.registers[0], [finding.text for finding in report.findings]

    return reader


RANGE = "<writeConstraint><range><minimum>1</minimum><maximum>9</maximum></range></writeConstraint>"
FULL = "<writeConstraint><range><minimum>0</minimum><maximum>0xF</maximum></range></writeConstraint>"
LABELS = "<writeConstraint><useEnumeratedValues>true</useEnumeratedValues></writeConstraint>"


def test_a_range_limits_what_may_be_written(imported) -> None:
    view, findings = imported(register("R", 0, f"<fields>{field('F', '3:0', RANGE)}</fields>"))
    assert view.fields[0].write_constraint is not None
    assert findings == []


def test_a_range_of_all_values_is_no_constraint(imported) -> None:
    view, findings = imported(register("R", 0, f"<fields>{field('F', '3:0', FULL)}</fields>"))
    assert (view.fields[0].write_constraint, findings) == (None, [])


def test_a_constraint_to_labels_that_there_are_not_is_reported(imported) -> None:
    view, findings = imported(register("R", 0, f"<fields>{field('F', '3:0', LABELS)}</fields>"))
    assert view.fields[0].write_constraint is None
    assert findings == ["a write constraint to enumerated values, of a part that has none for writes"]


def test_bits_with_an_unknown_reset_value_stay_unknown(imported) -> None:
    view, findings = imported(register("R", 0, "<resetValue>0xA5</resetValue><resetMask>0xF0</resetMask>"))
    assert (view.reset_mask, findings) == (0xF0, [])


def test_protection_comes_over(imported) -> None:
    assert imported(register("R", 0, "<protection>p</protection>"))[0].protection == "privileged"


def test_a_field_on_the_bits_of_another_is_its_alternate(imported) -> None:
    fields = f"<fields>{field('WIDE', '7:0')}{field('PART', '3:0')}</fields>"
    view, findings = imported(register("R", 0, fields))
    assert [(each.name, each.alternate) for each in view.fields] == [("WIDE", None), ("PART", "R.WIDE")]
    assert findings == []


def test_an_effect_of_a_register_whose_fields_all_have_their_own_is_not_said_twice(tmp_path: Path) -> None:
    effect = "<modifiedWriteValues>zeroToClear</modifiedWriteValues>"
    registers = register("KRF", 0, f"{effect}<fields>{field('A', '0:0', effect)}{field('B', '1:1', effect)}</fields>")
    (tmp_path / "chip.svd").write_text(svd(peripheral("P", registers)), encoding="utf-8")
    import_registers(tmp_path / "chip.svd", tmp_path / "devices")
    assert [str(fault) for fault in check_files([tmp_path / "devices"]) if fault.is_error] == []
    assert (tmp_path / "devices" / "acme1-p.registers.yaml").read_text(encoding="utf-8").count("wzc") == 2
