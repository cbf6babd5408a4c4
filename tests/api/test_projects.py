"""Which project's devices are found: the nearest built one, from the current folder upwards."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import devgen


def project(folder: Path, name: str = "blinker") -> Path:
    """A project with one device, built."""
    devgen.new_device(name, root=folder)
    devgen.build_devices([folder / "devices"], folder / "generated")
    return folder


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a name like a user's."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("below", [".", "tests", "scripts/deep/deeper"])
def test_a_bench_finds_the_projects_devices_from_a_folder_of_the_project(
    home: Path, monkeypatch: pytest.MonkeyPatch, below: str
) -> None:
    project(home)
    (home / below).mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(home / below)
    with devgen.Bench("blinker") as dev:
        dev.write32(0x0C, 5)
        assert dev.read32(0x0C) == 5
    assert devgen.find_project() == home


def test_a_script_and_a_session_find_them(home: Path) -> None:
    project(home)
    program = "import devgen; print(devgen.Bench('blinker').read32(0))"
    for interpreter in ([sys.executable, "-c", program], [sys.executable, "-i", "-c", program]):
        done = subprocess.run(interpreter, capture_output=True, text=True, input="", cwd=home, timeout=60, check=False)
        assert done.stdout.startswith("0") or done.stdout.strip().isdigit(), done.stderr


def test_the_nearest_project_counts(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project(home)
    inner = project(home / "inner", "lamp")
    monkeypatch.chdir(inner)
    assert devgen.Bench("lamp").dut.NAME == "lamp"
    with pytest.raises(devgen.RegistryError) as caught:
        devgen.Bench("blinker")
    assert str(caught.value).startswith("unknown device 'blinker'")
    # The description is found all the same, and the message says where its device could be built.
    assert str(home / "devices" / "blinker.yaml") in str(caught.value)


def test_a_projects_device_comes_before_the_catalogues(home: Path) -> None:
    project(home, "edu")
    assert devgen.Bench("edu").dut.BUS == "sysbus"


def test_the_search_ends_below_a_folder_that_all_may_write(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project(home)
    mine = home / "mine"
    mine.mkdir()
    monkeypatch.chdir(mine)
    home.chmod(0o1777)
    assert devgen.find_project() is None
    with pytest.raises(devgen.RegistryError, match="looked in the catalogue only: no built project"):
        devgen.Bench("no-such-device")
    monkeypatch.chdir(home)  # the folder where it begins is exempt
    assert devgen.find_project() == home


def test_a_folder_of_that_name_that_no_build_wrote_is_no_project(home: Path) -> None:
    (home / "generated").mkdir()
    (home / "generated" / "__init__.py").write_text("raise SystemExit('run')\n")
    assert devgen.find_project() is None
    assert devgen.Bench("pl031").dut.NAME == "pl031"


def test_an_unknown_device_tells_where_was_looked(home: Path) -> None:
    project(home)
    with pytest.raises(devgen.RegistryError) as caught:
        devgen.Bench("blinkr")
    assert str(caught.value) == (
        f"unknown device 'blinkr' (did you mean 'blinker'?); looked in {home / 'generated'} and in the catalogue"
    )


def test_a_described_device_that_is_not_built_is_told(home: Path) -> None:
    devgen.new_device("blinker", root=home)
    with pytest.raises(devgen.RegistryError) as caught:
        devgen.Bench("blinker")
    path = home / "devices" / "blinker.yaml"
    assert str(caught.value).endswith(f"{path} describes it and is not built: run `devgen build` in {home}")


@pytest.mark.parametrize("name", ["../devices/blinker", "", "a\0b", "x" * 5000])
def test_odd_names_are_unknown_devices(home: Path, name: str) -> None:
    project(home)
    with pytest.raises(devgen.RegistryError, match="unknown device"):
        devgen.Bench(name)


def test_the_fixture_looks_where_the_test_is(home: Path, tmp_path: Path) -> None:
    project(home)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(home / "tests")],
        capture_output=True, text=True, cwd=tmp_path, timeout=120, check=False, env={**os.environ},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
