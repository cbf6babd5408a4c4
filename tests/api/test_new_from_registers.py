"""`devgen new --from`: a project with a peripheral of a register file, whose parts all work."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import devgen

ROOT = Path(__file__).resolve().parents[2]
CHIP = ROOT / "examples" / "registers" / "acme1.svd"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with two peripherals of a chip, with boards."""
    folder = tmp_path_factory.mktemp("project")
    for peripheral in ("UART0", "TIMER"):
        devgen.new_imported_device(CHIP, peripheral, root=folder, board=True)
    assert run(folder, "devgen", "build").returncode == 0
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
def test_the_project_passes(project: Path, name: str) -> None:
    done = run(project, *COMMANDS[name])
    assert done.returncode == 0, done.stdout + done.stderr
    assert "warning" not in done.stdout


@pytest.mark.parametrize("name", ["acme1-uart0", "acme1-timer"])
def test_the_guest_reads_the_reset_values(project: Path, name: str) -> None:
    board = project / "boards" / f"{name}.yaml"
    assert devgen.run_board(board, registry=devgen.project_registry(project), timeout=60).ok


def test_the_guest_ends_with_the_number_of_the_first_wrong_register(project: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(project, tmp_path / "copy")
    fragment = folder / "devices" / "acme1-uart0.registers.yaml"
    fragment.write_text(fragment.read_text().replace("reset: 0x10", "reset: 0x11"))
    assert run(folder, "devgen", "build").returncode == 0
    board = folder / "boards" / "acme1-uart0.yaml"
    assert devgen.run_board(board, registry=devgen.project_registry(folder), timeout=60).code == 1


@pytest.mark.parametrize("name", ["acme1-uart0", "acme1-timer"])
def test_the_image_of_the_guest_is_what_its_source_assembles_to(project: Path, name: str, tmp_path: Path) -> None:
    if not all(map(shutil.which, ("make", "as", "ld", "objcopy"))):
        pytest.skip("no assembler")
    guest = shutil.copytree(project / "guest", tmp_path / "guest")
    image = (guest / f"{name}.bin").read_bytes()
    (guest / f"{name}.bin").unlink()
    subprocess.run(["make", f"{name}.bin"], cwd=guest, capture_output=True, timeout=60, check=True)
    assert (guest / f"{name}.bin").read_bytes() == image


def test_a_later_import_replaces_the_registers_and_keeps_the_authors_file(project: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(project, tmp_path / "copy")
    (report,) = devgen.import_registers(CHIP, folder / "devices", peripherals=["UART0"])
    changes = {file.path.name: file.change for file in report.files if file.path.name.startswith("acme1-uart0")}
    assert changes == {"acme1-uart0.registers.yaml": "unchanged", "acme1-uart0.yaml": "kept"}


def test_a_peripheral_that_shares_registers_gets_their_description(tmp_path: Path) -> None:
    assert devgen.new_imported_device(CHIP, "UART1", root=tmp_path).name == "acme1-uart0"


def test_a_patch_corrects_the_peripheral(tmp_path: Path) -> None:
    devgen.new_imported_device(CHIP, "UART0", root=tmp_path, patches=[ROOT / "examples/registers/acme1-fixes.yaml"])
    assert "DIVISOR" in (tmp_path / "devices" / "acme1-uart0.registers.yaml").read_text()


@pytest.mark.parametrize(
    ("peripheral", "message"),
    [
        ("", "name one of its peripherals with --peripheral: UART0, UART1, TIMER"),
        ("UARTO", "no peripheral 'UARTO'; did you mean 'UART0' or"),
        ("I2C", "no peripheral 'I2C'; there are UART0, UART1, TIMER"),
    ],
)
def test_an_unknown_peripheral_is_refused(peripheral: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(devgen.ArgumentError, match=message.replace(" or", "")):
        devgen.new_imported_device(CHIP, peripheral, root=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_second_time_is_refused(tmp_path: Path) -> None:
    devgen.new_imported_device(CHIP, "TIMER", root=tmp_path)
    with pytest.raises(devgen.FileError, match=r"acme1-timer.yaml: already exists"):
        devgen.new_imported_device(CHIP, "TIMER", root=tmp_path)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["timer", "--from", str(CHIP)], "leave the name out"),
        (["--from", str(CHIP), "--bus", "pci"], "on the sysbus"),
        (["--peripheral", "UART0"], "need --from FILE"),
        ([], "Give the device's NAME, or --from FILE"),
    ],
)
def test_contradictory_options_are_refused(arguments: list[str], message: str, tmp_path: Path) -> None:
    done = run(tmp_path, "devgen", "new", *arguments)
    assert done.returncode == 2
    assert message in done.stderr
