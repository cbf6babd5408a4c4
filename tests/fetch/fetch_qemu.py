#!/usr/bin/env python3
"""Gets a QEMU that has vfio-user-pci (10.1 or newer) and prints the command that runs it, as a JSON list.

    tests/fetch/fetch_qemu.py [FOLDER]
    tests/fetch/fetch_qemu.py --script ~/bin/qemu-system-x86_64     writes a script that runs it, too
    tests/fetch/fetch_qemu.py --target aarch64                      gets the QEMU that emulates arm64

A `qemu-system-x86_64` (or `-aarch64`) on PATH is taken if it is new enough. Otherwise Debian's trixie-backports is
unpacked, with the libraries that it needs, into FOLDER (default: devgen's folder in the user's cache), as debian.py
says.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from debian import Apt, Unavailable, cache_folder, fetch, report, unpack

SUITES = ("trixie", "trixie-backports")
PACKAGES = {"x86_64": "qemu-system-x86", "aarch64": "qemu-system-arm"}
FOLDERS = {"x86_64": "qemu", "aarch64": "qemu-aarch64"}
VARIABLES = {"x86_64": "DEVGEN_QEMU", "aarch64": "DEVGEN_QEMU_AARCH64"}
OLDEST = (10, 1)
MACHINE = "x86_64-linux-gnu"
MISSING = "no QEMU of 10.1 or newer: run tests/fetch/fetch_qemu.py"
AARCH64_MISSING = f"{MISSING} --target aarch64"


@cache
def find(folder: Path | None = None, target: str = "x86_64") -> list[str] | None:
    """The command of a QEMU for ``target`` that is there already; None without one.

    It is the one that the variable DEVGEN_QEMU (or DEVGEN_QEMU_AARCH64) names, on PATH, or unpacked in ``folder``.
    """
    named = os.environ.get(VARIABLES[target])
    if named:
        return [named]
    installed = shutil.which(f"qemu-system-{target}")
    if installed and is_new([installed]):
        return [installed]
    command = unpacked(folder or cache_folder(FOLDERS[target]), target)
    return command if Path(command[0]).exists() and is_new(command) else None


def unpacked(folder: Path, target: str = "x86_64") -> list[str]:
    """The command of the QEMU unpacked in ``folder``: through its own loader, with its own libraries and firmware."""
    root = folder / "root"
    libraries = (f"usr/lib/{MACHINE}", f"usr/lib/{MACHINE}/pulseaudio", f"lib/{MACHINE}")
    paths = ":".join(str(root / path) for path in libraries)
    loader = root / f"usr/lib/{MACHINE}/ld-linux-x86-64.so.2"
    data = [str(root / "usr/share/qemu"), str(root / "usr/share/seabios")]
    program = str(root / f"usr/bin/qemu-system-{target}")
    return [str(loader), "--library-path", paths, program, *(word for path in data for word in ("-L", path))]


def is_new(command: list[str]) -> bool:
    """Whether it runs, and is new enough."""
    try:
        text = subprocess.run([*command, "--version"], capture_output=True, text=True, timeout=60, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return False
    found = re.search(r"version (\d+)\.(\d+)", text)
    return found is not None and (int(found[1]), int(found[2])) >= OLDEST


def get(folder: Path, target: str = "x86_64") -> list[str]:
    """Unpack QEMU for ``target`` into ``folder``. Raises Unavailable."""
    package = PACKAGES[target]
    fetch(folder, [package, *SUITES], SUITES, lambda apt, new: _fill(apt, new, package))
    find.cache_clear()
    command = unpacked(folder, target)
    if not is_new(command):
        raise Unavailable(f"the QEMU that was unpacked into {folder} does not run")
    return command


def _fill(apt: Apt, new: Path, package: str) -> None:
    unpack(apt.download_whole(package, SUITES[-1]), new / "root")


def write_script(path: Path, command: list[str]) -> None:
    """Make ``path`` a script that runs the command with its own arguments behind."""
    path.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
    path.chmod(0o755)


def main() -> int:
    """Print the command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, help="where to unpack it")
    parser.add_argument("--target", choices=sorted(PACKAGES), default="x86_64", help="the processor to emulate")
    parser.add_argument("--script", type=Path, metavar="PATH", help="write a script that runs it there, too")
    wanted = parser.parse_args()

    def text() -> str:
        folder = (wanted.folder or cache_folder(FOLDERS[wanted.target])).absolute()
        command = find(folder, wanted.target) or get(folder, wanted.target)
        if wanted.script:
            write_script(wanted.script, command)
        return json.dumps(command)

    return report("QEMU", text)


if __name__ == "__main__":
    sys.exit(main())
