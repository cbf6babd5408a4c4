#!/usr/bin/env python3
"""Gets Debian bookworm's fio with the libraries that it needs, for a guest of the kernel that fetch_linux.py gets.

    tests/fetch/fetch_fio.py

They are unpacked into devgen's folder in the user's cache (about 60 MB are downloaded, 30 MB kept), as
devgen/qemu/debian_packages.py says; nothing is installed. Printed is a JSON object: path in the guest -> path here.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

from fetch_report import report

from devgen.qemu.debian_packages import Apt, cache_folder, fetch, is_fetched, run, unpack

SUITES = ("bookworm",)  # that of the kernel: its C library is in the guest already
PACKAGE = "fio"
RECIPE = [PACKAGE, *SUITES, 1]
MACHINE = "x86_64-linux-gnu"
MISSING = "no fio for the guest: run tests/fetch/fetch_fio.py"


def find() -> dict[str, Path] | None:
    """Path in the guest -> path here of all that fio needs; None if it has not been fetched."""
    folder = cache_folder("fio")
    return _files(folder) if is_fetched(folder, RECIPE) else None


def get() -> dict[str, Path]:
    """Fetch it. Raises Unavailable."""
    folder = cache_folder("fio")
    fetch(folder, RECIPE, SUITES, _fill)
    return _files(folder)


def _files(folder: Path) -> dict[str, Path]:
    libraries = {f"/lib/{path.name}": path for path in sorted((folder / "lib").iterdir())}
    return {"/usr/bin/fio": folder / "fio", **libraries}


def _fill(apt: Apt, new: Path) -> None:
    root = new / "root"
    unpack(apt.download_whole(PACKAGE, SUITES[0]), root)
    shutil.copy2(root / "usr/bin/fio", new / "fio")
    (new / "lib").mkdir()
    for library in _needed(root):
        shutil.copy2(library, new / "lib" / library.name)
    shutil.rmtree(root)


def _needed(root: Path) -> list[Path]:
    """The libraries that fio's loader finds for it; the file names are those that it asks for."""
    folders = [root / "lib" / MACHINE, root / "usr/lib" / MACHINE, root / "usr/lib" / MACHINE / "ceph"]
    loader = root / "lib" / MACHINE / "ld-linux-x86-64.so.2"
    paths = ":".join(str(folder) for folder in folders)
    listing = run([str(loader), "--library-path", paths, "--list", str(root / "usr/bin/fio")])
    return [Path(found) for found in re.findall(r"=> (/\S+)", listing)]


def main() -> int:
    """Print where things are."""
    return report("fio", lambda: json.dumps({place: str(path) for place, path in get().items()}, indent=2))


if __name__ == "__main__":
    sys.exit(main())
