"""Debian's kernel in stock QEMU, with vfio-user cards, doing what a test tells it.

    with ServedCard("edu", folder / "edu.sock") as card, LinuxGuest(folder, [card.path]) as guest:
        assert guest.sh(f"cat /sys/bus/pci/devices/{guest.address(0)}/vendor") == "0x1234"

The kernel's console is a file. Scripts go over a virtio-serial port to the guest's first process (init.sh), and what
they print comes back; a UART would lose a character now and then on a busy machine. Every wait has an end, and whatever
goes wrong is an AssertionError with the end of the console.
"""

from __future__ import annotations

import base64
import json
import socket
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import fetch_linux
import fetch_qemu
import initramfs

FIRST_SLOT = 0x10
SHELL_SLOT = 0x1E
MEMORY = "256M"
COMMAND_LINE = "console=ttyS0 quiet panic=-1 oops=panic mitigations=off nokaslr tsc=reliable random.trust_cpu=on"
KILLED = 128 + 9
GRACE = 30.0
"""Seconds that a guest may be late to say that it has killed a script."""
BOOT = 120.0
"""Seconds that a boot may take; it takes 3 to 6 on a quiet machine."""


class LinuxGuest:
    """A guest that has booted. Use as a context; leaving it kills QEMU.

    ``sockets``: those of the cards' servers, which listen already; card ``n`` is at ``address(n)``. ``modules``: names
    of kernel modules, loaded in order with what they need, or Paths of your own. ``files``: path in the guest ->
    content, or a Path to take it from. ``machine``: QEMU's arguments for another machine; ``qemu``: further ones.
    """

    def __init__(
        self,
        folder: Path,
        sockets: Sequence[Path] = (),
        *,
        modules: Iterable[str | Path] = (),
        files: Mapping[str, bytes | Path] | None = None,
        qemu: Sequence[str] = (),
        memory: str = MEMORY,
        machine: Sequence[str] | None = None,
        seconds: float = BOOT,
    ) -> None:
        linux = fetch_linux.find()
        assert linux is not None, fetch_linux.MISSING
        self._console, self._errors = folder / "console", folder / "qemu-errors"
        self._stream = b""
        image, shell = folder / "initramfs", folder / "shell"
        image.write_bytes(initramfs.build(linux, modules, files or {}))
        boot = ["-kernel", str(linux.vmlinux), "-initrd", str(image), "-append", COMMAND_LINE]
        words = [
            *(machine or _machine(memory)),
            "-serial",
            f"file:{self._console}",
            *_port(shell),
            *boot,
            *_cards(sockets),
            *qemu,
        ]
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(str(shell))
            listener.listen(1)
            self.process = self._start(words)
            try:
                self._shell = self._connect(listener, seconds)
                _, failed = self._expect(b"@guest ready", time.monotonic() + seconds)
                assert not failed, self._story(f"modules that cannot be loaded:{failed.decode()}")
            except BaseException:
                self._kill()
                raise

    def _start(self, words: Sequence[str]) -> subprocess.Popen[bytes]:
        command = fetch_qemu.find()
        assert command is not None, fetch_qemu.MISSING
        with self._errors.open("wb") as errors:
            return subprocess.Popen([*command, *words], stdin=subprocess.DEVNULL, stdout=errors, stderr=errors)

    def _connect(self, listener: socket.socket, seconds: float) -> socket.socket:
        end = time.monotonic() + seconds
        listener.settimeout(0.2)
        while True:
            try:
                return listener.accept()[0]
            except TimeoutError:
                self._check(end)

    @staticmethod
    def address(card: int) -> str:
        """The PCI address of a card, as sysfs names it."""
        return f"0000:00:{FIRST_SLOT + card:02x}.0"

    def sh(self, script: str, seconds: int = 30, status: int = 0) -> str:
        """What ``script`` prints, less white space at its ends; it is to exit with ``status`` within ``seconds``."""
        end = time.monotonic() + seconds + GRACE
        self._send(script, seconds)
        output, found = self._expect(b"@guest done", end)
        text = output.decode(errors="replace").strip()
        what = f"is killed after {seconds} s" if int(found) == KILLED else f"ends with status {int(found)}"
        assert int(found) == status, f"{script}\n{what}; it has printed:\n{text}\n{self._tail()}"
        return text

    def _send(self, script: str, seconds: int) -> None:
        self._shell.settimeout(GRACE)
        try:
            self._shell.sendall(b"%d %s\n" % (seconds, base64.b64encode(script.encode())))
        except OSError as error:
            raise AssertionError(self._story(f"the guest's shell takes nothing: {error}")) from None

    def console(self) -> str:
        """What the kernel has said on its console so far."""
        return self._console.read_text(errors="replace") if self._console.exists() else ""

    def _expect(self, marker: bytes, end: float) -> tuple[bytes, bytes]:
        """What comes before a line that begins with ``marker``, and the rest of that line."""
        while True:
            before, found, rest = self._stream.partition(marker)
            if found and b"\n" in rest:
                line, _, self._stream = rest.partition(b"\n")
                return before, line
            self._check(end)
            self._shell.settimeout(0.5)
            try:
                received = self._shell.recv(65536)
            except TimeoutError:
                continue
            assert received, self._story("QEMU has ended")
            self._stream += received

    def _check(self, end: float) -> None:
        """Raise AssertionError if nothing can come any more."""
        assert self.process.poll() is None, self._story(f"QEMU has ended with {self.process.returncode}")
        assert "Kernel panic" not in self.console(), self._story("the kernel has panicked")
        assert time.monotonic() < end, self._story("the guest takes too long")

    def _story(self, what: str) -> str:
        said = self._stream[-2000:].decode(errors="replace")
        return f"{what}\nits shell has said: {said}\nQEMU: {self._errors.read_text()[-2000:]}\n{self._tail()}"

    def _tail(self) -> str:
        return f"the console's end:\n{self.console()[-3000:]}"

    def power_off(self, seconds: float = 30) -> None:
        """Have the guest power off, and wait until QEMU has ended. Raises AssertionError if it does not."""
        self._send("poweroff -f", 10)
        try:
            assert self.process.wait(seconds) == 0, self._story(f"QEMU has ended with {self.process.returncode}")
        except subprocess.TimeoutExpired:
            raise AssertionError(self._story("the guest does not power off")) from None

    def close(self) -> None:
        """Kill QEMU. May be called again."""
        self._shell.close()
        self._kill()

    def _kill(self) -> None:
        self.process.kill()
        self.process.wait(30)

    def __enter__(self) -> LinuxGuest:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _machine(memory: str) -> list[str]:
    return [
        "-machine", "q35,memory-backend=mem0", "-accel", "tcg", "-cpu", "max", "-m", memory,
        "-object", f"memory-backend-memfd,id=mem0,size={memory},share=on",
        "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
    ]  # fmt: skip


def _port(path: Path) -> list[str]:
    return [
        "-chardev", f"socket,id=shell,path={path}", "-device", f"virtio-serial-pci,addr={SHELL_SLOT:#x}",
        "-device", "virtserialport,chardev=shell",
    ]  # fmt: skip


def _cards(sockets: Sequence[Path]) -> list[str]:
    words = []
    for number, path in enumerate(sockets):
        what = {
            "driver": "vfio-user-pci", "id": f"card{number}", "addr": f"{FIRST_SLOT + number:#x}",
            "socket": {"type": "unix", "path": str(path)},
        }  # fmt: skip
        words += ["-device", json.dumps(what)]
    return words
