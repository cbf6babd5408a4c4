"""``devgen serve``: what it says to a user who mistypes, and that it ends in order."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from command_kit import Command


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["edo"], "did you mean 'edu'?"),
        (["pl031"], "--as-pci is needed: pl031 is on bus sysbus; only a PCI device can be served as it is"),
        (["edu", "--as-pci"], "--as-pci edu is on PCI already: serve it without"),
        (["edu", "--pci-id", "1af4:10f1"], "--pci-id is the ID of the function that as_pci puts around a device"),
        (["debugcon", "--as-pci", "--without-msix"], "debugcon has no interrupt line and so no MSI-X"),
        (["pl031", "--as-pci", "-p", "speed=1"], "pl031 has no such property"),
        (["edu", "-p", "dma_mask"], "-p dma_mask: write NAME=VALUE"),
        (["edu", "-p", "dma_mas=1"], "did you mean 'dma_mask'?"),
        (["edu", "-p", "dma_mask=much"], "-p dma_mask=much: must be a number"),
        (["edu", "-p", "dma_mask=-1"], "property 'dma_mask' is -1"),
        (["nvme", "--medium", "medium"], "--medium medium: write NAME=FILE, as medium=disk.img"),
        (["nvme", "--medium", "medum=disk.img"], "no medium 'medum' (did you mean 'medium'?)"),
        (["nvme", "--medium", "command=disk.img"], "nvme: no medium 'command'; it has medium\n"),
        (["nvme", "--medium", "medium=missing.img"], "nvme: cannot open missing.img: No such file or directory"),
        (["nvme", "--medium", f"medium={__file__}"], "bytes, and the medium 4194304"),
        (["nvme", "--medium", "medium=a\0b"], "its name holds a NUL character"),
        (["pl031", "--as-pci", "--medium", "medium=disk.img"], "pl031: no medium 'medium'; it has none"),
        (["i6300esb", "--on-event", "WATCHDOG"], "--on-event WATCHDOG: write EVENT=ACTION, as PANIC=exit"),
        (["i6300esb", "--on-event", "WATCHDGO=exit"], "i6300esb has no such event (did you mean 'WATCHDOG'?)"),
        (["i6300esb", "--on-event", "WATCHDOG=exti"], "unknown action 'exti' (did you mean 'exit'?)"),
        (["i6300esb", "--on-event", "WATCHDOG=run:"], "write run:COMMAND"),
        (["i6300esb", "--on-event", "WATCHDOG=qmp:s"], "write qmp:SOCKET:COMMAND"),
    ],
)
def test_faults_are_told_in_a_line(devgen: Command, arguments: list[str], said: str) -> None:
    done = devgen("serve", *arguments, "--socket", "s")
    assert (done.code, said in done.err) == (1, True), done.err
    assert not Path("s").exists()


def test_the_socket_is_required(devgen: Command) -> None:
    assert devgen("serve", "edu").code == 2


@pytest.mark.parametrize("identity", ["1af4", "1af4:10f", "ffff:0001", "0x1af4:0x10f0", "1af4:10f0\n"])
def test_what_is_no_pci_id_is_refused(devgen: Command, identity: str) -> None:
    done = devgen("serve", "pl031", "--as-pci", "--pci-id", identity, "--socket", "s")
    assert (done.code, "is not a PCI ID; write vendor and device in hexadecimal" in done.err) == (2, True), done.err


def test_it_listens_until_it_is_told_to_end(tmp_path: Path) -> None:
    path = tmp_path / "s"
    command = [sys.executable, "-m", "devgen", "serve", "edu", "--socket", str(path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        said, _, option = server.stderr.readline().partition(" -device ")
        assert said == f"devgen: edu listens on {path}; QEMU 10.1 or newer attaches it with"
        (value,) = shlex.split(option)
        assert json.loads(value) == {"driver": "vfio-user-pci", "socket": {"type": "unix", "path": str(path)}}
        assert path.is_socket()
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) == 0
    assert not path.exists()
