"""A QEMU that has vfio-user-pci (10.1 or newer): one that is installed, or Debian's, unpacked into the user's cache.

Debian's QEMU is the one of trixie-backports, with its libraries; see `debian_packages`.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Final

from devgen.qemu.debian_packages import Apt, Say, Unavailable, cache_folder, fetch, say_nothing, unpack

SUITES: Final = ("trixie", "trixie-backports")
PACKAGES: Final = {"x86_64": "qemu-system-x86", "aarch64": "qemu-system-arm"}
FOLDERS: Final = {"x86_64": "qemu", "aarch64": "qemu-aarch64"}
VARIABLES: Final = {"x86_64": "DEVGEN_QEMU", "aarch64": "DEVGEN_QEMU_AARCH64"}
OLDEST: Final = (10, 1)
MACHINE: Final = "x86_64-linux-gnu"


@cache
def find(folder: Path | None = None, target: str = "x86_64") -> list[str] | None:
    """Return the command of an installed or unpacked QEMU for ``target``; None if there is none.

    It is the one that the variable DEVGEN_QEMU (or DEVGEN_QEMU_AARCH64) names, on PATH, or unpacked in ``folder``.
    """
    named = os.environ.get(VARIABLES[target])
    if named:
        return [named]
    installed = shutil.which(f"qemu-system-{target}")
    if installed and is_new([installed]) and _has_vfio_user([installed]):
        return [installed]
    command = unpacked(folder or cache_folder(FOLDERS[target]), target)
    return command if Path(command[0]).exists() and is_new(command) else None


def unpacked(folder: Path, target: str = "x86_64") -> list[str]:
    """Return the command of the QEMU unpacked in ``folder``: it uses its own loader, libraries and firmware."""
    root = folder / "root"
    libraries = (f"usr/lib/{MACHINE}", f"usr/lib/{MACHINE}/pulseaudio", f"lib/{MACHINE}")
    paths = ":".join(str(root / path) for path in libraries)
    loader = root / f"usr/lib/{MACHINE}/ld-linux-x86-64.so.2"
    data = [str(root / "usr/share/qemu"), str(root / "usr/share/seabios")]
    program = str(root / f"usr/bin/qemu-system-{target}")
    return [str(loader), "--library-path", paths, program, *(word for path in data for word in ("-L", path))]


def is_new(command: list[str]) -> bool:
    """Return whether it runs, and is new enough."""
    try:
        text = subprocess.run([*command, "--version"], capture_output=True, text=True, timeout=60, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return False
    found = re.search(r"version (\d+)\.(\d+)", text)
    return found is not None and (int(found[1]), int(found[2])) >= OLDEST


def _has_vfio_user(command: list[str]) -> bool:
    """Return whether it was built with vfio-user."""
    text = subprocess.run([*command, "-device", "help"], capture_output=True, text=True, timeout=60, check=False).stdout
    return '"vfio-user-pci"' in text


def get(folder: Path | None = None, target: str = "x86_64", say: Say = say_nothing) -> list[str]:
    """Return the command of a QEMU for ``target``; unpack Debian's into ``folder`` if there is none yet.

    Raises:
        Unavailable: it cannot be fetched here; the message says what to install.
    """
    named = os.environ.get(VARIABLES[target])
    if named and not (is_new([named]) and _has_vfio_user([named])):
        raise Unavailable(f"{VARIABLES[target]} names {named}, which is no QEMU of 10.1 or newer with vfio-user")
    folder = folder or cache_folder(FOLDERS[target])
    found = find(folder, target)
    if found is not None:
        return found
    package = PACKAGES[target]
    lacking = "QEMU 10.1 or newer is not installed"
    if platform.machine() != "x86_64":
        raise Unavailable(f"{lacking}, and devgen downloads it on x86-64 hosts only: {_cure(target)}")
    try:
        fetch(
            folder, [package, *SUITES], SUITES, lambda apt, new: _fill(apt, new, package), say=say,
            what=f"QEMU for {target} (40 MB)",
        )  # fmt: skip
    except Unavailable as error:
        raise Unavailable(f"{lacking}, and it cannot be downloaded ({error}): {_cure(target)}") from None
    find.cache_clear()
    command = unpacked(folder, target)
    if not is_new(command):
        raise Unavailable(f"the QEMU that was unpacked into {folder} does not run")
    return command


def _cure(target: str) -> str:
    return f"install qemu-system-{target} 10.1 or newer with vfio-user, or set {VARIABLES[target]} to its path"


def _fill(apt: Apt, new: Path, package: str) -> None:
    unpack(apt.download_whole(package, SUITES[-1]), new / "root")
