"""`devgen new`: all that it writes builds, runs and passes the tools that its settings name, for every bus."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import devgen

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "_new"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a device on each bus and a board for each."""
    folder = tmp_path_factory.mktemp("project")
    for bus in devgen.BUSES:
        devgen.new_device(f"my-{bus}", bus=bus, root=folder, board=True)
    done = run(folder, "devgen", "build")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a Python command in the project."""
    settings = {**os.environ, "PYTEST_ADDOPTS": "", "CI": "", "MYPY_CACHE_DIR": str(folder / ".mypy_cache")}
    arguments = [sys.executable, "-m", *command]
    return subprocess.run(arguments, cwd=folder, env=settings, capture_output=True, text=True, timeout=300, check=False)


COMMANDS = {
    "check": ("devgen", "check", "devices", "boards"),
    "build": ("devgen", "build", "--check"),
    "ruff": ("ruff", "check", "."),
    "format": ("ruff", "format", "--check", "."),
    "pytest": ("pytest", "-q", "-p", "no:cacheprovider", "--devgen-registers"),
    "mypy": ("mypy",),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_a_new_project_passes(project: Path, name: str) -> None:
    done = run(project, *COMMANDS[name])
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("bus", devgen.BUSES)
def test_the_guest_of_a_new_board_ends_with_success(project: Path, bus: str) -> None:
    board = project / "boards" / f"my-{bus}.yaml"
    result = devgen.run_board(board, registry=devgen.project_registry(project), timeout=60)
    assert result.ok, result


def shown_test() -> str:
    """The test with types on the page about testing."""
    text = (TEMPLATES.parents[1] / "docs" / "testing.md").read_text(encoding="utf-8")
    return text.partition("```py\n")[2].partition("```")[0]


def line_of(text: str) -> int:
    return next(number for number, line in enumerate(shown_test().splitlines(), 1) if text in line)


@pytest.mark.slow
def test_mypy_finds_a_wrong_register_in_a_new_projects_test(project: Path) -> None:
    path = project / "tests" / "test_my_isa.py"
    good = path.read_text()
    path.write_text(good.replace("regs.COMPARE", "regs.COMPRAE").replace('"ONCE"', '"ONC"'))
    page = project / "tests" / "test_page.py"
    page.write_text(shown_test().replace("mytimer", "my_isa").replace("Mytimer", "MyIsa"))
    try:
        shown = run(project, "mypy").stdout
    finally:
        path.write_text(good)
        page.unlink()
    assert re.findall(r"^tests/test_page.py:(\d+): error", shown, re.M) == [str(line_of("RUNN"))]
    assert '"MyIsaRegisters" has no attribute "COMPRAE"; maybe "COMPARE"?' in shown
    assert "incompatible type \"Literal['ONC']\"" in shown


@pytest.mark.parametrize("bus", devgen.BUSES)
def test_the_image_of_a_guest_is_what_its_source_assembles_to(project: Path, bus: str, tmp_path: Path) -> None:
    if not all(map(shutil.which, ("make", "as", "ld", "objcopy"))):
        pytest.skip("no assembler")
    guest = shutil.copytree(project / "guest", tmp_path / "guest")
    (guest / f"my-{bus}.bin").unlink()
    subprocess.run(["make", f"my-{bus}.bin"], cwd=guest, capture_output=True, timeout=60, check=True)
    assert (guest / f"my-{bus}.bin").read_bytes() == (TEMPLATES / f"guest-{bus}.bin").read_bytes()


def test_a_project_with_settings_keeps_them_and_gets_a_test_that_needs_none(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.other]\n")
    written = devgen.new_device("lamp", root=tmp_path)
    assert (tmp_path / "pyproject.toml").read_text() == "[tool.other]\n"
    assert tmp_path / "pyproject.toml" not in written
    assert 'bench("lamp")' in (tmp_path / "tests" / "test_lamp.py").read_text()


def test_the_files_of_a_second_device_are_its_own(tmp_path: Path) -> None:
    devgen.new_device("lamp", root=tmp_path, board=True)
    names = {path.relative_to(tmp_path).as_posix() for path in devgen.new_device("fan", root=tmp_path, board=True)}
    assert names == {
        *("devices/fan.yaml", "tests/test_fan.py", "tests/test_fan_board.py"),
        *("boards/fan.yaml", "guest/fan.S", "guest/fan.bin"),
    }
    with pytest.raises(devgen.FileError, match="already exists"):
        devgen.new_device("lamp", root=tmp_path)
