"""The nested lab: an outer Linux in QEMU's emulation, in which the tests run that need a KVM which boots Linux.

QEMU emulates an x86 processor with AMD's SVM, or an arm64 one with exception level 2, and Debian's kernel in it offers
KVM. The tests run there from the host's file system (9p, read-only): on x86 with the host's own Python, on arm64 with
that of a small Debian root. The outer guest stays up for all tests of a session: `start` starts pytest in it once, and
results arrive one by one in a shared folder.
"""

from __future__ import annotations

import json
import shlex
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import arm64_initrd
import fetch_arm64_root
import parts
from lab_variables import IN_LAB, INITRD, PARTS, RESULTS
from linux_guest import LinuxGuest

from devgen.qemu.machines import Architecture

ROOT = Path(__file__).resolve().parents[2]
SHARE = "/run/out"
OUTER_BOOT = 300.0
WHOLE = 1500
"""Seconds that all tests together may take, on a busy machine."""

PYTEST = ("-m", "pytest", "-o", "addopts=", "-p", "no:cacheprovider", "-p", "no:xdist", "-q")
"""Python's arguments that run pytest there; tests follow."""

MACHINE = (
    "-machine", "q35,hpet=off", "-accel", "tcg,thread=multi,tb-size=1024", "-cpu", "EPYC,+svm,+npt", "-smp", "2",
    "-m", "6144", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
)  # fmt: skip

ARM64_MACHINE = (
    "-machine", "virt,virtualization=on,gic-version=3", "-accel", "tcg,thread=multi,tb-size=1024",
    "-cpu", "neoverse-n1", "-smp", "2", "-m", "6144", "-nodefaults", "-no-user-config", "-display", "none",
    "-no-reboot",
)  # fmt: skip

_ARM64_ROOT = "/run/arm64"
_ARM64_PYTHON = (
    f"PYTHONHOME={_ARM64_ROOT}/usr PYTHONPATH={_ARM64_ROOT}/usr/lib/python3/dist-packages:{{site}} "
    f"LD_LIBRARY_PATH={_ARM64_ROOT}/usr/lib/aarch64-linux-gnu:{_ARM64_ROOT}/lib/aarch64-linux-gnu "
    f"PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 {INITRD}={SHARE}/initramfs"
)
_ARM64_COMMAND = f"{_ARM64_ROOT}/lib/ld-linux-aarch64.so.1 {_ARM64_ROOT}/usr/bin/python3.11"


@dataclass(frozen=True)
class LabKind:
    """What differs between the labs: QEMU's machine, modules, more of the set-up, the environment and the Python."""

    machine: Sequence[str]
    modules: Sequence[str]
    setup: str
    environment: str
    python: str
    env: str
    shell: str


LABS: dict[Architecture, LabKind] = {
    "x86_64": LabKind(
        MACHINE, ("9pnet_virtio", "9p", "kvm_amd"), "", "", ".venv/bin/python", "/usr/bin/env", "/bin/sh"
    ),
    "aarch64": LabKind(
        ARM64_MACHINE,
        ("9pnet_virtio", "9p"),
        f"mkdir -p /host{_ARM64_ROOT}\n"
        f"mount -t 9p -o trans=virtio,version=9p2000.L,ro,msize=512000,cache=loose root /host{_ARM64_ROOT}\n",
        _ARM64_PYTHON,
        _ARM64_COMMAND,
        f"{_ARM64_ROOT}/bin/busybox env",
        f"{_ARM64_ROOT}/bin/busybox sh",
    ),
}

# The 9p tree is cached, so what changes is in the share.
SETUP = f"""
mkdir -p /host /dev/shm /dev/pts
mount -t 9p -o trans=virtio,version=9p2000.L,ro,msize=512000,cache=loose host /host
mount -t proc none /host/proc
mount -t sysfs none /host/sys
mount --bind /dev /host/dev
mount -t tmpfs none /host/dev/shm
mount -t devpts none /host/dev/pts
mount -t tmpfs none /host/run
mkdir -p /host{SHARE}
mount -t 9p -o trans=virtio,version=9p2000.L,rw,msize=512000 out /host{SHARE}
test -c /host/dev/kvm
"""


@dataclass(frozen=True)
class Outcome:
    """How a test ended in the lab: ``passed``, ``failed`` or ``skipped``, with its report."""

    outcome: str
    text: str
    seconds: float


class OuterLab:
    """A booted outer guest. ``close`` ends it."""

    def __init__(self, architecture: Architecture = "x86_64") -> None:
        self._kind = LABS[architecture]
        self._folder = tempfile.TemporaryDirectory(prefix="devgen-nested-")
        folder = Path(self._folder.name)
        self._share = folder / "share"
        self._share.mkdir()
        self._results = self._share / "results"
        self._thread: threading.Thread | None = None
        self._log = ""
        try:
            if architecture == "x86_64":
                parts.make(_folder(self._share / "parts"))
            self._guest = LinuxGuest(
                folder,
                modules=self._kind.modules,
                machine=self._kind.machine,
                qemu=_shared(self._share, fetch_arm64_root.find() if architecture == "aarch64" else None),
                seconds=OUTER_BOOT,
                architecture=architecture,
            )
            if architecture == "aarch64":
                arm64_initrd.make(self._share)
        except BaseException:
            self._folder.cleanup()
            raise
        self._guest.sh(SETUP + self._kind.setup, 120)

    def start(self, tests: Sequence[str]) -> None:
        """Start ``tests`` (node IDs) in the outer guest."""
        (self._share / "tests").write_text("\n".join(tests))
        script = _script([*PYTEST, f"@{SHARE}/tests"], f">/host{SHARE}/log 2>&1", self._kind)

        def work() -> None:
            try:
                self._guest.sh(f"{script}; true", WHOLE)
            except (AssertionError, OSError) as error:
                self._log = str(error)

        self._thread = threading.Thread(target=work, daemon=True)
        self._thread.start()

    def run_python(self, words: Sequence[str], output: TextIO) -> int:
        """Run the project's Python with ``words`` in the outer guest, write what it prints, return its exit code."""
        script = _script(words, f">/host{SHARE}/log 2>&1", self._kind)
        status = self._guest.sh(f"{script}; echo $?", WHOLE)
        output.write((self._share / "log").read_text(errors="replace"))
        return int(status)

    def outcome(self, test: str) -> Outcome:
        """Wait for a test's result."""
        while True:
            found = self._found(test)
            if found is not None:
                return found
            if self._thread is None or not self._thread.is_alive():
                return self._found(test) or Outcome("failed", f"the lab has no result of this test\n{self._story()}", 0)
            time.sleep(0.3)

    def _found(self, test: str) -> Outcome | None:
        try:
            lines = self._results.read_text().splitlines()
        except OSError:
            return None
        for line in lines:
            try:
                result = json.loads(line)
            except ValueError:
                continue  # not written to its end
            if result["test"] == test:
                return Outcome(result["outcome"], result["text"], result["seconds"])
        return None

    def _story(self) -> str:
        log = self._share / "log"
        return f"{self._log}\n{log.read_text(errors='replace')[-4000:] if log.exists() else ''}"

    def close(self) -> None:
        """End QEMU."""
        self._guest.close()
        self._folder.cleanup()


def _script(words: Sequence[str], output: str, kind: LabKind) -> str:
    """A shell script that runs the project's Python in the host's file system."""
    environment = (
        "PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/dev/shm TMPDIR=/dev/shm PYTHONDONTWRITEBYTECODE=1 LC_ALL=C.UTF-8 "
        f"XDG_CACHE_HOME={Path.home() / '.cache'} {IN_LAB}=1 {RESULTS}={SHARE}/results {PARTS}={SHARE}/parts"
    )
    site = next((ROOT / ".venv/lib").glob("python3*/site-packages"))
    command = f"cd {shlex.quote(str(ROOT))} && exec {kind.python} {shlex.join(words)}"
    more = kind.environment.format(site=site)
    return f"chroot /host {kind.env} -i {environment} {more} {kind.shell} -c {shlex.quote(command)} {output}"


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def _shared(share: Path, root: Path | None) -> list[str]:
    words = []
    shares = [("host", "/", ",readonly=on", 8), ("out", str(share), "", 9)]
    if root is not None:
        shares.append(("root", str(root), ",readonly=on", 10))
    for name, path, more, slot in shares:
        words += ["-fsdev", f"local,id={name},path={path},security_model=none,multidevs=remap{more}"]
        words += ["-device", f"virtio-9p-pci,fsdev={name},mount_tag={name},addr={slot:#x}"]
    return words
