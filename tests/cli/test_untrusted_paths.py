"""Every command and every bad kind of path: a clear line and exit code 1, at once, and never a traceback.

Each command runs in a process of its own, since a FIFO that is opened carelessly blocks for ever.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

TIMEOUT = 60
"""Seconds: far more than any of these commands takes; one that blocks never ends."""

DEVICE = "device: lamp\nbus: sysbus\nregions:\n  r: {space: mmio, size: 4 KiB, registers: {A: {at: 0}}}\n"
SVD = Path(__file__).parents[2] / "examples" / "registers" / "acme1.svd"
DISK = (
    "board: d\nmachine: {pci: true}\nguest: {image: chip.svd, load: 0x7000}\n"
    "devices: {vda: {device: virtio-blk-pci, slot: 4}}\n"
)
GUEST = "board: b\nguest: {image: g.bin, load: 0x7000}\n"


def devgen(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "devgen", *arguments]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT, errors="replace", check=False
    )


KINDS: dict[str, Callable[[Path], None]] = {
    "FIFO": os.mkfifo,
    "link to /dev/zero": lambda path: path.symlink_to("/dev/zero"),
    "link to itself": lambda path: path.symlink_to(path.name),
    "folder": lambda path: path.mkdir(),
}

# command line, the path that is bad; the folder holds a good device, a good board and its image.
COMMANDS: dict[str, tuple[tuple[str, ...], str]] = {
    "check a file": (("check", "bad.yaml"), "bad.yaml"),
    "check a folder": (("check", "devices"), "devices/bad.yaml"),
    "check an include": (("check", "includes.yaml"), "bad.yaml"),
    "build a file": (("build", "bad.yaml"), "bad.yaml"),
    "build a folder": (("build", "devices"), "devices/bad.yaml"),
    "build over a module": (("build", "devices"), "generated/lamp.py"),
    "build over the catalogue": (("build", "devices"), "generated/__init__.py"),
    "build with a lock": (("build", "devices"), "generated/.devgen-cache/lock"),
    "run a board": (("run", "bad.yaml"), "bad.yaml"),
    "run an image": (("run", "board.yaml", "--accel", "emulator", "--timeout", "5"), "g.bin"),
    "serve a saved state": (("serve", "edu", "--socket", "s", "--restore", "state"), "state"),
    "serve and save": (("serve", "edu", "--socket", "s", "--save", "state"), "state"),
    "replay a trace": (("replay", "bad.jsonl"), "bad.jsonl"),
    "run a kernel": (("run", "board.yaml", "--ram", "4 MiB", "--kernel", "bad"), "bad"),
    "run with an initial RAM disk": (
        ("run", "board.yaml", "--ram", "4 MiB", "--kernel", "chip.svd", "--initrd", "bad"),
        "bad",
    ),
    "run with a medium": (("run", "disk.yaml", "--medium", "vda.medium=bad"), "bad"),
    "compare the old": (("diff", "bad.yaml", "devices/lamp.yaml"), "bad.yaml"),
    "compare the new": (("diff", "devices/lamp.yaml", "bad.yaml"), "bad.yaml"),
    "import a file": (("import", "bad.svd", "-o", "out"), "bad.svd"),
    "import over a description": (("import", "chip.svd", "-o", "out"), "out/acme1-uart0.registers.yaml"),
    "import with a patch": (("import", "chip.svd", "--patch", "bad.yaml", "-o", "out"), "bad.yaml"),
    "start with a file": (("new", "--from", "bad.svd", "--dir", "new"), "bad.svd"),
    "export a description": (("export", "bad.yaml", "--format", "svd", "-o", "out"), "bad.yaml"),
    "export over a file": (("export", "devices/lamp.yaml", "--format", "svd", "-o", "out/lamp.svd"), "out/lamp.svd"),
}
_FOLDERS = ("compare the old", "compare the new", "export a description")
# A folder is a good argument here, or the folder is searched; a link to save through is replaced, not followed.
HARMLESS = {
    *(
        (name, "folder")
        for name in ("check a file", "check a folder", "build a file", "build a folder", "replay a trace", *_FOLDERS)
    ),
    ("serve and save", "link to /dev/zero"),
    ("serve and save", "link to itself"),
    ("build with a lock", "folder"),
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("devices", "generated/.devgen-cache"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "devices" / "lamp.yaml").write_text(DEVICE)
    (tmp_path / "includes.yaml").write_text("include: [bad.yaml]\n" + DEVICE)
    (tmp_path / "board.yaml").write_text(GUEST)
    (tmp_path / "disk.yaml").write_text(DISK)
    (tmp_path / "chip.svd").symlink_to(SVD)
    (tmp_path / "out").mkdir()
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "kind"), [case for case in itertools.product(COMMANDS, KINDS) if case not in HARMLESS]
)
def test_a_bad_path_ends_in_one_clear_error(command: str, kind: str, project: Path) -> None:
    arguments, bad = COMMANDS[command]
    KINDS[kind](project / bad)
    done = devgen(project, *arguments)
    assert "Traceback" not in done.stderr + done.stdout
    assert done.returncode in (1, 2), done.stderr + done.stdout  # 2: click refuses a folder for a file
    assert Path(bad).name in done.stderr + done.stdout


def test_a_name_cannot_control_the_terminal(project: Path) -> None:
    for arguments in (("run", "a\x1b[31mb"), ("import", "a\x1b[31mb", "-o", "out"), ("diff", "a\x1b[31mb", "devices")):
        assert "a\\x1b[31mb: " in devgen(project, *arguments).stderr


def test_a_fifo_is_no_stream(project: Path) -> None:
    (project / "g.bin").write_bytes(b"\xf4")
    os.mkfifo(project / "log")
    board = GUEST + "devices: {u: {device: serial16550, at: {ports: 0x3f8}, streams: {serial: 'file:log'}}}\n"
    (project / "board.yaml").write_text(board)
    done = devgen(project, "run", "board.yaml", "--accel", "emulator", "--timeout", "5")
    assert done.returncode == 1
    assert "cannot open stream backend 'file:log': is a FIFO, not a regular file" in done.stderr


def test_a_nul_in_an_image_is_reported(project: Path) -> None:
    (project / "board.yaml").write_text('board: b\nguest: {image: "x\\0y", load: 0x7000}\n')
    for arguments in (("check", "board.yaml"), ("run", "board.yaml", "--accel", "emulator")):
        done = devgen(project, *arguments)
        assert done.returncode == 1
        assert "board.yaml:2:16: error[" in done.stderr + done.stdout


def test_a_long_include_has_a_place(project: Path) -> None:
    (project / "long.yaml").write_text(f"include: [{'x' * 300}.yaml]\n{DEVICE}")
    done = devgen(project, "check", "long.yaml", "--format", "json")
    assert done.returncode == 1
    assert '"line": 1' in done.stdout


def test_a_link_to_a_folder_is_the_folder(project: Path) -> None:
    (project / "link").symlink_to("devices")
    assert devgen(project, "build", "devices").returncode == 0
    done = devgen(project, "build", "link")
    assert (done.returncode, done.stderr) == (0, "")
    assert "all current" in done.stdout


def test_a_folder_whose_name_is_not_utf8(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/pr\xff"))
    (folder / "devices").mkdir(parents=True)
    (folder / "devices" / "lamp.yaml").write_text(DEVICE)
    (folder / "g.bin").write_bytes(b"\xf4")
    board = GUEST + "devices: {l: {device: lamp, at: {r: 0xfe001000}}}\n"
    (folder / "board.yaml").write_text(board)
    out = str(folder / "generated")
    for arguments in (("build", "-o", out), ("check", str(folder / "devices")), ("list",), ("list", "--stats")):
        done = devgen(folder, *arguments)
        assert done.returncode == 0, done.stderr
    done = devgen(folder, "run", str(folder / "board.yaml"), "--accel", "emulator", "--timeout", "5")
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 1)


BOARDS = {
    "a device with a stray board": "device: lamp\nbus: sysbus\nboard: x\n",
    "the same, quoted": 'device: lamp\nbus: sysbus\n"board": x\n',
}


@pytest.mark.parametrize("text", BOARDS.values(), ids=BOARDS)
def test_a_device_with_a_stray_board_is_refused_everywhere(text: str, project: Path) -> None:
    (project / "devices" / "lamp.yaml").write_text(text + DEVICE.partition("sysbus\n")[2])
    for command in ("check", "build"):
        done = devgen(project, command)
        assert done.returncode == 1
        assert "devices/lamp.yaml:3:1: error[DG0208]" in done.stdout + done.stderr


def test_a_quoted_board_is_a_board_everywhere(project: Path) -> None:
    (project / "devices" / "b.yaml").write_text('"board": b\nguest: {image: g.bin, load: 0x7000}\n')
    (project / "devices" / "g.bin").write_bytes(b"\xf4")
    for command in ("check", "build"):
        assert devgen(project, command).returncode == 0
