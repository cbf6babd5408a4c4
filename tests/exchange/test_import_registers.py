"""Importing a register file: what it writes, what it keeps, what it reports."""

from __future__ import annotations

from pathlib import Path

import pytest
from svd_text import field, peripheral, register, svd

from devgen import (
    ArgumentError,
    Bench,
    FileError,
    Outcome,
    build_devices,
    check_files,
    import_registers,
    load_device,
    project_registry,
)

FIELDS = f"<resetValue>0x8003</resetValue><fields>{field('RUN', '0:0')}{field('MODE', '3:1')}</fields>"
UART = peripheral(
    "UART0", register("CTRL", 0, FIELDS) + register("DATA%s", 0x10, "<dim>2</dim><dimIncrement>4</dimIncrement>")
)


@pytest.fixture
def chip(tmp_path: Path) -> Path:
    path = tmp_path / "acme.svd"
    path.write_text(svd(UART), encoding="utf-8")
    return path


def test_an_imported_peripheral_builds_and_reads_its_resets(chip: Path, tmp_path: Path) -> None:
    import_registers(chip, tmp_path / "devices")
    assert [str(fault) for fault in check_files([tmp_path / "devices"]) if fault.is_error] == []
    build_devices([tmp_path / "devices"], tmp_path / "generated")
    bench = Bench("acme1-uart0", registry=project_registry(tmp_path))
    assert bench.read32(0) == 0x8003


def test_a_second_import_changes_no_byte(chip: Path, tmp_path: Path) -> None:
    import_registers(chip, tmp_path / "devices")
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in (tmp_path / "devices").iterdir()}
    (report,) = import_registers(chip, tmp_path / "devices")
    after = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in (tmp_path / "devices").iterdir()}
    assert before == after
    assert {file.change for file in report.files} == {"unchanged", "kept"}


def test_an_update_replaces_the_structure_and_keeps_the_authors_file(chip: Path, tmp_path: Path) -> None:
    import_registers(chip, tmp_path / "devices")
    own = tmp_path / "devices" / "acme1-uart0.yaml"
    own.write_text(own.read_text() + "state: {count_of_bytes: {width: 8}}\n", encoding="utf-8")
    written = own.read_text()
    chip.write_text(svd(UART.replace("CTRL", "CONTROL")), encoding="utf-8")
    import_registers(chip, tmp_path / "devices")
    assert own.read_text() == written
    assert "CONTROL:" in (tmp_path / "devices" / "acme1-uart0.registers.yaml").read_text()


def test_behaviour_for_a_register_that_an_update_took_away_is_an_error_that_says_so(chip: Path, tmp_path: Path) -> None:
    import_registers(chip, tmp_path / "devices")
    own = tmp_path / "devices" / "acme1-uart0.yaml"
    hook = "regions: {registers: {registers: {CTRL: {on_write: CTRL = 0}}}}\n"
    own.write_text(own.read_text() + hook, encoding="utf-8")
    chip.write_text(svd(UART.replace("CTRL", "CTRL2")), encoding="utf-8")
    import_registers(chip, tmp_path / "devices")
    faults = [fault for fault in check_files([own]) if fault.is_error]
    assert [(fault.code, fault.hint) for fault in faults] == [
        ("DG0202", "no included file describes 'CTRL'; did you mean 'CTRL2'?")
    ]


def test_a_peripheral_that_an_update_took_away_is_reported_and_its_files_stay(chip: Path, tmp_path: Path) -> None:
    import_registers(chip, tmp_path / "devices")
    chip.write_text(svd(UART.replace("UART0", "USART0")), encoding="utf-8")
    (report,) = import_registers(chip, tmp_path / "devices")
    assert [finding.part for finding in report.findings if "no longer in the source" in finding.text] == ["UART0"]
    assert (tmp_path / "devices" / "acme1-uart0.registers.yaml").exists()


def test_another_chip_in_the_folder_is_not_reported_as_gone(chip: Path, tmp_path: Path) -> None:
    import_registers(chip, tmp_path / "devices")
    chip.write_text(svd(UART).replace("ACME1", "ACME2"), encoding="utf-8")
    (report,) = import_registers(chip, tmp_path / "devices")
    assert [finding for finding in report.findings if "no longer" in finding.text] == []


def test_two_files_that_make_the_same_description_are_refused(chip: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.svd"
    other.write_text(chip.read_text(), encoding="utf-8")
    with pytest.raises(FileError, match=r"other\.svd: .*acme\.svd makes acme1-uart0\.registers\.yaml too"):
        import_registers([chip, other], tmp_path / "devices")
    assert not (tmp_path / "devices").exists()


def test_a_peripheral_imported_alone_has_the_description_of_the_whole_import(tmp_path: Path) -> None:
    source = tmp_path / "acme.svd"
    near = peripheral("NEAR", register("9X", 0), base=0x4000_0100)
    source.write_text(svd(peripheral("P", register("R", 0)), near), encoding="utf-8")
    import_registers(source, tmp_path / "all")
    (report,) = import_registers(source, tmp_path / "one", peripherals=["P"])
    texts = {path.name: path.read_text() for path in (tmp_path / "one").iterdir()}
    assert texts == {name: (tmp_path / "all" / name).read_text() for name in texts}
    assert (report.peripherals, {finding.part for finding in report.findings}) == (1, {"P"})


@pytest.mark.parametrize(("option", "value"), [("include_dirs", ["."]), ("top", "chip"), ("parameters", {"WIDTH": 8})])
def test_an_option_of_systemrdl_without_such_a_file_is_refused(chip: Path, option: str, value: object) -> None:
    with pytest.raises(ArgumentError, match=rf"{option}: is for SystemRDL, but no file ends in \.rdl"):
        import_registers(chip, None, **{option: value})


def test_a_missing_folder_of_included_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.rdl").write_text("addrmap a { reg { field {} F; } R; };")
    with pytest.raises(FileError, match="nowhere: no such folder of included files"):
        import_registers(tmp_path / "a.rdl", None, include_dirs=[tmp_path / "nowhere"])


def test_a_fragment_that_no_import_wrote_is_never_replaced(chip: Path, tmp_path: Path) -> None:
    target = tmp_path / "devices" / "acme1-uart0.registers.yaml"
    target.parent.mkdir()
    target.write_text("fragment: mine\n", encoding="utf-8")
    with pytest.raises(FileError, match="not generated by an import"):
        import_registers(chip, tmp_path / "devices")
    assert target.read_text() == "fragment: mine\n"
    assert [path.name for path in target.parent.iterdir()] == [target.name]


@pytest.mark.parametrize(
    ("registers", "outcome", "text"),
    [
        (register("9X", 0), Outcome.RENAMED, "R9X"),
        (register("count", 0), Outcome.RENAMED, "count_"),
        (register("R", 0, "<size>20</size>"), Outcome.CORRECTED, "a width of 20 bits; 32 came over"),
        (register("R", 0, "<readAction>modify</readAction>"), Outcome.TO_DO, "readAction 'modify'"),
        (register("R", 0x2000), Outcome.CORRECTED, "beyond the address block's end"),
        (register("R%s", 0, "<dim>4</dim><dimIncrement>2</dimIncrement>"), Outcome.CORRECTED, "a stride of 2 bytes"),
        (register("R", 0, "<protection>x</protection>"), Outcome.LEFT_OUT, "protection 'x'"),
    ],
)
def test_what_does_not_come_over_as_it_stands_is_a_finding(
    tmp_path: Path, registers: str, outcome: Outcome, text: str
) -> None:
    path = tmp_path / "acme.svd"
    path.write_text(svd(peripheral("P", registers)), encoding="utf-8")
    findings = import_registers(path, None)[0].findings
    assert [(finding.outcome, finding.place.line) for finding in findings if text in finding.text] == [(outcome, 3)]


def test_an_unknown_peripheral_is_refused_with_a_near_name(chip: Path) -> None:
    with pytest.raises(ArgumentError, match="no peripheral 'UART1'; did you mean 'UART0'"):
        import_registers(chip, None, peripherals=["UART1"])


def test_interrupts_come_over_and_the_behaviour_is_a_to_do(tmp_path: Path) -> None:
    line = "<interrupt><name>P</name><value>3</value></interrupt>"
    path = tmp_path / "acme.svd"
    path.write_text(svd(peripheral("P", register("P", 0), line)), encoding="utf-8")
    import_registers(path, tmp_path / "devices")
    view = load_device(tmp_path / "devices" / "acme1-p.yaml").view
    assert [(each.name, each.description) for each in view.interrupts] == [("irq", "P, interrupt 3 of the chip")]
    assert {part.name for part in view.todo} == {"P", "irq"}
