"""Linux on a board of devgen's own, on this host's KVM, doing what a test tells it over its serial console.

with KvmLinux(folder, devices=PC) as guest:
    assert guest.sh("nproc") == "1"
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import fetch_linux
from guest_console import GRACE, GuestConsole

import devgen
from devgen import AccessCounts, DevicePlacement, KernelConfig, MachineConfig, Registry, RunResult
from devgen.hosts.kvm import unavailable
from devgen.qemu import initramfs
from devgen.qemu.machines import Architecture
from devgen.qemu.small_linux import Linux

COMMAND_LINE = "quiet panic=-1 oops=panic mitigations=off nokaslr random.trust_cpu=on"
RAM = 256 << 20
CPUINFO = Path("/proc/cpuinfo")

KEYBOARD = DevicePlacement("keyboard", "keyboard-reset", at={"ports": 0x64}, on_event={"REBOOT": "reset"})
CONSOLE = DevicePlacement("com1", "serial16550", at={"ports": 0x3F8}, irq={"intr": 4})
CLOCK = DevicePlacement("rtc", "mc146818rtc", at={"ports": 0x70}, irq={"irq": 8})
POWER = DevicePlacement("power", "pc-power", at={"ports": 0x600}, on_event={"POWER_OFF": "exit", "REBOOT": "reset"})
PM = DevicePlacement("pm", "acpi-pm", at={"ports": 0x600}, irq={"sci": 9}, on_event={"POWER_OFF": "exit"})
PANIC = DevicePlacement("panic", "pvpanic-isa", at={"port": 0x505}, on_event={"GUEST_PANICKED": "panic"})


def boots_linux(architecture: Architecture = "x86_64") -> bool:
    """Whether this host's KVM boots Linux."""
    if architecture == "aarch64":
        return unavailable(type="virt") is None
    return has_virtualization(CPUINFO.read_text(errors="replace")) and unavailable() is None


def has_virtualization(cpuinfo: str) -> bool:
    """Whether an x86 processor has VMX or SVM: without, /dev/kvm is a software KVM, which does not boot Linux."""
    return not {"vmx", "svm"}.isdisjoint(cpuinfo.split())


class KvmLinux(GuestConsole):
    """A guest that has booted, with CONSOLE and ``devices``. Use as a context; leaving it ends the run.

    ``modules`` and ``files``: as for `linux_guest.LinuxGuest`. ``registry``: where devices are found. ``counting``:
    whether `counts` has the guest's accesses. ``config``: further keys of `MachineConfig`.
    """

    CONSOLE = CONSOLE
    COMMAND_LINE = f"console=ttyS0 shell=ttyS0 {COMMAND_LINE}"
    CONFIG: Mapping[str, Any] = {"pci": True, "ecam": 0xE0000000}
    ARCHITECTURE = "amd64"

    def __init__(
        self,
        folder: Path,
        devices: Sequence[DevicePlacement] = (),
        *,
        modules: Iterable[str | Path] = (),
        files: Mapping[str, bytes | Path] | None = None,
        append: str = "",
        kernel: Path | None = None,
        registry: Registry | None = None,
        counting: bool = False,
        **config: Any,
    ) -> None:
        linux = fetch_linux.find(self.ARCHITECTURE)
        assert linux is not None, fetch_linux.MISSING
        path = folder / "console"
        console = replace(self.CONSOLE, streams={"serial": f"socket:{path}"})
        image = self.initrd(linux, folder, modules, files or {})
        default = linux.vmlinux if self.ARCHITECTURE == "amd64" else linux.image
        machine = MachineConfig(
            name="linux",
            devices=(console, *devices),
            guest=KernelConfig(kernel or default, image, f"{self.COMMAND_LINE} {append}"),
        )
        self.result: RunResult | None = None
        config = {**self.CONFIG, "ram": RAM, **config}
        self.board = devgen.Board(replace(machine, **config), accel="kvm", registry=registry)
        self.counts: AccessCounts | None = self.board.count_accesses() if counting else None
        self._thread = threading.Thread(target=self._run, daemon=True)
        try:
            super().__init__(path, lambda: self.result)
            self.started = time.monotonic()
            self._thread.start()
            self.wait_until_ready()
        except BaseException:
            self.close()
            raise

    def initrd(
        self, linux: Linux, folder: Path, modules: Iterable[str | Path], files: Mapping[str, bytes | Path]
    ) -> Path:
        """Make the initial RAM disk."""
        image = folder / "initramfs"
        image.write_bytes(initramfs.build(linux, modules, files))
        return image

    def _run(self) -> None:
        self.result = self.board.run()

    def ended(self, seconds: float = GRACE) -> RunResult:
        """How the run has ended, which it is to do within ``seconds``."""
        self._thread.join(seconds)
        assert self.result is not None, self.story("the run does not end")
        return self.result

    def close(self) -> None:
        """End the run. May be called again."""
        self.board.stop()
        if self._thread.is_alive():
            self._thread.join(30)
        super().close()
        self.board.close()

    def __enter__(self) -> KvmLinux:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
