"""QEMU for benchmarks: finds it, and starts one that executes no instruction and is driven through qtest."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter

CHECKOUT = Path(__file__).resolve().parents[1]


def find_qemu() -> list[str] | None:
    """The command of a QEMU that is new enough; None without one. The tests know where to look."""
    folder = str(CHECKOUT / "tests" / "fetch")
    sys.path.insert(0, folder)
    try:
        import fetch_qemu

        found: list[str] | None = fetch_qemu.find()
    finally:
        sys.path.remove(folder)
    return found


class Qtest:
    """A QEMU that executes nothing and does what it is told over a socket; `BAR` is where its device's BAR 0 is put."""

    BAR = 0xE000_0000

    def __init__(self, qemu: Sequence[str], folder: Path, devices: Sequence[Mapping[str, object]]) -> None:
        """Raises SystemExit when it does not start within a minute. ``devices`` sit in slots 3, 4 and so on."""
        start = perf_counter()
        path = folder / "qtest"
        arguments = []
        for at, device in enumerate(devices):
            arguments += ["-device", json.dumps({"addr": f"{3 + at}"} | dict(device))]
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(str(path))
            listener.listen(1)
            listener.settimeout(60)
            self.process = subprocess.Popen(
                [
                    *qemu, "-machine", "q35,memory-backend=mem0", "-m", "64M", "-accel", "tcg", "-S",
                    "-object", "memory-backend-memfd,id=mem0,size=64M,share=on", "-nodefaults", "-display", "none",
                    "-qtest", f"unix:{path}", "-qtest-log", "none", *arguments,
                ],
                stdout=subprocess.DEVNULL, stderr=(folder / "errors").open("w"),
            )  # fmt: skip
            try:
                self.socket, _ = listener.accept()
            except TimeoutError:
                self.process.kill()
                raise SystemExit(f"QEMU has not started: {(folder / 'errors').read_text()}") from None
        path.unlink()
        self.ask(b"readl 0")
        self.started = perf_counter() - start
        """Seconds until it has answered its first command."""
        for slot in range(3, 3 + len(devices)):
            for offset, value in ((0x10, self.BAR + (slot - 3 << 24)), (4, 7)):
                self.ask(b"outl 0xcf8 %#x" % (1 << 31 | slot << 11 | offset))
                self.ask(b"outl 0xcfc %#x" % value)

    def ask(self, line: bytes) -> bytes:
        """What it answers to a command."""
        self.socket.send(line + b"\n")
        answer = self.socket.recv(4096)
        if not answer.startswith(b"OK") or not answer.endswith(b"\n"):
            raise SystemExit(f"QEMU does not obey {line.decode()}: {answer.decode()}")
        return answer

    def close(self) -> None:
        """Kill it."""
        self.socket.close()
        self.process.kill()
        self.process.wait(30)
