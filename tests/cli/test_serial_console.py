"""A guest that echoes what its serial port receives, and its console: terminal, pipe, file, pseudo-terminal, socket."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from command_kit import ACCELS, ROOT, Command

PATIENCE = 20

ECHO = """
    ba fd 03  ec  a8 01  74 fb      # 1: mov $0x3fd, %dx; 2: in %dx, %al; test $1, %al; jz 2b
    ba f8 03  ec  ee                # mov $0x3f8, %dx; in %dx, %al; out %al, %dx
    3c 71     75 ef                 # cmp $'q', %al; jne 1b
    b0 00     e6 f4                 # mov $0, %al; out %al, $0xf4
    fa f4                           # cli; hlt
"""
DEAF = "fa eb fe"  # cli; jmp .


def board(folder: Path, code: str = ECHO) -> Path:
    """A board with the guest ``code`` and a serial port on the terminal."""
    (folder / "guest.bin").write_bytes(bytes.fromhex(re.sub("#.*", "", code)))
    path = folder / "console.yaml"
    path.write_text(
        "board: console\n"
        "machine: {type: pc, ram: 64 KiB}\n"
        "guest: {image: guest.bin, load: 0x7000}\n"
        "devices:\n"
        "  com1: {device: serial16550, at: {ports: 0x3f8}, irq: {intr: 4}, streams: {serial: stdio}}\n"
        "  exit: {device: debug-exit, at: {ports: 0xf4}, on_event: {EXIT: exit}}\n"
    )
    return path


def command(folder: Path, accel: str, *more: str, code: str = ECHO) -> list[str]:
    return [sys.executable, "-m", "devgen", "run", str(board(folder, code)), "--accel", accel, "--timeout", "60", *more]


ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT)}


@contextmanager
def running(folder: Path, accel: str, *more: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        command(folder, accel, *more),
        env=ENVIRONMENT,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.slow
@pytest.mark.parametrize("accel", ACCELS)
@pytest.mark.parametrize("source", ["pipe", "file"])
def test_what_is_piped_in_is_echoed_whole(tmp_path: Path, accel: str, source: str) -> None:
    typed = bytes(32 + n % 64 for n in range(500)) + b"q"
    path = tmp_path / "typed"
    path.write_bytes(typed)
    with path.open("rb") as file:
        options: Any = {"stdin": file} if source == "file" else {"input": typed}
        done = subprocess.run(
            command(tmp_path, accel),
            env=ENVIRONMENT,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
            **options,
        )
    assert (done.stdout, done.returncode) == (typed, 0), done.stderr


@pytest.mark.parametrize("accel", ACCELS)
def test_a_console_on_a_socket(tmp_path: Path, accel: str) -> None:
    path = tmp_path / "line"
    with running(tmp_path, accel, "--stream", f"com1.serial=socket:{path}") as process, connected(path) as client:
        client.sendall(b"hello")
        assert received(client.fileno(), 5) == b"hello"
        client.sendall(b"q")
        assert process.wait(PATIENCE) == 0
    assert not path.exists()


@pytest.mark.parametrize("accel", ACCELS)
def test_a_console_on_a_pseudo_terminal(tmp_path: Path, accel: str) -> None:
    with running(tmp_path, accel, "--stream", "com1.serial=pty") as process:
        assert process.stderr is not None
        lines = iter(process.stderr.readline, b"")
        said = next(line for line in lines if b"stream" in line).decode()
        fd = os.open(said.removeprefix("com1: stream 'serial' is at ").strip(), os.O_RDWR | os.O_NOCTTY)
        os.write(fd, b"hello")
        assert received(fd, 5) == b"hello"
        os.write(fd, b"q")
        assert process.wait(PATIENCE) == 0
        os.close(fd)


class Session:
    """A process on a terminal of its own; ``fd`` is what its user types into and sees."""

    def __init__(self, arguments: list[str]) -> None:
        self.process, self.fd = pty.fork()
        if self.process == 0:
            os.execvpe(arguments[0], arguments, ENVIRONMENT)
        self.code: int | None = None

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        if self.code is None:
            os.kill(self.process, signal.SIGKILL)
            self.wait()
        os.close(self.fd)

    def wait(self) -> int:
        """The exit code."""
        self.code = os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])
        return self.code

    def type(self, keys: bytes) -> None:
        os.write(self.fd, keys)

    def see(self, wanted: bytes) -> None:
        """Read what appears until ``wanted`` has."""
        found = b""
        while wanted not in found:
            assert select.select([self.fd], [], [], PATIENCE)[0], found
            found += os.read(self.fd, 1)

    def echoes(self) -> bool:
        """Whether the terminal shows by itself what is typed."""
        return bool(termios.tcgetattr(self.fd)[3] & termios.ECHO)


@pytest.mark.parametrize("accel", ACCELS)
def test_a_terminal_gives_each_key_to_the_guest(tmp_path: Path, accel: str) -> None:
    with Session(command(tmp_path, accel)) as session:
        session.see(b"Ctrl-A x ends the run")
        assert not session.echoes()
        session.type(b"a\x03b")  # Ctrl-C is a byte like any other
        session.see(b"a\x03b")
        session.type(b"q")
        assert session.wait() == 0
        assert session.echoes()


@pytest.mark.parametrize("accel", ACCELS)
def test_the_escape_key_ends_the_run_of_a_guest_that_hears_nothing(tmp_path: Path, accel: str) -> None:
    with Session(command(tmp_path, accel, code=DEAF)) as session:
        session.see(b"Ctrl-A x ends the run")
        session.type(b"nobody listens\x01x")
        session.see(b"devgen: stopped")
        assert session.wait() == 1
        assert session.echoes()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("com1", "write DEVICE.STREAM=BACKEND"),
        ("com1.serial=", "write DEVICE.STREAM=BACKEND"),
        ("com2.serial=pty", "the board has no device 'com2' (did you mean 'com1'?)"),
        ("com1.seriel=pty", "no stream 'seriel' (did you mean 'serial'?)"),
        ("com1.serial=ptty", "unknown stream backend 'ptty' (did you mean 'pty'?)"),
    ],
)
def test_a_wrong_stream_is_told(devgen: Command, tmp_path: Path, given: str, told: str) -> None:
    done = devgen("run", board(tmp_path), "--accel", "emulator", "--stream", given)
    assert done.code == 1
    assert told in done.err


def connected(path: Path) -> socket.socket:
    """A connection, as soon as somebody listens."""
    end = time.monotonic() + PATIENCE
    while True:
        client = socket.socket(socket.AF_UNIX)
        try:
            client.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            client.close()
            assert time.monotonic() < end
            time.sleep(0.01)
        else:
            return client


def received(fd: int, length: int) -> bytes:
    """The next ``length`` bytes."""
    found = b""
    while len(found) < length:
        assert select.select([fd], [], [], PATIENCE)[0], found
        found += os.read(fd, length - len(found))
    return found
