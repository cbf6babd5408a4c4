"""arm64 Linux on a board of type virt, on this host's KVM; see `kvm_linux`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import arm64_initrd
from kvm_linux import COMMAND_LINE, KvmLinux

from devgen import DevicePlacement
from devgen.qemu.small_linux import Linux


class Arm64Linux(KvmLinux):
    """A guest that has booted, with a PL011 as its console and ``devices``, and what `arm64_initrd` names."""

    CONSOLE = DevicePlacement("uart", "pl011", at={"registers": 0x9000000}, irq={"intr": 1})
    COMMAND_LINE = f"console=ttyAMA0 shell=ttyAMA0 {COMMAND_LINE}"
    CONFIG: Mapping[str, Any] = {"type": "virt", "pci": True}
    ARCHITECTURE = "arm64"

    def initrd(
        self, linux: Linux, folder: Path, modules: Iterable[str | Path], files: Mapping[str, bytes | Path]
    ) -> Path:
        """The one of `arm64_initrd`; further modules and files are not taken."""
        assert not [*modules, *files], "add them to arm64_initrd"
        return arm64_initrd.find(folder)
