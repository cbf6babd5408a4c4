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
    ],
)
def test_the_widest_register_keeps_the_bytes(alternates, registers: tuple[str, ...], expected: dict) -> None:
    assert alternates(*registers) == (expected, [])


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
