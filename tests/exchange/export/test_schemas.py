"""What an export writes is valid by the schemas of CMSIS-SVD and IEEE 1685."""

from __future__ import annotations

from pathlib import Path

import fetch_schemas
import pytest
from xmlschema import XMLSchema

from devgen import ExportForm, export_devices

ROOT = Path(__file__).parents[3]
DESCRIPTIONS = [
    *(path for path in sorted((ROOT / "devices").glob("*.yaml")) if path.read_text().find("\ndevice:") >= 0),
    *sorted((ROOT / "examples" / "boards").glob("*.yaml")),
]

pytestmark = pytest.mark.schemas


@pytest.fixture(scope="module")
def schemas() -> dict[ExportForm, XMLSchema]:
    folder = fetch_schemas.find()
    assert folder is not None
    files: dict[ExportForm, str] = {
        "svd": fetch_schemas.SVD,
        "ipxact": fetch_schemas.IPXACT,
        "ipxact-2009": fetch_schemas.IPXACT_2009,
    }
    return {form: XMLSchema(folder / file) for form, file in files.items()}


@pytest.mark.slow
@pytest.mark.parametrize("form", ["svd", "ipxact", "ipxact-2009"])
def test_the_catalogue_and_the_boards_are_valid(
    form: ExportForm, schemas: dict[ExportForm, XMLSchema], tmp_path: Path
) -> None:
    faults: list[str] = []
    for path in DESCRIPTIONS:
        (file,) = export_devices(path, tmp_path / path.parent.name, form=form).files
        faults += [f"{path.stem}: {fault.path}: {fault.reason}" for fault in schemas[form].iter_errors(str(file.path))]
    assert faults == []


@pytest.mark.parametrize(
    ("form", "old", "new"),
    [
        ("svd", "<usage>registers</usage>", ""),
        ("ipxact", "<ipxact:bitWidth>32</ipxact:bitWidth>", ""),
        ("ipxact-2009", "<spirit:size>32</spirit:size>", ""),
    ],
)
def test_the_schema_finds_a_missing_element(
    form: ExportForm, old: str, new: str, schemas: dict[ExportForm, XMLSchema], tmp_path: Path
) -> None:
    (file,) = export_devices(ROOT / "devices" / "pl031.yaml", tmp_path, form=form).files
    text = file.path.read_text(encoding="utf-8")
    assert old in text
    assert not schemas[form].is_valid(text.replace(old, new, 1))


@pytest.mark.parametrize("form", ["ipxact", "ipxact-2009"])
def test_files_arrays_and_several_alternates_are_valid(
    form: ExportForm, schemas: dict[ExportForm, XMLSchema], tmp_path: Path
) -> None:
    path = tmp_path / "box.yaml"
    registers = (
        "F: {at: 16, count: 2, stride: 8, registers: {X: {at: 0, reset: 5}}}, A: {at: 0}, B: {at: 0, alternate: A}, "
        "C: {at: 0, alternate: A}, D: {at: 4, count: 3, stride: 4, reset_mask: 0}"
    )
    text = f"device: box\nbus: sysbus\nregions: {{r: {{space: mmio, size: 4 KiB, registers: {{{registers}}}}}}}\n"
    path.write_text(text, encoding="utf-8")
    (file,) = export_devices(path, tmp_path / "box.xml", form=form).files
    assert [f"{fault.path}: {fault.reason}" for fault in schemas[form].iter_errors(str(file.path))] == []
