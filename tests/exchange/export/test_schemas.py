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
    return {"svd": XMLSchema(folder / fetch_schemas.SVD), "ipxact": XMLSchema(folder / fetch_schemas.IPXACT)}


@pytest.mark.slow
@pytest.mark.parametrize("form", ["svd", "ipxact"])
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
    [("svd", "<usage>registers</usage>", ""), ("ipxact", "<ipxact:bitWidth>32</ipxact:bitWidth>", "")],
)
def test_the_schema_finds_a_missing_element(
    form: ExportForm, old: str, new: str, schemas: dict[ExportForm, XMLSchema], tmp_path: Path
) -> None:
    (file,) = export_devices(ROOT / "devices" / "pl031.yaml", tmp_path, form=form).files
    text = file.path.read_text(encoding="utf-8")
    assert old in text
    assert not schemas[form].is_valid(text.replace(old, new, 1))
