#!/usr/bin/env python3
"""Gets parts of the source of Debian bookworm's kernel: the device tree bindings, and the driver of pvpanic.

    tests/fetch/fetch_linux_source.py

Debian's arm64 kernel is built without pvpanic's driver, so tests build it. The package has all of the source (140 MB
are downloaded); 24 MB of it are unpacked into devgen's folder in the user's cache, as devgen/qemu/debian_packages.py
says. Printed is the folder.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from fetch_report import report

from devgen.qemu.debian_packages import Apt, cache_folder, fetch, is_fetched, run, unpack

SUITES = ("bookworm",)
PACKAGE = "linux-source-6.1"
BINDINGS, PVPANIC = "Documentation/devicetree/bindings", "drivers/misc/pvpanic"
RECIPE = [PACKAGE, BINDINGS, PVPANIC, *SUITES, 1]
MISSING = "no source of a kernel: run tests/fetch/fetch_linux_source.py"


def find() -> Path | None:
    """The folder of the kernel's source, if it is there."""
    folder = cache_folder("linux-source")
    return folder / PACKAGE if is_fetched(folder, RECIPE) else None


def get() -> Path:
    """Fetch it. Raises Unavailable."""
    folder = cache_folder("linux-source")
    fetch(folder, RECIPE, SUITES, _fill)
    return folder / PACKAGE


def _fill(apt: Apt, new: Path) -> None:
    package = new / "package"
    unpack(apt.download(PACKAGE), package)
    archive = package / "usr/src" / f"{PACKAGE}.tar.xz"
    run(["tar", "-xJf", str(archive), "-C", str(new), f"{PACKAGE}/{BINDINGS}", f"{PACKAGE}/{PVPANIC}"])
    shutil.rmtree(package)


if __name__ == "__main__":
    sys.exit(report("source of a kernel", lambda: str(find() or get())))
