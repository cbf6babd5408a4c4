"""Linux on a board of devgen's own, on this host's KVM, doing what a test tells it over its serial console.

    with KvmLinux(folder, devices=PC) as guest:
        assert guest.sh("nproc") == "1"

Every wait has an end, and whatever goes wrong is an AssertionError with the end of the console.
"""

from __future__ import annotations

import base64
import socket
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import fetch_linux

import devgen
from devgen import AccessCounts, DevicePlacement, KernelConfig, MachineConfig, Registry, RunResult
from devgen.hosts.kvm import unavailable
from devgen.qemu import initramfs
from devgen.qemu.machines import Architecture
from devgen.qemu.small_linux import Linux

COMMAND_LINE = "quiet panic=-1 oops=panic mitigations=off nokaslr random.trust_cpu=on"
BOOT = 240.0
"""Seconds that a boot may take; in the nested lab on a busy machine it takes up to 100."""
GRACE = 60.0
RAM = 256 << 20
KILLED = 128 + 9

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
    flags = Path("/proc/cpuinfo").read_text(errors="replace").split()
    return ("vmx" in flags or "svm" in flags) and unavailable() is None


class KvmLinux:
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
        self._socket = folder / "console"
        console = replace(self.CONSOLE, streams={"serial": f"socket:{self._socket}"})
        image = self.initrd(linux, folder, modules, files or {})
        default = linux.vmlinux if self.ARCHITECTURE == "amd64" else linux.image
        machine = MachineConfig(
            name="linux",
            devices=(console, *devices),
            guest=KernelConfig(kernel or default, image, f"{self.COMMAND_LINE} {append}"),
        )
        self._said = b""
        self._stream = b""
        self.result: RunResult | None = None
        config = {**self.CONFIG, "ram": RAM, **config}
        self.board = devgen.Board(replace(machine, **config), accel="kvm", registry=registry)
        self.counts: AccessCounts | None = self.board.count_accesses() if counting else None
        self._thread = threading.Thread(target=self._run, daemon=True)
        try:
            self._console = self._connected()
            self.started = time.monotonic()
            self._thread.start()
            self.wait_until_ready()
        except BaseException:
            self.close()
            raise

    def _connected(self) -> socket.socket:
        console = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        console.connect(str(self._socket))
        return console

    def reconnect(self, away: float) -> None:
        """Close the console's connection, and connect again after ``away`` seconds."""
        self._console.close()
        time.sleep(away)
        self._console = self._connected()

    def initrd(
        self, linux: Linux, folder: Path, modules: Iterable[str | Path], files: Mapping[str, bytes | Path]
    ) -> Path:
        """Make the initial RAM disk."""
        image = folder / "initramfs"
        image.write_bytes(initramfs.build(linux, modules, files))
        return image

    def _run(self) -> None:
        self.result = self.board.run()

    def wait_until_ready(self) -> None:
        """Wait until the guest, which is booting, takes scripts."""
        _, failed = self._expect(b"@guest ready", time.monotonic() + BOOT)
        assert not failed.strip(), self._story(f"modules that cannot be loaded:{failed.decode()}")

    def sh(self, script: str, seconds: int = 60, status: int = 0) -> str:
        """What ``script`` prints, less white space at its ends; it is to exit with ``status`` within ``seconds``."""
        self.send(script, seconds)
        return self.result_of(script, seconds, status)

    def result_of(self, script: str, seconds: int = 60, status: int = 0) -> str:
        """What a script that was sent prints, as `sh` does."""
        output, found = self._expect(b"@guest done", time.monotonic() + seconds + GRACE)
        text = output.decode(errors="replace").replace("\r", "").strip()
        assert int(found) == status, self._story(f"{script}\nends with status {int(found)}; it has printed:\n{text}")
        return text

    def send(self, script: str, seconds: int = 60, pause: float = 0) -> None:
        """Have the guest run ``script``, without waiting; ``pause``: seconds between the characters, as of a typist."""
        text = base64.b64encode(script.encode())
        line = b"%d %s %d\n" % (seconds, text, len(text))
        for at in range(0, len(line), 1 if pause else len(line)):
            self._console.sendall(line[at : at + 1] if pause else line)
            time.sleep(pause)

    def ended(self, seconds: float = GRACE) -> RunResult:
        """How the run has ended, which it is to do within ``seconds``."""
        self._thread.join(seconds)
        assert self.result is not None, self._story("the run does not end")
        return self.result

    def _expect(self, marker: bytes, end: float) -> tuple[bytes, bytes]:
        """What comes before a line that begins with ``marker``, and the rest of that line."""
        while True:
            before, found, rest = self._stream.partition(marker)
            if found and b"\n" in rest:
                line, _, self._stream = rest.partition(b"\n")
                return before, line
            assert time.monotonic() < end, self._story("the guest takes too long")
            assert self.result is None, self._story(f"the run has ended: {self.result}")
            self._console.settimeout(0.5)
            try:
                received = self._console.recv(65536)
            except TimeoutError:
                continue
            self._stream += received
            self._said += received

    def _story(self, what: str) -> str:
        return f"{what}\nthe end of the console:\n{self._said[-4000:].decode(errors='replace')}"

    def close(self) -> None:
        """End the run. May be called again."""
        self.board.stop()
        if self._thread.is_alive():
            self._thread.join(30)
        self._console.close()
        self.board.close()

    def __enter__(self) -> KvmLinux:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
