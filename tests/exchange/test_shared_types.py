"""What several registers have in common becomes a type, and the description says the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from svd_text import field, peripheral, register, svd

from devgen import import_registers, load_device
from devgen.exchange.describe.shared_types import with_types
from devgen.language.view import RegisterView

MODES = "<fields>" + field("EN", "0:0") + field("MODE", "3:1") + field("DONE", "7:7") + "</fields>"


def imported(folder: Path, registers: str) -> tuple[str, tuple[RegisterView, ...]]:
    """The fragment of a peripheral with these registers, and the view of its registers."""
    (folder / "chip.svd").write_text(svd(peripheral("P", registers)), encoding="utf-8")
    import_registers(folder / "chip.svd", folder / "devices", peripherals=["P"])
    text = (folder / "devices" / "acme1-p.registers.yaml").read_text(encoding="utf-8")
    return text, load_device(folder / "devices" / "acme1-p.yaml").view.registers


def test_registers_with_the_same_fields_share_a_type(tmp_path: Path) -> None:
    reset = "<resetValue>2</resetValue>"
    text, registers = imported(
        tmp_path, register("CH0_CTRL", 0, reset + MODES) + register("CH1_CTRL", 8, reset + MODES)
    )
    assert "types:\n  ch_ctrl:\n    reset: 0x2\n    fields:\n" in text
    assert "CH0_CTRL: {at: 0x0, type: ch_ctrl}" in text
    assert [[part.name for part in view.fields] for view in registers] == [["EN", "MODE", "DONE"]] * 2
    assert [view.reset.number for view in registers] == [2, 2]


def test_what_differs_stays_with_the_register(tmp_path: Path) -> None:
    text, registers = imported(
        tmp_path,
        register("A", 0, f"<description>First</description>{MODES}")
        + register("B", 4, f"<access>read-only</access><resetValue>8</resetValue>{MODES}"),
    )
    assert "A: {at: 0x0, type: a, description: First}" in text
    assert [(view.access, view.reset.number, view.description) for view in registers] == [
        ("rw", 0, "First"),
        ("ro", 8, ""),
    ]


def test_register_files_with_the_same_registers_share_a_type(tmp_path: Path) -> None:
    inner = register("CTRL", 0, MODES) + register("DATA", 4) + register("STATUS", 8)
    files = "".join(
        f"<cluster><dim>2</dim><dimIncrement>16</dimIncrement><name>{name}[%s]</name>"
        f"<addressOffset>{offset}</addressOffset>{inner}</cluster>"
        for name, offset in (("RX", 0), ("TX", 64))
    )
    text, registers = imported(tmp_path, files)
    assert "TX: {at: 0x40, count: 2, stride: 0x10, type: rx}" in text
    assert [view.path for view in registers] == [
        *("RX.CTRL", "RX.DATA", "RX.STATUS"),
        *("TX.CTRL", "TX.DATA", "TX.STATUS"),
    ]


def test_a_register_that_is_derived_from_another_one_uses_its_type(tmp_path: Path) -> None:
    derived = '<register derivedFrom="A"><name>B</name><addressOffset>4</addressOffset></register>'
    text, _ = imported(tmp_path, register("A", 0, MODES) + derived)
    assert "B: {at: 0x4, type: a}" in text


def test_a_type_keeps_its_name_when_another_user_comes_before(tmp_path: Path) -> None:
    pair = register("CH1_CTRL", 8, MODES) + register("CH2_CTRL", 16, MODES)
    before, _ = imported(tmp_path, pair)
    after, _ = imported(tmp_path, register("CH0_CTRL", 0, MODES) + pair)
    assert "  ch_ctrl:\n" in before and "  ch_ctrl:\n" in after


@pytest.mark.parametrize(
    ("registers", "names"),
    [
        ({"A": {"at": 0, "fields": {"F": 0}}, "B": {"at": 4, "fields": {"F": 0}}}, []),  # saves one line
        ({"A": {"at": 0}, "B": {"at": 4}}, []),
        ({name: {"at": 0, "fields": {"F": 0, "G": 1, "H": 2}} for name in ("X1", "X2")}, ["x"]),
        ({name: {"at": 0, "fields": {"F": 0, "G": 1, "H": 2}} for name in ("count", "Y")}, ["count_"]),
        (
            {
                **{f"X{place}": {"at": 0, "fields": {"F": 0, "G": 1, "H": 2}} for place in range(2)},
                **{f"x{place}": {"at": 0, "fields": {"F": 0, "G": 1, "I": 2}} for place in range(2)},
            },
            ["x", "x_2"],
        ),
    ],
)
def test_names_of_types(registers: dict[str, dict[str, object]], names: list[str]) -> None:
    assert list(with_types(registers)[0]) == names
