"""`devgen export`: files, folders, reports and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_kit import Command

LAMP = "device: lamp\nbus: sysbus\nregions: {r: {space: mmio, size: 4, registers: {CTRL: {at: 0}}}}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "devices"
    path.mkdir()
    (path / "lamp.yaml").write_text(LAMP)
    (path / "fan.yaml").write_text(LAMP.replace("lamp", "fan"))
    (path / "part.yaml").write_text("fragment: part\ntitle: A part\n")
    return path


def test_a_folder_gets_a_file_for_each_device(devgen: Command, folder: Path) -> None:
    result = devgen("export", "--format", "systemrdl", folder, "-o", folder / "rdl")
    assert (result.code, result.out.splitlines()) == (
        0,
        [f"new       {folder}/rdl/fan.rdl", f"new       {folder}/rdl/lamp.rdl"],
    )


def test_a_file_has_all_devices_and_the_report_says_so_as_json(devgen: Command, folder: Path) -> None:
    words = ("export", "--format", "systemrdl", folder, "-o", folder / "all.rdl", "--report", "json")
    report = json.loads(devgen(*words).out)
    assert [(file["devices"], file["change"]) for file in report["files"]] == [(["fan", "lamp"], "new")]
    assert json.loads(devgen(*words).out)["files"][0]["change"] == "unchanged"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nothing.yaml", "no such file"),
        ("part.yaml", "a fragment describes no device by itself"),
    ],
)
def test_what_is_no_device_is_refused(devgen: Command, folder: Path, name: str, message: str) -> None:
    result = devgen("export", "--format", "systemrdl", folder / name, "-o", folder / "x.rdl")
    assert result.code == 1
    assert message in result.err
    assert not (folder / "x.rdl").exists()


def test_an_output_that_is_named_as_another_formats_files_are_is_refused(devgen: Command, folder: Path) -> None:
    result = devgen("export", "--format", "svd", folder, "-o", folder / "x.RDL")
    assert (result.code, list(folder.glob("x.*"))) == (1, [])
    assert "ends as files of systemrdl do; those of svd end in .svd" in result.err


def test_the_end_of_a_files_name_may_be_in_capitals(devgen: Command, folder: Path) -> None:
    assert devgen("export", "--format", "systemrdl", folder, "-o", folder / "x.RDL").code == 0
    assert (folder / "x.RDL").is_file()
    assert devgen("import", folder / "x.RDL", "--report-only").code == 0
