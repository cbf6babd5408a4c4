"""Stock QEMU with a served card of the catalogue's dma-engine, driven through qtest."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import fetch_qemu

QEMU = fetch_qemu.find()

SLOT = 3
BAR0, BAR1, BAR2, BAR4 = 0xE000_0000, 0xC000, 0xE100_0000, 0xE200_0000
MSI, MSIX = 0x05, 0x11
SHARED = "memory-backend-memfd,id=mem0,size=64M,share=on"


class Qtest:
    """A QEMU that executes nothing, and does what it is told over a socket."""

    def __init__(
        self,
        folder: Path,
        device: Path,
        backend: str | None = SHARED,
        functions: Sequence[Path] = (),
        more: Sequence[str] = (),
        machine: str = "q35",
    ) -> None:
        """``device``, and ``functions`` beside it in its slot from 1 on, are the servers' sockets.

        ``backend`` is the object that the guest's memory is; None: QEMU's own, of which a server gets nothing.
        ``more`` are further arguments for ``machine``.
        """
        assert QEMU is not None
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(folder / "q"))
        listener.listen(1)
        listener.settimeout(60)
        cards = [
            {
                "driver": "vfio-user-pci", "id": f"card{function}", "addr": f"{SLOT}.{function}",
                "multifunction": bool(functions), "socket": {"type": "unix", "path": str(path)},
            }
            for function, path in enumerate((device, *functions))
        ]  # fmt: skip
        shared = ["-machine", f"{machine},memory-backend=mem0", "-object", backend or ""]
        memory = shared if backend else ["-machine", machine]
        self.errors = (folder / "errors").open("w+")
        self.process = subprocess.Popen(
            [
                *QEMU, *memory, "-m", "64M", "-accel", "tcg", "-S", "-nodefaults", "-display", "none",
                "-qtest", f"unix:{folder / 'q'}", "-qtest-log", "none",
                *(word for card in cards for word in ("-device", json.dumps(card))), *more,
            ],
            stdout=subprocess.DEVNULL, stderr=self.errors,
        )  # fmt: skip
        try:
            self.socket, _ = listener.accept()
        except TimeoutError:
            self.process.kill()
            self.errors.seek(0)
            raise AssertionError(f"QEMU has not started: {self.errors.read()}") from None
        finally:
            listener.close()
        self.socket.settimeout(30)
        self.lines = self.socket.makefile("r")

    def ask(self, line: str) -> str:
        self.socket.sendall(line.encode() + b"\n")
        while True:
            words = self.lines.readline().split()
            if words and words[0] == "OK":
                return words[1] if len(words) > 1 else ""
            assert words and words[0] == "IRQ", f"{line}: {words}"

    def readl(self, address: int) -> int:
        return int(self.ask(f"readl {address:#x}"), 16)

    def readq(self, address: int) -> int:
        return int(self.ask(f"readq {address:#x}"), 16)

    def writel(self, address: int, value: int) -> None:
        self.ask(f"writel {address:#x} {value:#x}")

    def writeq(self, address: int, value: int) -> None:
        self.ask(f"writeq {address:#x} {value:#x}")

    def config(self, offset: int, function: int = 0) -> int:
        self.ask(f"outl 0xcf8 {1 << 31 | SLOT << 11 | function << 8 | offset & ~3:#x}")
        return int(self.ask("inl 0xcfc"), 16)

    def set_config(self, offset: int, value: int) -> None:
        self.ask(f"outl 0xcf8 {1 << 31 | SLOT << 11 | offset & ~3:#x}")
        self.ask(f"outl 0xcfc {value:#x}")

    def capability(self, identifier: int) -> int:
        at = self.config(0x34) & 0xFF
        while at and self.config(at) & 0xFF != identifier:
            at = self.config(at) >> 8 & 0xFF
        return at

    def set_up(self) -> None:
        """What firmware does: places for the BARs, decoding and bus mastering on."""
        for offset, value in ((0x10, BAR0), (0x14, BAR1), (0x18, BAR2), (0x1C, 0), (0x20, BAR4), (4, 7)):
            self.set_config(offset, value)

    def close(self) -> None:
        self.lines.close()
        self.socket.close()
        self.process.kill()
        self.process.wait(30)
        self.errors.close()


def eventually(condition: Callable[[], bool]) -> bool:
    """Whether it becomes true soon: eventfds are heard by QEMU's main loop, between two of our commands."""
    for _ in range(500):
        if condition():
            return True
        time.sleep(0.01)
    return False


def copy(qemu: Qtest, source: int, destination: int, length: int, vector: int = 0) -> None:
    qemu.writeq(BAR0 + 0x08, source)
    qemu.writeq(BAR0 + 0x10, destination)
    qemu.writel(BAR0 + 0x18, length)
    qemu.writel(BAR0 + 0x1C, vector)
    qemu.writel(BAR0 + 0x800, 1)
