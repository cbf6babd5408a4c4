"""Every file that a command writes, where there is a FIFO, a device, a folder or a link: a clear line, and no wait."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from command_kit import Command

KINDS: dict[str, Callable[[Path], None]] = {
    "FIFO": os.mkfifo,
    "link to /dev/full": lambda path: path.symlink_to("/dev/full"),
    "link to itself": lambda path: path.symlink_to(path.name),
    "folder": lambda path: path.mkdir(),
}

# command line, and the file that it is to write
OUTPUTS: dict[str, tuple[tuple[str, ...], str]] = {
    "trace": (("run", "b.yaml", "--accel", "emulator", "--trace", "--trace-output", "out"), "out"),
    "JSON trace": (
        ("run", "b.yaml", "--accel", "emulator", "--trace", "--trace-format", "json", "--trace-output", "out"),
        "out",
    ),
    "waves": (("run", "b.yaml", "--accel", "emulator", "--vcd", "out"), "out"),
    "recording": (("record", "b.yaml", "--accel", "emulator", "--device", "u", "-o", "out"), "out"),
    "stream": (("run", "b.yaml", "--accel", "emulator", "--stream", "u.serial=file:out"), "out"),
    "socket of a stream": (("run", "b.yaml", "--accel", "emulator", "--stream", "u.serial=socket:out"), "out"),
    "socket of a server": (("serve", "edu", "--socket", "out"), "out"),
    "description": (("new", "lamp"), "devices/lamp.yaml"),
    "test": (("new", "lamp"), "tests/test_lamp.py"),
}
BOARD = "board: b\nguest: {image: g.bin, load: 0x7000}\ndevices: {u: {device: serial16550, at: {ports: 0x3f8}}}\n"


@pytest.fixture(autouse=True)
def _alarm() -> Iterator[None]:
    """End a command that waits, instead of the whole test run."""
    signal.alarm(60)
    yield
    signal.alarm(0)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("devices", "tests"):
        (tmp_path / name).mkdir()
    (tmp_path / "b.yaml").write_text(BOARD)
    (tmp_path / "g.bin").write_bytes(b"\xf4")
    return tmp_path


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("output", OUTPUTS)
def test_a_bad_place_is_one_clear_error(output: str, kind: str, project: Path, devgen: Command) -> None:
    arguments, name = OUTPUTS[output]
    KINDS[kind](project / name)
    done = devgen(*arguments)
    assert done.code in (1, 2), done
    assert name in done.err
    assert not [path for path in project.rglob("*") if path.is_file() and path.name not in ("b.yaml", "g.bin")]


def test_new_leaves_nothing_when_its_second_file_cannot_be_written(project: Path, devgen: Command) -> None:
    (project / "tests").rmdir()
    (project / "tests").write_text("a file where the folder belongs")
    done = devgen("new", "lamp")
    assert done.code == 1
    assert "tests" in done.err and "nothing has been made" in done.err
    assert list((project / "devices").iterdir()) == []


def test_a_trace_follows_a_link_to_a_file(project: Path, devgen: Command) -> None:
    (project / "there").write_text("old")
    (project / "out").symlink_to("there")
    assert devgen("run", "b.yaml", "--accel", "emulator", "--trace=all", "--trace-output", "out").code == 1
    assert "old" not in (project / "there").read_text()
    assert (project / "out").is_symlink()


def test_waves_and_trace_have_files_of_their_own(project: Path, devgen: Command) -> None:
    done = devgen("run", "b.yaml", "--accel", "emulator", "--trace", "--trace-output", "out", "--vcd", "./out")
    assert done.code in (1, 2)
    assert "waves need a file of their own" in done.err
    assert not (project / "out").exists()
