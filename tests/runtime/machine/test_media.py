"""A disk whose medium is a file."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

import pytest

from devgen.runtime.base.faults import DeviceError, StateError
from devgen.runtime.device.file_medium import FileMedium
from devgen.runtime.device.properties import PropertyValue
from devgen.runtime.machine import media
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.machine_config import DevicePlacement, MachineConfig
from devgen.runtime.machine.project_devices import project_registry

SIZE = 8 * 512


def machine(path: Path, name: str = "medium", sectors: int = 8, **properties: PropertyValue) -> Machine:
    properties["sectors"] = sectors
    disk = DevicePlacement("disk", "virtio-blk-pci", slot=3, properties=properties, media={name: path})
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
        ("header", 8, "disk: no medium 'header'; it has medium$"),  # an internal buffer
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


class TestReadOnly:
    """A disk whose property ``read_only`` is true."""

    def test_its_file_is_opened_for_reading(self, image: Path) -> None:
        with machine(image, read_only=True) as made, image.open("rb") as other:
            medium = medium_of(made)
            assert fcntl.fcntl(medium._fd, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY
            assert medium[:] == other.read()

    def test_several_share_a_file_that_nobody_writes(self, image: Path) -> None:
        with machine(image, read_only=True), machine(image, read_only=True):
            self.check_refusal(image, read_only=False)
        with machine(image):
            self.check_refusal(image, read_only=True)

    def check_refusal(self, image: Path, read_only: bool) -> None:
        with pytest.raises(DeviceError, match="another process uses this file"):
            machine(image, read_only=read_only)

    @pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
    def test_a_file_that_cannot_be_written_says_the_property(
        self, image: Path, monkeypatch: pytest.MonkeyPatch, number: int
    ) -> None:
        def refuse(path: Path) -> None:
            raise OSError(number, os.strerror(number), str(path))

        monkeypatch.setattr(media, "open_regular_to_update", refuse)
        with pytest.raises(DeviceError, match=rf"{os.strerror(number)}; read_only: true needs no right to write"):
            machine(image)

    def test_a_state_with_other_contents_is_refused(self, image: Path) -> None:
        with machine(image, read_only=True) as made:
            state = made.save_state()
            made.load_state(state)
        image.write_bytes(bytes(SIZE))
        with machine(image, read_only=True) as made, pytest.raises(StateError, match="'medium' has other contents"):
            made.load_state(state)
