"""`devgen build --watch`: builds after each change, survives errors, and ends cleanly at Ctrl-C."""

from __future__ import annotations

import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_kit import Command

LAMP = "device: lamp\nbus: sysbus\n"


class Watching:
    """A running `devgen build --watch`."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "devgen", "build", "--watch"],
            cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0,
        )  # fmt: skip
        self.output = b""

    def until(self, text: str, seconds: float = 60) -> None:
        """Read until the text is printed."""
        assert self.process.stdout is not None
        end = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while text.encode() not in self.output:
                assert selector.select(max(0.0, end - time.monotonic())), self.output.decode()
                self.output += self.process.stdout.read(4096)
        self.output = self.output.partition(text.encode())[2]


@pytest.fixture
def lamp(tmp_path: Path) -> Path:
    path = tmp_path / "devices" / "lamp.yaml"
    path.parent.mkdir()
    path.write_text(LAMP)
    return path


@pytest.fixture
def watching(lamp: Path, tmp_path: Path) -> Iterator[Watching]:
    running = Watching(tmp_path)
    yield running
    running.process.kill()
    running.process.wait()


def test_each_change_is_built_and_an_error_ends_nothing(watching: Watching, lamp: Path, tmp_path: Path) -> None:
    watching.until("generated/lamp.py")
    lamp.write_text(LAMP + "titel: A lamp\n")
    watching.until("unknown key 'titel'")
    lamp.write_text(LAMP + "title: A good lamp\n")
    watching.until("wrote    generated/lamp.py")
    assert "A good lamp" in (tmp_path / "generated" / "lamp.py").read_text()
    (tmp_path / "pyproject.toml").write_text("[tool.devgen]\ndevice = 1\n")
    watching.until("did you mean 'devices'?")
    watching.process.send_signal(signal.SIGINT)
    assert watching.process.wait(60) == 0
    assert b"Traceback" not in watching.output + (watching.process.stdout or sys.stdin.buffer).read()


def test_watch_takes_no_check(devgen: Command, lamp: Path) -> None:
    assert devgen("build", "--watch", "--check").code == 2
    assert devgen("build", "--watch", "--format", "json").code == 2
