"""A test that imports a device's class before `devgen build`: the failure says what to run."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_runs import run_pytest

DEVICE = "device: my-lamp\nbus: sysbus\nregions: {main: {space: mmio, size: 4, registers: {A: {at: 0}}}}\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text("[tool.devgen]\n[tool.pytest.ini_options]\npythonpath = ['.']\n")
    (tmp_path / "devices").mkdir()
    (tmp_path / "devices" / "my-lamp.yaml").write_text(DEVICE)
    (tmp_path / "tests").mkdir()
    return tmp_path


@pytest.mark.parametrize("folder", [".", "tests"])
def test_a_class_that_is_not_built(project: Path, folder: str) -> None:
    (project / "tests" / "test_lamp.py").write_text("from generated.my_lamp import MyLamp\n")
    shown = run_pytest(project / folder)
    assert f"{project}/devices/my-lamp.yaml describes a device that is not built: run `devgen build` in" in shown


@pytest.mark.parametrize("name", ["generated.lapm", "nowhere"])
def test_other_modules_are_left_to_pytest(project: Path, name: str) -> None:
    (project / "generated").mkdir()
    (project / "generated" / "__init__.py").touch()
    (project / "tests" / "test_lamp.py").write_text(f"import {name}\n")
    shown = run_pytest(project)
    assert f"No module named '{name}'" in shown and "devgen build" not in shown
