#!/usr/bin/env python3
"""Gets Debian bookworm's kernel with its modules, a static busybox and the GPIO tools, to boot in QEMU.

    tests/fetch/fetch_linux.py [--headers]
    tests/fetch/fetch_linux.py --architecture arm64

They are unpacked into devgen's folder in the user's cache (about 70 MB are downloaded), as devgen/qemu/small_linux.py
says. Printed is a JSON object of what is where. With --headers, also what a module for this kernel is built against:
`make -C HEADERS M=$PWD modules`.
"""

from __future__ import annotations

import argparse
import json
import sys

from fetch_report import report

from devgen.qemu.small_linux import KERNELS, Linux, find, find_headers, get, get_headers

__all__ = ["ARM64_MISSING", "MISSING", "Linux", "find", "find_headers", "get", "get_headers"]

MISSING = "no kernel to boot: run tests/fetch/fetch_linux.py"
ARM64_MISSING = f"{MISSING} --architecture arm64"


def main() -> int:
    """Print where things are."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--headers", action="store_true", help="also what modules for the x86 kernel are built against")
    parser.add_argument("--architecture", choices=sorted(KERNELS), default="amd64", help="the kernel's processor")
    wanted = parser.parse_args()

    def text() -> str:
        linux = get(wanted.architecture)
        kernel = {"vmlinux": linux.vmlinux} if wanted.architecture == "amd64" else {"image": linux.image}
        found = {"release": linux.release, **kernel, "modules": linux.modules}
        if wanted.headers:
            found["headers"] = get_headers()
        return json.dumps(found, indent=2, default=str)

    return report("kernel to boot", text)


if __name__ == "__main__":
    sys.exit(main())
