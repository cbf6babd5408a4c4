"""IP-XACT components that an export writes: what the importer reads back, and what is reported."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from devgen import ExportForm, check_files, export_devices, import_registers, load_device
from devgen.exchange.export_formats import ExportDevice
from devgen.exchange.findings import Findings
from devgen.exchange.ipxact.ipxact_file import chips_of
from devgen.exchange.ipxact_export.ipxact_parts import IpxactFile, IpxactParts, Parts
from devgen.exchange.mapping.described_chip import chip_of_devices
from devgen.exchange.register_map import Chip, Group, Register
from devgen.exchange.xml_elements import read_xml

ROOT = Path(__file__).parents[3]
CATALOGUE = [path for path in sorted((ROOT / "devices").glob("*.yaml")) if path.read_text().find("\ndevice:") >= 0]
BOARDS = sorted((ROOT / "examples" / "boards").glob("*.yaml"))


def exported(path: Path, folder: Path, form: ExportForm = "ipxact") -> Chip:
    (file,) = export_devices(path, folder, form=form).files
    (chip,) = chips_of(read_xml(file.path), Findings())
    return chip


def loaded(path: Path) -> ExportDevice:
    from devgen.language import load_device as load
    from devgen.language.view import view_of

    result = load(path)
    assert result.tree is not None and result.places is not None
    return ExportDevice(path, view_of(result), result.tree, result.places)


def row(register: Register) -> tuple[object, ...]:
    fields = tuple((field.name, field.high, field.low, field.access or register.access) for field in register.fields)
    known = (1 << register.width) - 1 if register.reset_known is None else register.reset_known
    covered = sum(field.mask for field in register.fields)
    count = register.dimension.count if register.dimension else 1
    return register.name, register.offset, register.width, count, register.reset & known & covered, fields


def intended(parts: Parts) -> Iterator[tuple[object, ...]]:
    for part in parts:
        if isinstance(part, IpxactFile):
            for inner in intended(part.members):
                yield part.group.name, part.group.offset, *inner
        else:
            yield row(part.register)


def read_back(members: tuple[Register | Group, ...]) -> Iterator[tuple[object, ...]]:
    for part in members:
        if isinstance(part, Group):
            for inner in read_back(part.members):
                yield part.name, part.offset, *inner
        else:
            yield row(part)


@pytest.mark.parametrize("form", ["ipxact", "ipxact-2009"])
@pytest.mark.parametrize("path", CATALOGUE, ids=lambda path: path.stem)
def test_each_device_of_the_catalogue_is_read_back(path: Path, form: ExportForm, tmp_path: Path) -> None:
    chip = exported(path, tmp_path, form)
    meant = chip_of_devices([loaded(path)], Findings(), "IP-XACT", 0)
    rows = {part.name: list(intended(IpxactParts(Findings(), "").parts(part.members))) for part in meant.peripherals}
    found = {part.name: list(read_back(part.members)) for part in chip.peripherals}
    assert len(found) == len(rows)
    assert sorted(map(sorted_rows, found.values())) == sorted(map(sorted_rows, rows.values()))


def sorted_rows(rows: list[tuple[object, ...]]) -> list[str]:
    return sorted(map(str, rows))


@pytest.mark.parametrize("path", BOARDS, ids=lambda path: path.stem)
def test_each_board_has_its_devices_at_their_addresses(path: Path, tmp_path: Path) -> None:
    svd = tmp_path / "board.svd"
    export_devices(path, svd, form="svd")
    (report,) = import_registers(svd, None)
    assert len(exported(path, tmp_path / "xml").peripherals) == report.peripherals


def test_an_exported_device_is_imported_as_a_description_that_passes(tmp_path: Path) -> None:
    export_devices(ROOT / "devices" / "pl011.yaml", tmp_path / "pl011.xml", form="ipxact")
    import_registers(tmp_path / "pl011.xml", tmp_path / "devices")
    assert [str(fault) for fault in check_files([tmp_path / "devices"]) if fault.is_error] == []
    (device,) = [path for path in (tmp_path / "devices").glob("*.yaml") if ".registers" not in path.name]
    names = {register.name for register in load_device(device).view.registers}
    assert {"DR", "CR", "IBRD"} <= names


@pytest.mark.parametrize(
    ("registers", "report"),
    [
        ("A: {at: 0, count: 2, stride: 8}", "an array with gaps; exported as a register file"),
        ("A: {at: 0, count: 2, stride: 4, index_names: [X, Y]}", "the names of its elements: X, Y"),
        ("A: {at: 0, protection: secure}", "protection: secure"),
        ("A: {at: 0, fields: {F: {bits: '1:0', values: {X: 0, Y: default}}}}", "the label F.Y"),
        ("A: {at: 0}, B: {at: 0, width: 16, alternate: A}", "it shares bytes with A, of another address or size"),
    ],
)
def test_a_part_that_ipxact_cannot_say_is_reported(registers: str, report: str, tmp_path: Path) -> None:
    path = tmp_path / "box.yaml"
    text = f"device: box\nbus: sysbus\nregions: {{r: {{space: mmio, size: 4 KiB, registers: {{{registers}}}}}}}\n"
    path.write_text(text, encoding="utf-8")
    made = export_devices(path, tmp_path / "box.xml", form="ipxact")
    assert any(report in finding.text for finding in made.findings)
    (chip,) = chips_of(read_xml(tmp_path / "box.xml"), Findings())
    assert len(chip.peripherals[0].members) == 1


def test_registers_of_one_address_are_alternates(tmp_path: Path) -> None:
    path = tmp_path / "box.yaml"
    registers = "A: {at: 0}, B: {at: 0, alternate: A}"
    text = f"device: box\nbus: sysbus\nregions: {{r: {{space: mmio, size: 4 KiB, registers: {{{registers}}}}}}}\n"
    path.write_text(text, encoding="utf-8")
    export_devices(path, tmp_path / "box.xml", form="ipxact")
    assert "<ipxact:alternateRegister>\n" in (tmp_path / "box.xml").read_text(encoding="utf-8")


def test_the_edition_of_2009_has_reset_values_of_registers(tmp_path: Path) -> None:
    path = tmp_path / "box.yaml"
    registers = "A: {at: 0, reset: 0x80, reset_mask: 0xf3, fields: {F: '7:0'}}"
    text = f"device: box\nbus: sysbus\nregions: {{r: {{space: mmio, size: 4 KiB, registers: {{{registers}}}}}}}\n"
    path.write_text(text, encoding="utf-8")
    export_devices(path, tmp_path / "box.xml", form="ipxact-2009")
    assert "<spirit:value>0x80</spirit:value>" in (tmp_path / "box.xml").read_text(encoding="utf-8")
    (chip,) = chips_of(read_xml(tmp_path / "box.xml"), Findings())
    (found,) = chip.peripherals[0].members
    assert isinstance(found, Register)
    assert (found.reset, found.reset_known) == (0x80, 0xF3)
