"""What an export says in SystemRDL, as systemrdl-compiler reads it."""

from __future__ import annotations

from pathlib import Path

import pytest
from elaborated_tree import compiled
from round_trip import CATALOGUE, ROOT
from systemrdl.node import AddrmapNode, Node

from devgen import DescriptionError, FileError, export_devices


@pytest.fixture
def export(tmp_path: Path):
    def exporter(text: str) -> AddrmapNode:
        source = tmp_path / "example.yaml"
        source.write_text(f"device: example\nbus: sysbus\n{text}", encoding="utf-8")
        export_devices(source, tmp_path / "example.rdl", form="systemrdl")
        return compiled(tmp_path / "example.rdl")

    return exporter


REGION = "regions: {r: {space: mmio, size: 4 KiB, registers: {%s}}}"


@pytest.mark.parametrize("path", CATALOGUE, ids=lambda path: path.stem)
def test_each_device_of_the_catalogue_compiles_without_a_message(path: Path, tmp_path: Path) -> None:
    export_devices(path, tmp_path / "device.rdl", form="systemrdl")
    assert list(compiled(tmp_path / "device.rdl").descendants())


def test_a_field_has_its_bits_access_effects_and_reset(export) -> None:
    text = "CTRL: {at: 4, fields: {E: {bits: '7:4', reset: 5, write_effect: woclr, read_effect: rclr}}}"
    (field,) = export(REGION % text).children()[0].fields()
    assert (field.high, field.low, field.get_property("reset")) == (7, 4, 5)
    assert [field.get_property(name).name for name in ("sw", "onwrite", "onread")] == ["rw", "woclr", "rclr"]


def test_a_keyword_of_systemrdl_is_escaped(export) -> None:
    (register,) = export(REGION % "reg: {at: 0, fields: {field: 0, default: 1}}").children()
    assert [register.inst_name, *(field.inst_name for field in register.fields())] == ["reg", "field", "default"]


def test_registers_at_one_address_are_in_address_maps_of_their_own(export) -> None:
    top = export(REGION % "A: {at: 0, fields: {M: 0}}, B: {at: 0, when: A.M}, C: {at: 4}")
    assert [(child.inst_name, [inner.inst_name for inner in child.children()]) for child in top.children()] == [
        ("r", ["A", "C"]),
        ("r_2", ["B"]),
    ]
    assert offset_in_map(top.children()[1].children()[0]) == 0


def offset_in_map(node: Node) -> int:
    return node.raw_address_offset


def test_an_array_of_two_dimensions_is_one(export) -> None:
    (array,) = export(REGION % "A: {at: 16, count: [2, 3], stride: [12, 4]}").children()
    assert (array.array_dimensions, array.array_stride, array.raw_address_offset) == ([2, 3], 4, 16)


def test_the_second_export_is_byte_identical(tmp_path: Path) -> None:
    devices = ROOT / "devices"
    export_devices(devices, tmp_path / "rdl", form="systemrdl")
    again = export_devices(devices, tmp_path / "rdl", form="systemrdl")
    assert {file.change for file in again.files} == {"unchanged"}


def test_a_description_with_errors_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("device: x\nbus: sysbus\nregions: {r: {space: mmoi, size: 4}}\n")
    with pytest.raises(DescriptionError, match=r"x\.yaml:3:22"):
        export_devices(tmp_path / "x.yaml", tmp_path / "out", form="systemrdl")
    assert not (tmp_path / "out").exists()


def test_a_device_without_registers_is_refused(tmp_path: Path) -> None:
    bells = "regions: {r: {space: mmio, size: 4, doorbells: {B: {at: 0, length: 4, on_ring: n = 1}}}}"
    (tmp_path / "x.yaml").write_text(f"device: x\nbus: sysbus\nstate: {{n: {{width: 8}}}}\n{bells}\n")
    with pytest.raises(FileError, match=r"x\.yaml: the device has neither registers nor memory"):
        export_devices(tmp_path / "x.yaml", tmp_path / "out", form="systemrdl")
