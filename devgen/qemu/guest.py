"""A small Linux that runs in QEMU and runs scripts.

The kernel's console is a file. Scripts go over a virtio-serial port to the guest's first process (init.sh), and their
standard output comes back over it; their standard error comes over a second port. A random mark, which no script knows,
ends the output. Every wait has a time limit.
"""

from __future__ import annotations

import base64
import os
import re
import secrets
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from devgen.qemu import initramfs
from devgen.qemu.machines import KINDS, Architecture, card_words, kernel_words, machine_words, shell_words
from devgen.qemu.qemu_error import QemuError
from devgen.qemu.small_linux import Linux

MEMORY: Final = "256M"
BOOT: Final = 120.0
"""Seconds that a boot may take; it takes 3 to 6 on a quiet machine."""
GRACE: Final = 30.0
"""Seconds that a guest may be late to say that it has killed a script, and that a power-off may take."""
BOOTING: Final = "the boot"
KVM_HINT: Final = ": this host's KVM may not boot Linux; without the option for KVM, QEMU emulates the processor"
_STEP: Final = 0.2
"""Seconds between looks at whether QEMU still runs."""
_LONGEST: Final = 1 << 16
"""Bytes of a line of the guest's first process, and of the console's end that is searched for a panic."""
_CHUNK: Final = 1 << 16

# PR_SET_PDEATHSIG is 1: the kernel kills QEMU when the thread that started it ends, however it ends.
_DIE_WITH_PARENT: Final = (
    "import ctypes, os, sys\n"
    "ctypes.CDLL(None).prctl(1, 9)\n"
    "if os.getppid() != int(sys.argv[1]): os._exit(1)\n"
    "os.execvp(sys.argv[2], sys.argv[2:])\n"
)

Sink = Callable[[bytes], object]
"""Takes a piece of output."""


class GuestFailed(QemuError):
    """QEMU has ended, the kernel has panicked, or the guest takes too long. The message has the end of the console."""


class QemuTimeLimit(GuestFailed):
    """A script, or the boot, has taken longer than it may."""


@dataclass(slots=True, frozen=True)
class GuestConfig:
    """The kernel, the files and the machine of a guest.

    ``qemu``: the command. ``sockets``: of cards' servers, which listen already. ``modules``: names of kernel modules,
    loaded in order with what they need, or Paths of the user's own. ``files``: path in the guest → content, or a Path
    to take it from. ``machine``: QEMU's arguments for another machine; ``arguments``: further ones. ``terminal``:
    whether QEMU's standard input and output are a terminal of the guest. ``console``: the file for the kernel's
    messages, by default one in the run's folder.
    """

    linux: Linux
    qemu: Sequence[str]
    architecture: Architecture = "x86_64"
    sockets: Sequence[Path] = ()
    modules: Iterable[str | Path] = ()
    files: Mapping[str, bytes | Path] = field(default_factory=dict)
    memory: str = MEMORY
    machine: Sequence[str] | None = None
    arguments: Sequence[str] = ()
    terminal: bool = False
    console: Path | None = None


class Guest:
    """A guest that has booted. Use as a context, or ``close`` it: that kills QEMU.

    QEMU also dies with the thread that makes this object. ``folder``: for temporary files. ``seconds``: the most that
    the boot may take. Raises QemuError, and GuestFailed if it does not boot.
    """

    def __init__(self, folder: Path, config: GuestConfig, seconds: float = BOOT) -> None:
        self._console, self._errors = config.console or folder / "console", folder / "qemu-errors"
        self._ports: dict[str, socket.socket] = {}
        image = folder / "initramfs"
        try:
            image.write_bytes(initramfs.build(config.linux, config.modules, config.files))
        except OSError as error:
            raise QemuError(f"{error.filename}: {error.strerror}") from None
        kind = KINDS[config.architecture]
        self._kvm = any("kvm" in word for word in config.arguments)
        words = [
            *(config.machine or machine_words(config.architecture, config.memory, config.arguments)),
            *("-serial", f"file:{self._console}"),
            *shell_words(folder / "shell", folder / "errors", config.terminal),
            *kernel_words(config.linux, image, kind.command_line + (" quiet" if config.console is None else "")),
            *card_words(config.sockets),
            *config.arguments,
        ]
        with _listener(folder / "shell") as shell, _listener(folder / "errors") as errors:
            self.process = self._start([*config.qemu, *words], config.terminal)
            try:
                self._boot({"shell": shell, "errors": errors}, time.monotonic() + seconds)
            except BaseException:
                self.close()
                raise

    def _start(self, words: Sequence[str], terminal: bool) -> subprocess.Popen[bytes]:
        guarded = [sys.executable, "-I", "-S", "-c", _DIE_WITH_PARENT, str(os.getpid()), *words]
        with self._errors.open("wb") as errors:
            if terminal:
                return subprocess.Popen(guarded, stderr=errors)
            return subprocess.Popen(
                guarded, stdin=subprocess.DEVNULL, stdout=errors, stderr=errors, start_new_session=True
            )

    def _boot(self, listeners: Mapping[str, socket.socket], end: float) -> None:
        for name, listener in listeners.items():
            listener.settimeout(_STEP)
            while name not in self._ports:
                try:
                    self._ports[name] = listener.accept()[0]
                except TimeoutError:
                    self._check(end, BOOTING)
        said = bytearray()
        self._exchange({"shell": _Until(b"@guest ready", said.extend)}, end, BOOTING)
        failed = said.decode(errors="replace").strip()
        if failed:
            raise GuestFailed(self._story(f"the guest cannot load {failed}"))

    # --- scripts -------------------------------------------------------------------------

    def run(self, script: str, out: Sink, errors: Sink, *, seconds: float | None = None, kill: int = 0) -> int:
        """Run ``script`` in the guest's shell; return its exit status, 128 + n if signal n ended it.

        ``out`` and ``errors`` are called with its standard output and standard error as they come; its standard input
        is empty. ``seconds``: the most that it may take. ``kill``: the guest itself kills it after so many seconds.
        Raises GuestFailed.
        """
        mark = secrets.token_hex(16)
        text = base64.b64encode(script.encode())
        return self._ask(b"%d %s %d %s\n" % (kill, text, len(text), mark.encode()), mark, out, errors, seconds)

    def terminal(self, rows: int, columns: int) -> int:
        """Run a shell at the terminal until it ends; return its exit status, or 0 if the user ends QEMU.

        Raises GuestFailed.
        """
        mark = secrets.token_hex(16)
        try:
            return self._ask(f"shell {rows} {columns} {mark}\n".encode(), mark, _discard, _discard, None)
        except GuestFailed:
            if self.process.poll() == 0 and not self._has_panicked():
                return 0  # the user has powered the guest off, or ended QEMU
            raise

    def _ask(self, request: bytes, mark: str, out: Sink, errors: Sink, seconds: float | None) -> int:
        end = time.monotonic() + seconds if seconds else float("inf")
        self._send(request)
        marker = f"@{mark}".encode()
        waits = {"shell": _Until(marker, out), "errors": _Until(marker, errors)}
        self._exchange(waits, end, "the script")
        status = waits["shell"].rest
        if not re.fullmatch(rb"\d{1,3}", status):
            raise GuestFailed(self._story(f"the guest's shell sent {status[:40]!r} instead of an exit status"))
        return int(status)

    def _send(self, request: bytes) -> None:
        port = self._ports["shell"]
        port.settimeout(GRACE)
        try:
            port.sendall(request)
        except OSError as error:
            raise GuestFailed(self._story(f"cannot write to the guest's shell: {error}")) from None

    def _exchange(self, waits: Mapping[str, _Until], end: float, what: str) -> None:
        """Read the ports of ``waits`` until each has had the line that it waits for."""
        with selectors.DefaultSelector() as selector:
            for name, wait in waits.items():
                selector.register(self._ports[name], selectors.EVENT_READ, wait)
            while selector.get_map():
                ready = selector.select(_STEP)
                for key, _ in ready:
                    wait, port = key.data, key.fileobj
                    assert isinstance(port, socket.socket)
                    received = port.recv(_CHUNK)
                    if not received:
                        self._wait_for_end()
                        raise GuestFailed(self._story(self._end_of_qemu()))
                    if wait.take(received):
                        selector.unregister(port)
                if not ready or time.monotonic() > end:
                    self._check(end, what)

    # --- failures ------------------------------------------------------------------------

    def console(self) -> str:
        """Return what the kernel has printed on its console so far."""
        return self._console.read_text(errors="replace") if self._console.exists() else ""

    def _has_panicked(self) -> bool:
        return b"Kernel panic" in _end_of(self._console, _LONGEST)

    def _check(self, end: float, what: str) -> None:
        """Raise GuestFailed if nothing can come any more, or too late."""
        if self.process.poll() is not None:
            raise GuestFailed(self._story(self._end_of_qemu()))
        if self._has_panicked():
            raise GuestFailed(self._story("the kernel has panicked"))
        if time.monotonic() > end:
            hint = KVM_HINT if self._kvm and what == BOOTING else ""
            raise QemuTimeLimit(self._story(f"{what} takes too long{hint}"))

    def _wait_for_end(self) -> None:
        try:
            self.process.wait(2)
        except subprocess.TimeoutExpired:
            return

    def _end_of_qemu(self) -> str:
        if self._has_panicked():
            return "the kernel has panicked"
        code = self.process.poll()
        if code is None:
            return "the guest has closed its shell"
        if code == 0:
            return "the guest has powered off or restarted"
        return f"signal {-code} has ended QEMU" if code < 0 else f"QEMU has ended with code {code}"

    def _story(self, what: str) -> str:
        said = _end_of(self._errors, 2000).decode(errors="replace").strip()
        parts = [
            what,
            said and f"QEMU has printed:\n{said}",
            _tail(_end_of(self._console, 3000).decode(errors="replace")),
        ]
        return "\n".join(part for part in parts if part)

    # --- end -----------------------------------------------------------------------------

    def power_off(self, seconds: float = GRACE) -> None:
        """Have the guest write its disks and power off, and wait until QEMU has ended. Raises GuestFailed."""
        text = base64.b64encode(b"sync; poweroff -f")
        self._send(b"%d %s\n" % (GRACE, text))
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise QemuTimeLimit(self._story("the guest does not power off")) from None
        if code:
            raise GuestFailed(self._story(self._end_of_qemu()))

    def close(self) -> None:
        """Kill QEMU. May be called again."""
        for port in self._ports.values():
            port.close()
        self.process.kill()
        self.process.wait(GRACE)

    def __enter__(self) -> Guest:
        """Return the guest; the context closes it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()


class _Until:
    """Passes data received on a port to ``sink`` until ``marker``; the marker's line is then kept in ``rest``."""

    def __init__(self, marker: bytes, sink: Sink) -> None:
        self._marker = marker
        self._sink = sink
        self._held = b""
        self._found = False
        self.rest = b""

    def take(self, data: bytes) -> bool:
        """Take received bytes; return whether the line of the marker is complete."""
        self._held += data
        if not self._found:
            before, found, after = self._held.partition(self._marker)
            self._found = bool(found)
            kept = 0 if found else _overlap(before, self._marker)
            self._held = after if found else before[len(before) - kept :]
            if len(before) > kept:
                self._sink(before[: len(before) - kept])
        if not self._found or (b"\n" not in self._held and len(self._held) < _LONGEST):
            return False
        self.rest = self._held.partition(b"\n")[0].strip()
        return True


def _overlap(data: bytes, marker: bytes) -> int:
    """Return how many bytes at the end of ``data`` may be the beginning of ``marker``."""
    return next((n for n in range(min(len(marker), len(data)), 0, -1) if data.endswith(marker[:n])), 0)


def _listener(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(str(path))
    except OSError as error:
        listener.close()
        raise QemuError(f"{path}: {error.strerror or error}") from None
    listener.listen(1)
    return listener


def _end_of(path: Path, most: int) -> bytes:
    """Return at most ``most`` bytes at the end of a file; none if it cannot be read."""
    try:
        with path.open("rb") as file:
            file.seek(max(file.seek(0, os.SEEK_END) - most, 0))
            return file.read(most)
    except OSError:
        return b""


def _tail(console: str) -> str:
    return f"the end of the console:\n{console.strip()}" if console.strip() else ""


def _discard(_data: bytes) -> None:
    """Discard output."""
