#!/usr/bin/env python3
"""Gets a QEMU that has vfio-user-pci (10.1 or newer) and prints the command that runs it, as a JSON list.

    tests/vfio_user/fetch_qemu.py [FOLDER]

A `qemu-system-x86_64` on PATH is taken if it is new enough. Otherwise Debian's trixie-backports is unpacked, with the
libraries that it needs, into FOLDER (default: devgen's folder in the user's cache) without installing anything: apt
runs on a state of its own, with the mirror that the host's apt is configured for, and checks signatures with Debian's
keyring.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
SUITES = ("trixie", "trixie-backports")
PACKAGE = "qemu-system-x86"
OLDEST = (10, 1)
MACHINE = "x86_64-linux-gnu"


class Unavailable(Exception):
    """QEMU cannot be had here; the message says why."""


def default_folder() -> Path:
    """Where QEMU is unpacked unless a folder is named."""
    named = os.environ.get("DEVGEN_QEMU_CACHE")
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(named) if named else Path(cache) / "devgen" / "qemu"


def find(folder: Path | None = None) -> list[str] | None:
    """The command of a QEMU that is there already: DEVGEN_QEMU, PATH, or unpacked in ``folder``; None without one."""
    named = os.environ.get("DEVGEN_QEMU")
    if named:
        return [named]
    installed = shutil.which("qemu-system-x86_64")
    if installed and is_new([installed]):
        return [installed]
    command = unpacked(folder or default_folder())
    return command if Path(command[0]).exists() and is_new(command) else None


def unpacked(folder: Path) -> list[str]:
    """The command of the QEMU unpacked in ``folder``: through its own loader, with its own libraries and firmware."""
    root = folder / "root"
    libraries = (f"usr/lib/{MACHINE}", f"usr/lib/{MACHINE}/pulseaudio", f"lib/{MACHINE}")
    paths = ":".join(str(root / path) for path in libraries)
    loader = root / f"usr/lib/{MACHINE}/ld-linux-x86-64.so.2"
    data = [str(root / "usr/share/qemu"), str(root / "usr/share/seabios")]
    program = str(root / "usr/bin/qemu-system-x86_64")
    return [str(loader), "--library-path", paths, program, *(word for path in data for word in ("-L", path))]


def is_new(command: list[str]) -> bool:
    """Whether it runs, and is new enough."""
    try:
        text = subprocess.run([*command, "--version"], capture_output=True, text=True, timeout=60, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return False
    found = re.search(r"version (\d+)\.(\d+)", text)
    return found is not None and (int(found[1]), int(found[2])) >= OLDEST


def mirror() -> str:
    """The Debian mirror that the host's apt is configured for."""
    listing = run(["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"])
    for uri in listing.split():
        if uri.rstrip("/").endswith("/debian"):
            return uri
    raise Unavailable("the host's apt is not configured for a Debian mirror")


def run(command: list[str]) -> str:
    """Standard output of a command. Raises Unavailable with the end of what it said if it fails."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=900).stdout
    except FileNotFoundError:
        raise Unavailable(f"{command[0]} is not there: this needs a Debian host") from None
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{command[0]} takes too long") from None
    except subprocess.CalledProcessError as error:
        raise Unavailable(f"{' '.join(command[:1])}: {error.stderr.strip()[-400:]}") from None


def fetch(folder: Path) -> list[str]:
    """Unpack QEMU into ``folder``. Raises Unavailable."""
    if not KEYRING.exists():
        raise Unavailable(f"{KEYRING} is missing (package debian-archive-keyring)")
    state = folder / "apt"
    for path in ("state/lists/partial", "cache/archives/partial", "etc"):
        (state / path).mkdir(parents=True, exist_ok=True)
    (state / "status").touch()
    sources = "".join(f"deb [signed-by={KEYRING} arch=amd64] {mirror()} {suite} main\n" for suite in SUITES)
    (state / "etc/sources.list").write_text(sources)
    options = {
        "Dir::State": state / "state", "Dir::State::status": state / "status", "Dir::Cache": state / "cache",
        "Dir::Etc::SourceList": state / "etc/sources.list", "Dir::Etc::SourceParts": "/dev/null",
        "Dir::Etc::Preferences": "/dev/null", "Dir::Etc::PreferencesParts": "/dev/null",
        "APT::Install-Recommends": "0", "APT::Sandbox::User": "root", "APT::Architecture": "amd64",
        "APT::Architectures": "amd64", "Acquire::Languages": "none", "DPkg::Options::": "--force-not-root",
        "APT::Keep-Downloaded-Packages": "1",
    }  # fmt: skip
    apt = ["apt-get", "-qq", *(f"-o{key}={value}" for key, value in options.items())]
    run([*apt, "update"])
    run([*apt, "install", "--download-only", "-y", "-t", SUITES[-1], PACKAGE])
    unpack(state / "cache/archives", folder / "root")
    shutil.rmtree(state)
    command = unpacked(folder)
    if not is_new(command):
        raise Unavailable("the QEMU that was unpacked does not run")
    return command


def unpack(archives: Path, root: Path) -> None:
    """Unpack every package, and drop what QEMU does not need to run."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    for package in sorted(archives.glob("*.deb")):
        run(["dpkg", "-x", str(package), str(root)])
    for path in ("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/i18n", "etc", "var"):
        shutil.rmtree(root / path, ignore_errors=True)


def main() -> int:
    """Print the command; the exit code is 1, with a line that says why, when there is none."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else default_folder()
    try:
        print(json.dumps(find(folder) or fetch(folder)))
    except Unavailable as error:
        print(f"no QEMU: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
