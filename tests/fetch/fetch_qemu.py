#!/usr/bin/env python3
"""Gets a QEMU that has vfio-user-pci (10.1 or newer) and prints the command that runs it, as a JSON list.

    tests/fetch/fetch_qemu.py [FOLDER]
    tests/fetch/fetch_qemu.py --script ~/bin/qemu-system-x86_64     writes a script that runs it, too
    tests/fetch/fetch_qemu.py --target aarch64                      gets the QEMU that emulates arm64

A `qemu-system-x86_64` (or `-aarch64`) on PATH is taken if it is new enough. Otherwise Debian's trixie-backports is
unpacked, with the libraries that it needs, into FOLDER (default: devgen's folder in the user's cache), as
devgen/qemu/qemu_program.py says.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from pathlib import Path

from fetch_report import report

from devgen.qemu.qemu_program import PACKAGES, find, get

__all__ = ["AARCH64_MISSING", "MISSING", "find", "get"]

MISSING = "no QEMU of 10.1 or newer: run tests/fetch/fetch_qemu.py"
AARCH64_MISSING = f"{MISSING} --target aarch64"


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
        command = get(wanted.folder.absolute() if wanted.folder else None, wanted.target)
        if wanted.script:
            write_script(wanted.script, command)
        return json.dumps(command)

    return report("QEMU", text)


if __name__ == "__main__":
    sys.exit(main())
