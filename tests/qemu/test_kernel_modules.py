"""Which module drives a device: modaliases as the kernel writes them, aliases as modules have them."""

from __future__ import annotations

from pathlib import Path

import pytest

from devgen.qemu.kernel_modules import UnknownModule, drivers, module_paths, pci_modalias, virtio_modalias
from devgen.qemu.small_linux import Linux


@pytest.fixture
def linux(tmp_path: Path) -> Linux:
    """A kernel of five modules, one of which is built in and one not unpacked."""
    modules = tmp_path / "root/lib/modules/6.1"
    (modules / "kernel").mkdir(parents=True)
    (modules / "modules.builtin").write_text("kernel/rtc-old.ko\n")
    names = ("nvme", "nvme_core", "virtio_rng", "dropped")
    (modules / "modules.order").write_text("".join(f"kernel/{name}.ko\n" for name in names))
    for name, text in {
        "nvme": b"\0depends=nvme-core\0alias=pci:v*d*sv*sd*bc01sc08i02*\0",
        "nvme_core": b"\0depends=\0",
        "virtio_rng": b"\0depends=\0alias=virtio:d00000004v*\0alias=platform:rng\0",
    }.items():
        (modules / f"kernel/{name}.ko").write_bytes(b"ELF" + text)
    return Linux(tmp_path)


def test_a_modalias_is_what_the_kernel_writes() -> None:
    assert (
        pci_modalias((0x494F, 0x0DC8), (0x1AF4, 0x1100), 0xFF0001)
        == "pci:v0000494Fd00000DC8sv00001AF4sd00001100bcFFsc00i01"
    )


@pytest.mark.parametrize(
    ("identity", "expected"),
    [
        ((0x1AF4, 0x1044), "virtio:d00000004v00001AF4"),
        ((0x1AF4, 0x103F), None),
        ((0x1AF4, 0x10F0), None),
        ((0x1B36, 0x1044), None),
    ],
)
def test_behind_a_virtio_card_is_a_virtio_device(identity: tuple[int, int], expected: str | None) -> None:
    assert virtio_modalias(identity) == expected


@pytest.mark.parametrize(
    ("modaliases", "expected"),
    [
        (["pci:v00001B36d00000010sv0sd0bc01sc08i02"], ["nvme"]),
        (["virtio:d00000004v00001AF4"], ["virtio_rng"]),
        (["pci:v00001B36d00000010sv0sd0bc01sc08i01"], []),
        (["platform:rng"], []),
        ([], []),
    ],
)
def test_a_driver_is_found_by_its_alias(linux: Linux, modaliases: list[str], expected: list[str]) -> None:
    assert drivers(linux, modaliases) == expected
    assert drivers(linux, modaliases) == expected, "from the table that the first call has written"


def test_a_table_that_is_damaged_is_made_again(linux: Linux) -> None:
    (linux.folder / "aliases.json").write_text('{"pci')
    assert drivers(linux, ["virtio:d00000004v1"]) == ["virtio_rng"]


def test_a_cache_that_cannot_be_written_is_no_fault(linux: Linux, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object, **_options: object) -> None:
        raise OSError("read-only file system")

    monkeypatch.setattr("tempfile.NamedTemporaryFile", refuse)
    assert drivers(linux, ["virtio:d00000004v1"]) == ["virtio_rng"]


def test_a_module_comes_after_what_it_needs_and_a_built_in_one_not_at_all(linux: Linux) -> None:
    assert [path.stem for path in module_paths(linux, ["rtc_old", "nvme", "nvme-core"])] == ["nvme_core", "nvme"]


def test_a_module_that_is_not_unpacked_is_unknown(linux: Linux) -> None:
    with pytest.raises(UnknownModule, match="dropped is not a module"):
        module_paths(linux, ["dropped"])
