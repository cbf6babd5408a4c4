"""``devgen qemu``: what it says to a user who mistypes, or who has no QEMU. `tests/linux` boots guests."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_kit import Command


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["edo"], "unknown device 'edo' (did you mean 'edu'?)"),
        (["edu", "-p", "dma_mask"], "-p dma_mask: write NAME=VALUE, or DEVICE.NAME=VALUE"),
        (["edu", "-p", "dma_mas=1"], "-p dma_mas=1: edu has no such property (did you mean 'dma_mask'?)"),
        (["edu", "nvme", "-p", "blocks=1"], "say whose property it is: -p DEVICE.blocks=1"),
        (["edu", "-p", "nvme.blocks=1"], "-p nvme.blocks=1: nvme is not one of the devices"),
        (["edu", "-p", "dma_mask=-1"], "property 'dma_mask' is -1"),
        (["pl031", "--pci-id", "1af4"], "--pci-id 1af4: write vendor and device in hexadecimal, as 1af4:10f0"),
        (["pl031", "pl061", "--pci-id", "1af4:10f1"], "say whose ID it is: --pci-id DEVICE=1af4:10f1"),
        (["pl031", "--pci-id", "pl06=1af4:10f1"], "pl06 is not one of the devices"),
        (["edu", "--pci-id", "1af4:10f1"], "--pci-id is the ID of the function that as_pci puts around a device"),
        (["edu"] * 15, "15 devices; a guest has at most 14"),
        (["--attach", "."], "--attach"),
        (["--attach", "file"], "file: nobody listens there"),
        (["--file", "nothing"], "--file nothing: write PATH:GUEST"),
        (["--file", "file:here"], "--file file:here: write PATH:GUEST"),
        (["--memory", "much"], "--memory 'much' is no size; write it as 256M or 2G"),
    ],
)
def test_faults_are_told_in_a_line(devgen: Command, arguments: list[str], said: str) -> None:
    Path("file").touch()
    done = devgen("qemu", *arguments, "--sh", "true")
    assert said in done.err
    assert done.code == (2 if "Usage:" in done.err else 125)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["edu"], "a shell needs a terminal; give --sh CMD"),
        (["edu", "--sh", "true", "--arch", "mips"], "'mips' is not one of 'x86_64', 'aarch64'"),
        (["edu", "--sh", "true", "--timeout", "0"], "0.0 is not in the range"),
    ],
)
def test_wrong_options_are_usage_errors(devgen: Command, arguments: list[str], said: str) -> None:
    done = devgen("qemu", *arguments)
    assert (done.code, said in done.err) == (2, True), done.err


def test_a_named_qemu_that_is_none_is_refused(devgen: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEVGEN_QEMU", "/bin/true")
    done = devgen("qemu", "edu", "--sh", "true")
    assert done.code == 125
    assert "DEVGEN_QEMU names /bin/true, which is no QEMU of 10.1 or newer with vfio-user" in done.err


def test_without_qemu_and_apt_it_says_what_to_install(
    devgen: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("XDG_CACHE_HOME", "PATH"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.delenv("DEVGEN_QEMU", raising=False)
    done = devgen("qemu", "edu", "--sh", "true")
    assert done.code == 125
    assert "install qemu-system-x86_64 10.1 or newer with vfio-user, or set DEVGEN_QEMU to its path" in done.err
