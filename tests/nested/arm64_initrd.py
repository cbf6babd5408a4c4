"""The initial RAM disk of arm64 guests, with programs and pvpanic's driver, which are compiled on the host.

Building it in the lab would take minutes, so the lab makes it before it starts and says where in the variable INITRD.
Debian's arm64 kernel is built without the driver of pvpanic: it is built here from Debian's source, unchanged.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import fetch_arm64_build
import fetch_linux
import fetch_linux_source
import parts
from lab_variables import INITRD

from devgen.qemu import initramfs

MODULES = ("nvme", "virtio_blk", "virtio_rng", "gpio-pci-idio-16", "i6300esb")
PROGRAMS = ("rtc_alarm", "scribble")
"""Programs of the folder ``programs``; in the guest they are in its root folder."""
PVPANIC = ("pvpanic", "pvpanic-mmio", "pvpanic-pci")


def find(folder: Path) -> Path:
    """The file that the lab made, or one made now in ``folder``."""
    made = os.environ.get(INITRD)
    return Path(made) if made else make(folder)


def make(folder: Path) -> Path:
    """Make the file in ``folder``. Raises AssertionError with the compiler's messages."""
    linux = fetch_linux.find("arm64")
    assert linux is not None, fetch_linux.ARM64_MISSING
    work = folder / "arm64-initrd"
    work.mkdir()
    files: dict[str, bytes | Path] = {f"/{name}": _program(work, name) for name in PROGRAMS}
    image = folder / "initramfs"
    image.write_bytes(initramfs.build(linux, (*MODULES, *_pvpanic(work)), files))
    return image


def _build() -> fetch_arm64_build.Arm64Build:
    build = fetch_arm64_build.find()
    assert build is not None, fetch_arm64_build.MISSING
    return build


def _program(folder: Path, name: str) -> Path:
    parts.compile_program(_build().gcc, name, folder / name)
    return folder / name


def _pvpanic(folder: Path) -> list[Path]:
    source, build, driver = fetch_linux_source.find(), _build(), folder / "pvpanic"
    assert source is not None, fetch_linux_source.MISSING
    shutil.copytree(source / fetch_linux_source.PVPANIC, driver)
    chosen = ("CONFIG_PVPANIC_MMIO=m", "CONFIG_PVPANIC_PCI=m")
    parts.run("make", "-C", str(build.headers), f"M={driver}", *build.make, *chosen, "modules")
    return [driver / f"{name}.ko" for name in PVPANIC]
