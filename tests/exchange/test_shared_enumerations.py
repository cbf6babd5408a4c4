"""An enumeration that several fields of a peripheral have is described once, and the fields have the same labels."""

from __future__ import annotations

from pathlib import Path

import pytest
from svd_text import field, peripheral, register, svd

from devgen import check_files, import_registers, load_device
from devgen.language.view import RegisterView


def labels(*names: str, usage: str = "", name: str = "") -> str:
    """An enumeration with a description for each label, so that each has a line."""
    values = "".join(
        f"<enumeratedValue><name>{label}</name><description>It is {label}.</description><value>{value}</value>"
        "</enumeratedValue>"
        for value, label in enumerate(names)
    )
    more = f"<usage>{usage}</usage>" if usage else ""
    return f"<enumeratedValues>{name and f'<name>{name}</name>'}{more}{values}</enumeratedValues>"


@pytest.fixture
def imported(tmp_path: Path):
    """Imports registers; returns the fragment's text and the view of the registers."""

    def reader(registers: str) -> tuple[str, tuple[RegisterView, ...]]:
        (tmp_path / "chip.svd").write_text(svd(peripheral("P", registers)), encoding="utf-8")
        import_registers(tmp_path / "chip.svd", tmp_path / "devices")
        assert [str(fault) for fault in check_files([tmp_path / "devices"])] == []
        text = (tmp_path / "devices" / "acme1-p.registers.yaml").read_text(encoding="utf-8")
        return text, load_device(tmp_path / "devices" / "acme1-p.yaml").view.registers

    return reader


MODES = labels("OFF", "SLOW", "FAST")


def fields(*texts: str) -> str:
    return f"<fields>{''.join(texts)}</fields>"


def test_fields_of_different_names_share_an_enumeration_named_after_its_labels(imported) -> None:
    text, (view,) = imported(register("R", 0, fields(field("A", "1:0", MODES), field("B", "3:2", MODES))))
    assert "enumerations:\n  off_slow_fast:\n    'OFF': {value: 0, description: It is OFF.}\n" in text
    assert "A: {bits: 1:0, values: off_slow_fast}" in text
    assert [[label.name for label in each.values] for each in view.fields] == [["OFF", "SLOW", "FAST"]] * 2


def test_numbered_fields_share_an_enumeration_with_their_name(imported) -> None:
    text, _ = imported(register("R", 0, fields(field("MODE0", "1:0", MODES), field("MODE1", "3:2", MODES))))
    assert "MODE1: {bits: 3:2, values: mode}" in text


def test_derived_enumerations_are_the_same_one(imported) -> None:
    first = register("R", 0, fields(field("A", "1:0", labels("OFF", "SLOW", "FAST", name="speed"))))
    derived = '<enumeratedValues derivedFrom="speed"/>'
    text, views = imported(first + register("Q", 4, fields(field("A", "5:4", derived))))
    assert text.count("description: It is SLOW.") == 1
    assert [[label.name for label in view.fields[0].values] for view in views] == [["OFF", "SLOW", "FAST"]] * 2


def test_labels_of_reads_and_of_writes_are_shared_apart(imported) -> None:
    both = labels("IDLE", "BUSY", "DONE", usage="read") + labels("STOP", "GO", "WAIT", usage="write")
    text, _ = imported(register("R", 0, fields(field("A", "1:0", both), field("B", "3:2", both))))
    assert "B: {bits: 3:2, read_values: idle_busy_done, write_values: stop_go_wait}" in text


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(labels("OFF", "SLOW"), id="fewer labels"),
        pytest.param(labels("OFF", "SLOW", "HIGH"), id="another label"),
    ],
)
def test_different_enumerations_stay_with_their_fields(imported, second: str) -> None:
    text, _ = imported(register("R", 0, fields(field("A", "1:0", MODES), field("B", "3:2", second))))
    assert "enumerations:" not in text


def test_short_enumerations_stay_on_their_fields_lines(imported) -> None:
    short = labels("OFF", "ON").replace("<description>It is OFF.</description>", "")
    short = short.replace("<description>It is ON.</description>", "")
    text, _ = imported(register("R", 0, fields(field("A", "0:0", short), field("B", "1:1", short))))
    assert "B: {bits: 1, values: {'OFF': 0, 'ON': 1}}" in text
