#!/usr/bin/env python3
"""Gets Debian's iasl (package acpica-tools), which disassembles ACPI tables.

    tests/fetch/fetch_iasl.py

An `iasl` on PATH is taken. Otherwise the package is unpacked into devgen's folder in the user's cache (1 MB), as
devgen/qemu/debian_packages.py says. Printed is its path.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from fetch_report import report

from devgen.qemu.debian_packages import Apt, cache_folder, fetch, is_fetched, unpack

SUITES = ("bookworm",)
PACKAGE = "acpica-tools"
RECIPE = [PACKAGE, *SUITES, 1]
MISSING = "no iasl: run tests/fetch/fetch_iasl.py"


def find() -> Path | None:
    """The program, if it is there."""
    installed = shutil.which("iasl")
    if installed:
        return Path(installed)
    folder = cache_folder("iasl")
    return folder / "usr/bin/iasl" if is_fetched(folder, RECIPE) else None


def get() -> Path:
    """Fetch it. Raises Unavailable."""
    folder = cache_folder("iasl")
    fetch(folder, RECIPE, SUITES, _fill)
    return folder / "usr/bin/iasl"


def _fill(apt: Apt, new: Path) -> None:
    unpack(apt.download(PACKAGE), new)


if __name__ == "__main__":
    sys.exit(report("iasl", lambda: str(find() or get())))
