"""Registers of a source that share bytes: views of the widest one, read-only beside write-only, or reported."""

from __future__ import annotations

from pathlib import Path

import pytest
from svd_text import field, peripheral, register, svd

from devgen import Bench, Outcome, build_devices, check_files, import_registers, load_device, project_registry


@pytest.fixture
def alternates(tmp_path: Path):
    """Imports registers; returns each one's `alternate`, and the findings about bytes."""

    def reader(*registers: str) -> tuple[dict[str, str | None], list[str]]:
        source = tmp_path / "acme.svd"
        source.write_text(svd(peripheral("P", "".join(registers))), encoding="utf-8")
        (report,) = import_registers(source, tmp_path / "devices")
        assert [str(fault) for fault in check_files([tmp_path / "devices"]) if fault.is_error] == []
        view = load_device(tmp_path / "devices" / "acme1-p.yaml").view
        return {each.name: each.alternate for each in view.registers}, [
            finding.text for finding in report.findings if finding.outcome is Outcome.LEFT_OUT
        ]

    return reader


READ, WRITE = "<access>read-only</access>", "<access>write-only</access>"
ARRAY = "<dim>4</dim><dimIncrement>4</dimIncrement>"


@pytest.mark.parametrize(
    ("registers", "expected"),
    [
        ((register("A", 0), register("B", 0)), {"A": None, "B": "A"}),
        ((register("LOW", 0, "<size>8</size>"), register("WORD", 0)), {"LOW": "WORD", "WORD": None}),
        ((register("FIRST", 8), register("ALL%s", 0, ARRAY)), {"FIRST": "ALL", "ALL": None}),
        ((register("RX", 0, READ), register("TX", 0, WRITE)), {"RX": None, "TX": None}),
        ((register("A", 0), register("B", 0), register("C", 0)), {"A": None, "B": "A", "C": "A"}),
        (
            (register("RX", 0, READ), register("TX", 0, WRITE), register("DIVISOR", 0)),
            {"RX": "DIVISOR", "TX": "DIVISOR", "DIVISOR": None},
        ),
    ],
)
def test_the_widest_register_keeps_the_bytes(alternates, registers: tuple[str, ...], expected: dict) -> None:
    assert alternates(*registers) == (expected, [])


def test_an_array_of_which_a_register_shows_one_element_with_other_bits_becomes_registers(alternates) -> None:
    array = register("S%s", 0, f"<description>State %s</description>{ARRAY}<fields>{field('A', '3:0')}</fields>")
    view = register("S1_ISO", 4, f"<fields>{field('B', '7:4')}</fields>")
    assert alternates(array, view) == ({"S0": None, "S1": None, "S2": None, "S3": None, "S1_ISO": "S1"}, [])


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (("A 3:0", "B 7:2", "C 9:6"), {"A": None, "B": "A", "C": "A"}),
        (("A 3:0", "C 9:6", "B 7:2"), {"A": None, "C": "A", "B": "A"}),
        (("A 3:0 read-only", "B 3:0 write-only", "C 9:8"), {"A": None, "B": None, "C": None}),
        (("A 3:0 read-only", "B 3:0 write-only", "C 3:0"), {"A": "C", "B": "C", "C": None}),
    ],
)
def test_fields_that_share_bits_with_each_other_have_one_storage(
    tmp_path: Path, fields: tuple[str, ...], expected: dict
) -> None:
    source = tmp_path / "acme.svd"
    texts = [[*text.split(), "read-write"][:3] for text in fields]
    inner = "".join(field(name, bits, f"<access>{access}</access>") for name, bits, access in texts)
    source.write_text(svd(peripheral("P", register("R", 0, f"<fields>{inner}</fields>"))), encoding="utf-8")
    import_registers(source, tmp_path / "devices")
    assert [str(fault) for fault in check_files([tmp_path / "devices"]) if fault.is_error] == []
    (found,) = load_device(tmp_path / "devices" / "acme1-p.yaml").view.registers
    assert {each.name: each.alternate and each.alternate.partition(".")[2] for each in found.fields} == expected


def test_a_register_over_two_others_is_reported(alternates) -> None:
    names, reported = alternates(
        register("A", 0, "<size>16</size>"),
        register("B", 2, "<size>16</size>"),
        register("ACROSS", 1, "<size>16</size>"),
    )
    assert set(names) == {"A", "B"}
    assert len(reported) == 1


def test_both_views_show_the_bits_that_a_write_stored(tmp_path: Path) -> None:
    source = tmp_path / "acme.svd"
    views = [
        register(name, 0, f"<fields>{field(f'F{name}', bits)}</fields>") for name, bits in (("A", "3:0"), ("B", "7:4"))
    ]
    source.write_text(svd(peripheral("P", "".join(views))), encoding="utf-8")
    import_registers(source, tmp_path / "devices")
    build_devices([tmp_path / "devices"], tmp_path / "generated")
    bench = Bench("acme1-p", registry=project_registry(tmp_path))
    bench.write32(0, 0xFFFF_FF5A)
    assert bench.read32(0) == 0x5A
