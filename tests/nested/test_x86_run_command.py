"""`devgen run` with a Linux guest: its options, its table of accesses, and what `kill -9` leaves behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fetch_linux import find
from guest_console import BOOT, GRACE, GuestConsole
from kvm_linux import COMMAND_LINE

from devgen.qemu import initramfs

ROOT = Path(__file__).resolve().parents[2]
SECTORS = 2048
# The options of the command replace the guest, the processor and the RAM, and add a medium and an argument.
BOARD = f"""
board: linux
machine: {{type: pc, cpus: 1, ram: 128 MiB, pci: {{ecam: 0xe0000000}}}}
guest: {{kernel: none, cmdline: console=ttyS0 shell=ttyS0 {COMMAND_LINE}}}
devices:
  com1: {{device: serial16550, at: {{ports: 0x3f8}}, irq: {{intr: 4}}, streams: {{serial: 'socket:console'}}}}
  rtc: {{device: mc146818rtc, at: {{ports: 0x70}}, irq: {{irq: 8}}}}
  power: {{device: pc-power, at: {{ports: 0x600}}, on_event: {{POWER_OFF: exit, REBOOT: reset}}}}
  disk: {{device: virtio-blk-pci, slot: 4, properties: {{sectors: {SECTORS}}}}}
"""
OPTIONS = ("--initrd", "initrd", "--append", "hello=1", "--cpus", "2", "--ram", "256 MiB", "--stats")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a board, an initial RAM disk and a disk's image."""
    linux = find()
    assert linux is not None
    (tmp_path / "linux.yaml").write_text(BOARD)
    (tmp_path / "initrd").write_bytes(initramfs.build(linux, ("virtio_blk",), {}))
    (tmp_path / "disk.img").write_bytes(bytes(512 * SECTORS))
    return tmp_path


@contextmanager
def running(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], GuestConsole]]:
    """The command and its guest, which starts. The command is killed in the end, if it still runs."""
    linux = find()
    assert linux is not None
    command = ["run", "linux.yaml", "--kernel", str(linux.vmlinux), "--medium", "disk.medium=disk.img", *OPTIONS]
    with (folder / "errors").open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "devgen", *command], cwd=folder, stdin=subprocess.DEVNULL, stderr=errors,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )  # fmt: skip
    with process:
        try:
            end = time.monotonic() + BOOT
            while "devgen: linux on kvm" not in (folder / "errors").read_text():
                assert process.poll() is None, (folder / "errors").read_text()
                assert time.monotonic() < end, "the run does not start"
                time.sleep(0.05)
            console = GuestConsole(folder / "console", process.poll)
            yield process, console
            console.close()
        finally:
            process.kill()


def processes(folder: Path) -> list[Path]:
    """The processes that run in ``folder``, or name it."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink() == folder or os.fsencode(folder) in (entry / "cmdline").read_bytes():
                found.append(entry)
        except OSError:
            continue
    return found


def test_options_replace_what_the_board_says_and_a_killed_run_leaves_nothing(folder: Path) -> None:
    before = {*folder.iterdir(), folder / "errors"}
    with running(folder) as (process, console):
        console.wait_until_ready()
        assert console.sh("nproc; cat /sys/block/vda/size").split() == ["2", str(SECTORS)]
        assert int(console.sh("awk '/MemTotal/ {print $2}' /proc/meminfo")) > 200 << 10
        assert console.sh("cat /proc/cmdline").split()[-1] == "hello=1"
        console.sh("echo kept >/dev/vda; sync; for cpu in 0 1; do (while :; do :; done) & done")
        process.send_signal(signal.SIGKILL)
        assert process.wait(GRACE) == -signal.SIGKILL
    end = time.monotonic() + GRACE
    while {*folder.iterdir()} != before or processes(folder):
        assert time.monotonic() < end, ({*folder.iterdir()} - before, processes(folder))
        time.sleep(0.1)
    assert (folder / "disk.img").read_bytes()[:5] == b"kept\n"

    with running(folder) as (process, console):
        process.send_signal(signal.SIGTERM)
        assert process.wait(GRACE) == 1
    told = (folder / "errors").read_text().splitlines()
    assert told[-1] == "devgen: stopped"
    assert ["device", "region", "reads", "writes", "doorbells"] in [line.split() for line in told]
    assert {*folder.iterdir()} == before


def test_the_script_for_boots_in_a_row() -> None:
    script = Path(__file__).with_name("linux_boots.py")
    done = subprocess.run(
        [sys.executable, script, "--boots", "1"], capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["device", "region", "reads", "writes", "doorbells"]
    assert lines[-1].startswith("1 of 1 boots; to the shell: median ")
