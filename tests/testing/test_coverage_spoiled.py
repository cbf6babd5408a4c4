"""`pytest --devgen-coverage` when descriptions, modules or the report's folder are not as they should be."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_runs import run_pytest

import devgen

DEVICE = "device: spoiled\nbus: sysbus\nregions: {main: {space: mmio, size: 4, registers: {A: {at: 0}}}}\n"
TEST = """\
import os, pathlib, shutil

def test_it(bench):
    bench("spoiled").regs.A = 1
    here = pathlib.Path(__file__).parent
    description, module = here / "devices" / "spoiled.yaml", here / "generated" / "spoiled.py"
    SPOIL
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "devices").mkdir()
    (tmp_path / "devices" / "spoiled.yaml").write_text(DEVICE)
    devgen.build_devices([tmp_path / "devices"], tmp_path / "generated")
    return tmp_path


SPOILED = {
    "description.unlink()": "spoiled.py: the project has no description of this device",
    "description.write_bytes(b'\\xff')": "spoiled.yaml: the description has errors",
    "description.unlink(); os.mkfifo(description)": "spoiled.yaml: the description has errors",
    "description.write_text(description.read_text().replace('A', 'B'))": "not what the description generates now",
    "module.unlink()": "spoiled.py: No such file or directory",
    "shutil.rmtree(description.parent)": "spoiled.py: the project has no description of this device",
}


@pytest.mark.slow
def test_what_was_changed_during_the_run_is_told_in_one_line(project: Path) -> None:
    for spoil, told in SPOILED.items():
        (project / "devices").mkdir(exist_ok=True)
        (project / "devices" / "spoiled.yaml").unlink(missing_ok=True)
        (project / "devices" / "spoiled.yaml").write_text(DEVICE)
        devgen.build_devices([project / "devices"], project / "generated")
        (project / "test_it.py").write_text(TEST.replace("SPOIL", spoil))
        shown = run_pytest(project, "--devgen-coverage", "-q")
        assert told in shown, spoil
        assert "1 passed" in shown and "Traceback" not in shown, spoil


@pytest.mark.parametrize("folder", ["/dev/null", "devices/spoiled.yaml", "/dev/null/below", "a" * 300])
def test_a_folder_that_cannot_be_made_ends_the_run_before_the_tests(project: Path, folder: str) -> None:
    (project / "test_it.py").write_text(TEST.replace("SPOIL", "pass"))
    shown = run_pytest(project, f"--devgen-coverage-report=html:{folder}")
    assert f"ERROR: --devgen-coverage-report: {folder}: " in shown
    assert "passed" not in shown and "Traceback" not in shown


def test_a_report_that_cannot_be_written_fails_the_run(project: Path) -> None:
    (project / "test_it.py").write_text(TEST.replace("SPOIL", "shutil.rmtree(here / 'out'); (here / 'out').touch()"))
    shown = run_pytest(project, "--devgen-coverage-report=html:out")
    assert "--devgen-coverage-report: out: File exists" in shown
    assert "Traceback" not in shown
