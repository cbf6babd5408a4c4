"""A disk whose medium is a file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from devgen.runtime.base.faults import DeviceError
from devgen.runtime.device.file_medium import FileMedium
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.machine_config import DevicePlacement, MachineConfig
from devgen.runtime.machine.project_devices import project_registry

SIZE = 8 * 512


def machine(path: Path, name: str = "medium", sectors: int = 8) -> Machine:
    disk = DevicePlacement("disk", "virtio-blk-pci", slot=3, properties={"sectors": sectors}, media={name: path})
    return Machine(MachineConfig(pci=True, devices=(disk,)), project_registry())


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "disk.img"
    path.write_bytes(bytes(range(256)) * 16)
    return path


def medium_of(made: Machine) -> FileMedium:
    medium = made.devices["disk"].medium  # type: ignore[attr-defined]
    assert isinstance(medium, FileMedium)
    return medium


def test_reads_and_writes_are_the_files(image: Path) -> None:
    with machine(image) as made:
        medium = medium_of(made)
        assert (len(medium), medium[3], medium[254:258], medium[SIZE - 1 : SIZE + 9]) == (
            SIZE, 3, b"\xfe\xff\x00\x01", b"\xff",
        )  # fmt: skip
        medium[2:4] = b"ab"
        medium[0] = 0x63
        assert image.read_bytes()[:5] == b"c\x01ab\x04"


def test_the_medium_is_saved_and_restored(image: Path) -> None:
    with machine(image) as made:
        state = made.save_state()
        medium_of(made)[0:4] = b"zzzz"
        made.load_state(state)
    assert image.read_bytes() == bytes(range(256)) * 16


def test_a_file_that_becomes_shorter_reads_as_zeros(image: Path) -> None:
    with machine(image) as made:
        os.truncate(image, 2)
        assert medium_of(made)[0:4] == b"\x00\x01\x00\x00"


@pytest.mark.parametrize(
    ("name", "sectors", "message"),
    [
        ("medum", 8, r"disk: no medium 'medum' \(did you mean 'medium'\?\)"),
        ("medium", 9, r"disk.img: the file has 4096 bytes, and the medium 4608"),
    ],
)
def test_what_does_not_fit_is_refused(image: Path, name: str, sectors: int, message: str) -> None:
    with pytest.raises(DeviceError, match=message):
        machine(image, name, sectors)


def test_a_file_that_is_missing_or_in_use_is_refused(image: Path, tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match=r"cannot open .*missing: No such file"):
        machine(tmp_path / "missing")
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(DeviceError, match="is a FIFO, not a regular file"):
        machine(tmp_path / "fifo")
    with machine(image), pytest.raises(DeviceError, match="another process uses this file"):
        machine(image)
