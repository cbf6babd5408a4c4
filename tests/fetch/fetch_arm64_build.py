#!/usr/bin/env python3
"""Gets what builds programs and modules for the arm64 kernel of fetch_linux.py on x86-64 Debian bookworm: a cross
compiler with its C library, and the kernel's headers.

    tests/fetch/fetch_arm64_build.py

They are unpacked into devgen's folder in the user's cache (about 46 MB are downloaded), as
devgen/qemu/debian_packages.py says; nothing is installed. The compiler uses libraries that the host's gcc has too.
Printed is a JSON object: ``headers``, for `make -C`, and ``cross``, for CROSS_COMPILE.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import fetch_linux
from fetch_report import report

from devgen.qemu.debian_packages import Apt, cache_folder, fetch, is_fetched, unpack

SUITES = ("bookworm",)
COMPILER = ("gcc-12-aarch64-linux-gnu", "cpp-12-aarch64-linux-gnu", "binutils-aarch64-linux-gnu")
LIBRARY = ("libc6-dev-arm64-cross", "libgcc-12-dev-arm64-cross", "linux-libc-dev-arm64-cross")
PREFIX = "aarch64-linux-gnu-"
RECIPE = [*COMPILER, *LIBRARY, *SUITES, 2]
MISSING = "no compiler for arm64: run tests/fetch/fetch_arm64_build.py"


@dataclass(frozen=True)
class Arm64Build:
    """What has been unpacked below ``folder``, for the kernel ``release``."""

    folder: Path
    release: str

    @property
    def headers(self) -> Path:
        """The folder for `make -C`."""
        return self.folder / "usr/src" / f"linux-headers-{self.release}"

    @property
    def gcc(self) -> str:
        """The compiler."""
        return str(self.folder / "bin" / f"{PREFIX}gcc")

    @property
    def make(self) -> list[str]:
        """Variables for `make`."""
        return ["ARCH=arm64", f"CROSS_COMPILE={self.folder / 'bin' / PREFIX}", f"CC={self.gcc}"]


def find() -> Arm64Build | None:
    """What has been fetched for the kernel that is there; None if nothing has."""
    linux, folder = fetch_linux.find("arm64"), cache_folder("arm64-build")
    if linux is None or not is_fetched(folder, [*RECIPE, linux.release]):
        return None
    return Arm64Build(folder, linux.release)


def get() -> Arm64Build:
    """Fetch it, and the kernel. Raises Unavailable."""
    linux, folder = fetch_linux.get("arm64"), cache_folder("arm64-build")
    fetch(folder, [*RECIPE, linux.release], SUITES, lambda apt, new: _fill(apt, new, linux.release))
    return Arm64Build(folder, linux.release)


def _fill(apt: Apt, new: Path, release: str) -> None:
    common = re.sub(r"-arm64$", "-common", release)
    kbuild = "linux-kbuild-" + ".".join(release.split(".")[:2])
    unpack(apt.download(*COMPILER, *LIBRARY, kbuild), new)
    arm64 = Apt(new / "apt", SUITES, "arm64")
    unpack(arm64.download(f"linux-headers-{release}", f"linux-headers-{common}"), new)
    shutil.rmtree(new / "apt")
    folder = cache_folder("arm64-build")
    # The makefiles name one another by where they would be installed.
    for path in (new / "usr/src" / f"linux-headers-{release}").glob("Makefile"):
        path.write_text(re.sub(r"(?<![\w.])/usr/src/", f"{folder}/usr/src/", path.read_text()))
    (new / "bin").mkdir()
    for path in sorted((new / "usr/bin").glob(f"{PREFIX}*")):
        _write_script(new / "bin" / path.name.removesuffix("-12"), folder / "usr/bin" / path.name, folder)


def _write_script(place: Path, program: Path, folder: Path) -> None:
    """Make ``place`` run a program that was unpacked with libraries of its own."""
    libraries = folder / "usr/lib/x86_64-linux-gnu"
    text = f'#!/bin/sh\nPATH="{folder}/bin:$PATH" LD_LIBRARY_PATH="{libraries}" exec "{program}" "$@"\n'
    place.write_text(text)
    place.chmod(0o755)


def _shown(build: Arm64Build) -> str:
    return json.dumps({"headers": str(build.headers), "make": build.make}, indent=2)


if __name__ == "__main__":
    sys.exit(report("compiler for arm64", lambda: _shown(get())))
