"""The board of an imported chip: peripherals at their addresses, interrupts by number."""

from __future__ import annotations

from pathlib import Path

import pytest
from svd_text import peripheral, register, svd

from devgen import BoardBench, ImportReport, build_devices, check_files, import_registers, project_registry

REGISTER = register("R", 0, "<resetValue>5</resetValue>")


def interrupt(name: str, number: int) -> str:
    return f"<interrupt><name>{name}</name><value>{number}</value></interrupt>"


def derived(name: str, base: int, more: str = "", origin: str = "UART0") -> str:
    return (
        f'<peripheral derivedFrom="{origin}"><name>{name}</name><baseAddress>{base:#x}</baseAddress>{more}</peripheral>'
    )


@pytest.fixture
def imported(tmp_path: Path):
    def reader(*peripherals: str, **options: object) -> tuple[ImportReport, str]:
        source = tmp_path / "acme.svd"
        source.write_text(svd(*peripherals), encoding="utf-8")
        (report,) = import_registers(source, tmp_path / "devices", **options)  # type: ignore[arg-type]
        assert [str(fault) for fault in check_files([tmp_path / "devices"])] == []
        board = tmp_path / "devices" / "devgen.ACME1.board.yaml".lower()
        return report, board.read_text() if board.exists() else ""

    return reader


def test_peripherals_are_at_their_addresses_and_derived_ones_share_a_description(imported) -> None:
    report, text = imported(
        peripheral("UART0", REGISTER, interrupt("UART0_IRQ", 5)), derived("UART1", 0x4000_1000, interrupt("X", 300))
    )
    assert report.board == "acme1"
    assert "  UART0: {device: acme1-uart0, at: {registers: 0x40000000}, irq: {irq: 5}}\n" in text
    assert "  UART1: {device: acme1-uart0, at: {registers: 0x40001000}, irq: {irq: 300}}\n" in text
    assert report.findings == ()


def test_a_second_import_changes_no_byte(imported) -> None:
    parts = peripheral("UART0", REGISTER, interrupt("I", 1)), peripheral("SPI", REGISTER, base=0x4001_0000)
    _, first = imported(*parts)
    report, second = imported(*parts)
    assert first == second
    assert {file.change for file in report.files} == {"unchanged", "kept"}


def test_a_description_has_the_interrupts_of_the_peripheral_with_the_most(imported) -> None:
    _, text = imported(
        peripheral("UART0", REGISTER), derived("UART1", 0x4000_1000, interrupt("TX", 7) + interrupt("RX", 8))
    )
    assert "UART1: {device: acme1-uart0, at: {registers: 0x40001000}, irq: {TX: 7, RX: 8}}" in text


def test_what_cannot_be_on_the_board_is_reported(imported) -> None:
    report, text = imported(
        peripheral("UART0", REGISTER, interrupt("FAR", 1024)),
        peripheral("ALTERNATE", REGISTER),
        peripheral("LAST", REGISTER, base=(1 << 64) - 4),
    )
    assert [(finding.part, finding.text) for finding in report.findings] == [
        ("UART0.FAR", "interrupt 1024: a board's interrupts are 0 to 1023"),
        (
            "ALTERNATE",
            "it is described, but not on the board: registers of UART0 are at the same addresses from 0x40000000 on",
        ),
        ("LAST", "it is described, but not on the board: its addresses from 0xfffffffffffffffc on end beyond 64 bits"),
    ]
    assert "ALTERNATE" not in text


def test_peripherals_without_a_common_register_share_addresses(imported, tmp_path: Path) -> None:
    report, text = imported(
        peripheral("POWER", REGISTER),
        peripheral("CLOCK", register("HF", 0x10, "<resetValue>7</resetValue>")),
        peripheral("MPU", register("P", 0x800)),
    )
    assert report.findings == ()
    assert "  CLOCK: {device: acme1-clock, at: {registers: 0x40000000}, overlaps: [POWER]}\n" in text
    assert "  MPU: {device: acme1-mpu, at: {registers: 0x40000000}, overlaps: [POWER, CLOCK]}\n" in text
    build_devices([tmp_path / "devices"], tmp_path / "generated")
    with BoardBench(tmp_path / "devices" / "devgen.acme1.board.yaml", registry=project_registry(tmp_path)) as chip:
        chip.write32(0x4000_0010, 9)
        chip["MPU"].regs.P = 4
        assert (chip.read32(0x4000_0000), chip["CLOCK"].regs.HF.peek(), chip.read32(0x4000_0800)) == (5, 9, 4)


def test_a_block_that_reaches_into_the_next_peripheral_ends_there(imported) -> None:
    report, text = imported(peripheral("A", REGISTER), peripheral("B", REGISTER, base=0x4000_0400))
    assert [finding.text for finding in report.findings] == [
        "its block of 0x1000 bytes reaches into the next peripheral; the region ends there, at 0x400"
    ]
    assert "B: {" in text


@pytest.mark.parametrize("options", [{"peripherals": ["A"]}, {}])
def test_a_part_of_a_chip_and_a_single_peripheral_have_no_board(imported, options: dict[str, object]) -> None:
    parts = [peripheral("A", REGISTER)] + ([peripheral("B", REGISTER, base=0x5000_0000)] if options else [])
    report, text = imported(*parts, **options)
    assert (report.board, text) == ("", "")


def test_an_imported_chip_runs_on_a_bench(imported, tmp_path: Path) -> None:
    imported(peripheral("UART0", REGISTER, interrupt("I", 5)), derived("UART1", 0x4000_1000, interrupt("J", 6)))
    build_devices([tmp_path / "devices"], tmp_path / "generated")
    with BoardBench(tmp_path / "devices" / "devgen.acme1.board.yaml", registry=project_registry(tmp_path)) as chip:
        assert chip.read32(0x4000_1000) == 5
        chip["UART1"].regs.R = 9
        assert (chip.read32(0x4000_1000), chip.read32(0x4000_0000), chip.irq(6)) == (9, 5, 0)
