#!/usr/bin/env python3
"""Gets dt-validate, and the kernel's device tree bindings in the form that it reads.

    tests/fetch/fetch_bindings.py

dt-validate is installed from the Python package dtschema into a virtual environment of its own in devgen's folder in
the user's cache. The bindings come from `fetch_linux_source` (140 MB are downloaded), and preparing them takes half a
minute. Printed is the command, as a JSON list.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import venv
from pathlib import Path

import fetch_linux_source
from fetch_report import report

from devgen.qemu.debian_packages import cache_folder, run

PACKAGE = "dtschema==2026.9"
MISSING = "no dt-validate: run tests/fetch/fetch_bindings.py"


def find() -> list[str] | None:
    """The command, to which paths of flattened trees are added, if it is there."""
    folder = cache_folder("bindings")
    return _command(folder) if _schema(folder).is_file() else None


def get() -> list[str]:
    """Fetch it. Raises Unavailable, OSError."""
    found = find()
    if found is not None:
        return found
    folder = cache_folder("bindings")
    folder.mkdir(parents=True, exist_ok=True)
    bindings = fetch_linux_source.get() / fetch_linux_source.BINDINGS
    venv.create(folder / "venv", clear=True, with_pip=True)
    run([str(folder / "venv/bin/python"), "-m", "pip", "install", "-q", PACKAGE])
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        made = Path(scratch) / "schema"
        run([str(folder / "venv/bin/dt-mk-schema"), "-j", "-o", str(made), str(bindings)])
        shutil.move(made, _schema(folder))
    return _command(folder)


def _schema(folder: Path) -> Path:
    return folder / f"{PACKAGE}.{fetch_linux_source.PACKAGE}.json"


def _command(folder: Path) -> list[str]:
    return [str(folder / "venv/bin/dt-validate"), "-m", "-s", str(_schema(folder))]


if __name__ == "__main__":
    sys.exit(report("dt-validate", lambda: json.dumps(get())))
