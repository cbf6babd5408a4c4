#!/usr/bin/env python3
"""Gets Debian's dtc (package device-tree-compiler), which checks device trees.

    tests/fetch/fetch_dtc.py

A `dtc` on PATH is taken if it is 1.7 or newer: older ones ask for #address-cells in each interrupt controller, which
bindings do not have. Otherwise the package of Debian trixie is unpacked, with the libraries that it needs, into
devgen's folder in the user's cache (3 MB), as debian.py says. Printed is the command, as a JSON list.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

from fetch_report import report

from devgen.qemu.debian_packages import Apt, cache_folder, fetch, is_fetched, unpack

SUITES = ("trixie",)
PACKAGES = ("device-tree-compiler", "libc6", "libfdt1", "libyaml-0-2")
RECIPE = [*PACKAGES, *SUITES, 1]
OLDEST = (1, 7)
MACHINE = "x86_64-linux-gnu"
MISSING = "no dtc: run tests/fetch/fetch_dtc.py"


def find() -> list[str] | None:
    """The command, if it is there."""
    installed = shutil.which("dtc")
    if installed and _is_new(installed):
        return [installed]
    folder = cache_folder("dtc")
    return _unpacked(folder) if is_fetched(folder, RECIPE) else None


def _is_new(program: str) -> bool:
    text = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=60, check=True).stdout
    found = re.search(r"(\d+)\.(\d+)", text)
    return found is not None and (int(found[1]), int(found[2])) >= OLDEST


def _unpacked(folder: Path) -> list[str]:
    """The command of the unpacked program: through its own loader, with its own libraries."""
    libraries = folder / "usr/lib" / MACHINE
    return [str(libraries / "ld-linux-x86-64.so.2"), "--library-path", str(libraries), str(folder / "usr/bin/dtc")]


def get() -> list[str]:
    """Fetch it. Raises Unavailable."""
    folder = cache_folder("dtc")
    fetch(folder, RECIPE, SUITES, _fill)
    return _unpacked(folder)


def _fill(apt: Apt, new: Path) -> None:
    unpack(apt.download(*PACKAGES), new)


if __name__ == "__main__":
    sys.exit(report("dtc", lambda: json.dumps(find() or get())))
