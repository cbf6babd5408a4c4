"""A root file system in a disk image: busybox, and the same first process as an initramfs has."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import fetch_linux

from devgen.qemu import initramfs

MODULES = ("virtio_blk", "crc32c_generic", "ext4")
"""What the initramfs must load before it mounts the image."""
SIZE = 16 << 20


def make(folder: Path) -> Path:
    """An ext4 image of SIZE bytes in ``folder``. Raises AssertionError with what mke2fs says."""
    linux, root, image = fetch_linux.find(), folder / "root", folder / "root.img"
    assert linux is not None, fetch_linux.MISSING
    (root / "bin").mkdir(parents=True)
    shutil.copy(linux.root / "bin/busybox", root / "bin")
    shutil.copy(initramfs.INIT, root / "init")
    (root / "init").chmod(0o755)
    (root / "modules").touch()
    for name in ("proc", "sys", "dev", "tmp"):
        (root / name).mkdir()
    command = ["/sbin/mke2fs", "-q", "-t", "ext4", "-d", str(root), str(image), f"{SIZE >> 10}k"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return image
