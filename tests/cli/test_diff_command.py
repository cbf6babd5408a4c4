"""`devgen diff`: files, folders, git revisions, exit codes and formats."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from command_kit import Command

OLD = """\
device: lamp
bus: sysbus
include: [part.yaml]
regions:
  registers: {space: mmio, size: 4 KiB, registers: {CTRL: {at: 0x0}}}
"""
MOVED = OLD.replace("at: 0x0", "at: 0x4")
GROWN = OLD.replace("{at: 0x0}", "{at: 0x0}, DATA: {at: 0x4}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "devices"
    path.mkdir()
    (path / "lamp.yaml").write_text(OLD)
    (path / "part.yaml").write_text("fragment: part\ntitle: A part\n")
    return path


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=x", "-c", "user.email=x@example.com")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.mark.parametrize(
    ("new", "codes"), [(OLD, (0, 0)), (GROWN, (0, 4)), (MOVED, (3, 3))], ids=["same", "compatible", "breaking"]
)
def test_the_exit_code(devgen: Command, folder: Path, new: str, codes: tuple[int, int]) -> None:
    (folder / "new.yaml").write_text(new)
    pair = ("devices/lamp.yaml", "devices/new.yaml")
    assert (devgen("diff", *pair).code, devgen("diff", *pair, "--exit-code").code) == codes


def test_a_git_revision_is_compared_with_its_own_fragments(devgen: Command, folder: Path, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "x")
    (folder / "lamp.yaml").write_text(MOVED)
    (folder / "part.yaml").unlink()
    (folder / "part.yaml").write_text("fragment: part\nconstants: {LIMIT: 3}\n")
    expected = "breaking    lamp: register CTRL: moved: registers+0x0 -> registers+0x4"
    for old, new in (("HEAD:devices", "devices"), ("HEAD:./devices/lamp.yaml", "devices/lamp.yaml")):
        done = devgen("diff", old, new)
        assert (done.code, done.out.splitlines()[0]) == (3, expected)
        assert "compatible  lamp: constant LIMIT: added" in done.out
    assert "no difference that a driver can see" in devgen("diff", "HEAD:devices", "HEAD:").out


REFUSED = ["nowhere.yaml", "HEAD:nowhere", "--output=x:devices", "nosuchrev:devices", "HEAD:../../etc", "\0:x"]


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_compared(devgen: Command, folder: Path, tmp_path: Path, name: str) -> None:
    git(tmp_path, "init", "-q")
    git(tmp_path, "commit", "-qm", "x", "--allow-empty")
    done = devgen("diff", "--", name, "devices")
    assert done.code == 1
    assert done.err.startswith("devgen: ")
    assert len(done.err.splitlines()) == 1
    assert not (tmp_path / "x").exists()


def test_errors_of_an_old_description_name_the_revision(devgen: Command, folder: Path, tmp_path: Path) -> None:
    (folder / "lamp.yaml").write_text("device: lamp\nbus: usb\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "x")
    done = devgen("diff", "HEAD:devices", "devices")
    assert (done.code, "HEAD:devices" in done.err, "DG0204" in done.err) == (1, True, True)


def test_devices_are_added_and_removed(devgen: Command, folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for name in ("fan", "door"):
        (other / f"{name}.yaml").write_text(f"device: {name}\nbus: sysbus\n")
    done = devgen("diff", "devices", "other")
    assert done.out.splitlines() == [
        "compatible  door: device: added",
        "compatible  fan: device: added",
        "breaking    lamp: device: removed",
        "3 devices compared: 1 breaking, 2 compatible",
    ]


def test_the_formats(devgen: Command, folder: Path) -> None:
    (folder / "new.yaml").write_text(MOVED)
    pair = ("devices/lamp.yaml", "devices/new.yaml")
    found = json.loads(devgen("diff", *pair, "--format", "json").out)
    assert (found["breaking"], found["changes"][0]["kind"]) == (1, "register-moved")
    assert "| `lamp` | `register CTRL` | `moved` | `registers+0x0` | `registers+0x4` |" in (
        devgen("diff", *pair, "--format", "markdown").out.splitlines()
    )
