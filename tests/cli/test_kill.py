"""`kill -9` of `devgen run` and `devgen serve` leaves nothing behind, and the next start works."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from command_kit import ACCELS, ROOT

from devgen.common.removal_after_kill import RemovalAfterKill

LONG = 30.0
# 1: in $0x3fd, %al; test $1, %al; jz 1b; in $0x3f8, %al; out %al, $0x3f8 (by dx); jmp 1b: sends back what it receives
ECHO = bytes.fromhex("bafd03 ec a801 74f8 baf803 ec ee ebf1")
BOARD = """
board: echo
machine: {type: pc, ram: 64 KiB, pci: true}
guest: {image: guest.bin, load: 0x7000}
devices:
  com: {device: serial16550, at: {ports: 0x3f8}, streams: {serial: 'socket:com.sock'}}
  disk: {device: virtio-blk-pci, slot: 3, media: {medium: disk.img}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a board, which is also the folder for temporary files."""
    (tmp_path / "guest.bin").write_bytes(ECHO)
    (tmp_path / "echo.yaml").write_text(BOARD)
    (tmp_path / "disk.img").write_bytes(bytes(2048 * 512))
    return tmp_path


@contextmanager
def started(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A command in ``folder``; it is killed in the end, if it still runs."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(folder)}
    command = [sys.executable, "-m", "devgen", *arguments]
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def eventually(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + LONG
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def connected(path: Path) -> socket.socket:
    """A connection to a socket that is being made."""
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.settimeout(LONG)

    def connect() -> bool:
        try:
            client.connect(str(path))
        except OSError:
            return False
        return True

    assert eventually(connect)
    return client


def processes(folder: Path) -> list[str]:
    """The command lines of the processes that name ``folder`` or run in it, of other sessions too."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes()
            if int(entry.name) != os.getpid() and (
                os.fsencode(folder) in words or (entry / "cwd").readlink() == folder
            ):
                found.append(words.replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return found


def answers(path: Path) -> bool:
    """Whether the guest sends back what it receives."""
    with connected(path) as client:
        client.sendall(b"x")
        return client.recv(1) == b"x"


@pytest.mark.parametrize("accel", ACCELS)
def test_a_killed_run_leaves_nothing(folder: Path, accel: str) -> None:
    before = sorted(folder.iterdir())
    for _ in range(2):
        with started(folder, "run", "echo.yaml", "--accel", accel) as process:
            assert answers(folder / "com.sock")
            assert "/dev/shm/" not in Path(f"/proc/{process.pid}/maps").read_text()
            process.send_signal(signal.SIGKILL)
            assert process.wait(LONG) == -signal.SIGKILL
        assert eventually(lambda: sorted(folder.iterdir()) == before and not processes(folder)), processes(folder)


def test_a_killed_server_leaves_nothing(folder: Path) -> None:
    before = sorted(folder.iterdir())
    options = ("--stream", "serial=socket:console.sock", "--socket", "card.sock")
    for _ in range(2):
        with started(folder, "serve", "virtio-console-pci", *options) as process:
            assert process.stderr is not None
            while b" listens on " not in process.stderr.readline():
                assert process.poll() is None
            connected(folder / "card.sock").close()
            connected(folder / "console.sock").close()
            process.send_signal(signal.SIGKILL)
            assert process.wait(LONG) == -signal.SIGKILL
        assert eventually(lambda: sorted(folder.iterdir()) == before and not processes(folder)), processes(folder)


def test_a_socket_of_another_process_stays(folder: Path) -> None:
    """The next start has replaced the socket before the shell of the killed process runs."""
    path = folder / "s"
    path.touch()
    removal = RemovalAfterKill([path])
    path.rename(folder / "old")
    path.touch()
    removal.close()
    assert path.exists()
    with RemovalAfterKill([path]):
        pass
    assert not path.exists()


def test_without_sockets_no_process_is_started() -> None:
    with RemovalAfterKill([]) as removal:
        assert removal._shell is None
