"""The wheel, installed away from the checkout, brings the command, the data and the catalogue, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the wheel was installed into, as site-packages would be."""
    dist = tmp_path_factory.mktemp("dist")
    site = tmp_path_factory.mktemp("site")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(dist), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True, timeout=300)
    (wheel,) = dist.glob("*.whl")
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--target",
        str(site),
        str(wheel),
    ]
    subprocess.run(pip, check=True, capture_output=True, timeout=300)
    return site


def devgen(site: Path, cwd: Path, *arguments: str, path: str = "") -> subprocess.CompletedProcess[str]:
    """Run the installed command, from a folder that is not the checkout."""
    here = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, [str(site), path]))}
    command = [sys.executable, str(site / "bin" / "devgen"), *arguments]
    return subprocess.run(command, cwd=cwd, env=here, capture_output=True, text=True, timeout=120, check=False)


def test_it_puts_only_devgen_into_site_packages(installed: Path) -> None:
    top = {path.name for path in installed.iterdir() if not path.name.endswith(".dist-info")}
    assert top == {"devgen", "bin"}


def test_it_brings_no_file_of_a_build_s_own_keeping(installed: Path) -> None:
    hidden = [path for path in (installed / "devgen").rglob(".*") if path.name != "__pycache__"]
    assert hidden == []


def test_the_installed_code_is_what_runs(installed: Path, tmp_path: Path) -> None:
    code = "import devgen, pathlib; print(pathlib.Path(devgen.__file__).parents[1])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(installed)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == str(installed)


def test_list_shows_the_built_catalogue(installed: Path, tmp_path: Path) -> None:
    done = devgen(installed, tmp_path, "list")
    assert done.returncode == 0, done.stderr
    assert {"pl031", "xche", "doorbell"} <= {line.split()[0] for line in done.stdout.splitlines()}


def test_run_boots_a_bundled_board(installed: Path, tmp_path: Path) -> None:
    done = devgen(installed, tmp_path, "run", "pl031-alarm")
    assert done.returncode == 0, done.stdout + done.stderr


def test_new_and_build_work_in_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    for arguments in (("new", "blinker"), ("build",), ("build", "--check"), ("check",)):
        done = devgen(installed, tmp_path, *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "generated" / "blinker.py").is_file()
    assert "blinker" in devgen(installed, tmp_path, "list").stdout


def test_an_installed_package_brings_devices_of_its_own(installed: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    assert devgen(installed, project, "new", "widget").returncode == 0
    assert devgen(installed, project, "build", "-o", str(tmp_path / "site" / "acme_devices")).returncode == 0
    info = tmp_path / "site" / "acme-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[devgen.devices]\nacme = acme_devices\n")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = devgen(installed, elsewhere, "list", path=str(tmp_path / "site"))
    assert "widget" in done.stdout, done.stdout + done.stderr
