#!/usr/bin/env python3
"""Gets a small root of Debian bookworm's arm64 packages in which Python runs, for the nested lab of arm64.

    tests/fetch/fetch_arm64_root.py

It has Python 3.11, libfdt and YAML for Python, a static busybox and the kernel's headers (15 MB are downloaded, 60 MB
unpacked). It is unpacked into devgen's folder in the user's cache, as devgen/qemu/debian_packages.py says; nothing is
installed. Printed is the root's path.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fetch_report import report

from devgen.qemu.debian_packages import Apt, cache_folder, fetch, is_fetched, unpack

SUITES = ("bookworm",)
PACKAGES = (
    *("busybox-static", "libbz2-1.0", "libc6", "libcrypt1", "libexpat1", "libfdt1", "libffi8", "libgcc-s1", "liblzma5"),
    *("libpython3.11-minimal", "libpython3.11-stdlib", "libsqlite3-0", "libssl3", "libuuid1", "python3-libfdt"),
    *("python3.11-minimal", "python3-yaml", "libyaml-0-2", "linux-libc-dev", "zlib1g"),
)
RECIPE = [*PACKAGES, *SUITES, 2]
MOUNTS = ("dev", "host", "proc", "root", "run", "sys", "tmp")
MISSING = "no arm64 root: run tests/fetch/fetch_arm64_root.py"


def find() -> Path | None:
    """The root, if it is there."""
    folder = cache_folder("root-arm64")
    return folder / "root" if is_fetched(folder, RECIPE) else None


def get() -> Path:
    """Fetch it. Raises Unavailable."""
    folder = cache_folder("root-arm64")
    fetch(folder, RECIPE, SUITES, _fill, "arm64")
    return folder / "root"


def _fill(apt: Apt, new: Path) -> None:
    root = new / "root"
    unpack(apt.download(*PACKAGES), root)
    for name in MOUNTS:
        (root / name).mkdir(exist_ok=True)
    (root / "bin/sh").symlink_to("busybox")


if __name__ == "__main__":
    sys.exit(report("arm64 root", lambda: str(find() or get())))
