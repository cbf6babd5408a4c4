"""Hostile SVD files: bounded work, legal names, descriptions that pass the checks or a finding that says why not."""

from __future__ import annotations

from pathlib import Path

import pytest
from svd_text import field, peripheral, register, svd

from devgen import ImportReport, Outcome, check_files, import_registers


@pytest.fixture
def imported(tmp_path: Path):
    """Imports an SVD text, checks what it became, and returns the report."""

    def reader(text: str) -> ImportReport:
        (tmp_path / "chip.svd").write_text(text, encoding="utf-8")
        (report,) = import_registers(tmp_path / "chip.svd", tmp_path / "devices")
        assert [str(fault) for fault in check_files([tmp_path / "devices"]) if fault.is_error] == []
        return report

    return reader


def left_out(report: ImportReport) -> str:
    return " ".join(finding.text for finding in report.findings if finding.outcome is not Outcome.RENAMED)


def array(count: int, stride: int = 4) -> str:
    return f"<dim>{count}</dim><dimIncrement>{stride:#x}</dimIncrement>"


def nested(depth: int, inner: str) -> str:
    opening = f"<cluster><name>C</name><addressOffset>0</addressOffset>{array(16)}"
    return opening * depth + inner + "</cluster>" * depth


@pytest.mark.slow
@pytest.mark.parametrize(
    ("registers", "message"),
    [
        pytest.param(nested(7, register("R", 0)), "more than 1048576 registers", id="16**7 elements"),
        pytest.param(register("R%s_X", 0, array(65536)) * 2, "65536 that are in no array", id="single registers"),
        pytest.param(register("R", 0, array(10**9)), "dim '1000000000'", id="a long array"),
        pytest.param(register("R", 2**60), "beyond the 0x1000000000000 bytes", id="a large offset"),
        pytest.param(register("R", 0, array(4, 2**60)), "beyond the 0x1000000000000 bytes", id="a large stride"),
        pytest.param(
            register("R", 0, f"<fields>{field('F%s', '0:0', array(65536))}</fields>"), "of a field", id="field"
        ),
    ],
)
def test_what_is_too_large_is_left_out(imported, registers: str, message: str) -> None:
    assert message in left_out(imported(svd(peripheral("P", registers))))


def test_a_block_beyond_all_regions_ends_after_the_registers(imported) -> None:
    text = svd(peripheral("P", register("R", 0))).replace("<size>0x1000<", "<size>0x1ffffffffffffffff<")
    assert "the region ends after the registers" in left_out(imported(text))


def test_a_chip_has_a_greatest_number_of_peripherals(imported) -> None:
    report = imported(svd(*(peripheral(f"P{n}%s", register("R", 0), array(10000, 4096)) for n in range(2))))
    assert (report.peripherals, "more than 16384 peripherals" in left_out(report)) == (10000, True)


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "/tmp/evil",
        "a&#10;evil: true",
        "%s",
        "[%s]",
        "x" * 5000,
        "&lt;script&gt;",
        "'\"{}[]#: *!|%@`",
        "null",
    ],
)
def test_any_name_makes_files_in_the_folder_and_valid_descriptions(imported, tmp_path: Path, name: str) -> None:
    texts = f"<description>{name}</description>"
    fields = f"<fields>{field(name, '3:0', texts)}</fields>"
    text = svd(peripheral(name, register(name, 0, texts + fields), texts))
    report = imported(text.replace("<name>ACME1</name>", f"<name>{name}</name>"))
    assert len(report.devices) == 1
    assert {path.parent for path in tmp_path.rglob("*.yaml")} == {tmp_path / "devices"}
    assert all(str(finding).isprintable() for finding in report.findings)


def test_peripherals_of_one_name_are_numbered(imported) -> None:
    text = svd(*(peripheral("P", register("R", 0), base=4096 * n) for n in range(30)))
    assert imported(text).devices[:4] == ("acme1-p", "acme1-p-2", "acme1-p-3", "acme1-p-4")
