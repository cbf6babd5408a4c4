"""Debian's kernel in stock QEMU, with vfio-user cards, doing what a test tells it.

    with ServedCard("edu", folder / "edu.sock") as card, LinuxGuest(folder, [card.path]) as guest:
        assert guest.sh(f"cat /sys/bus/pci/devices/{guest.address(0)}/vendor") == "0x1234"

It is `devgen.qemu.guest.Guest`, for tests: whatever goes wrong is an AssertionError with the end of the console.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import fetch_linux
import fetch_qemu

from devgen.qemu.guest import BOOT, GRACE, MEMORY, Guest, GuestConfig
from devgen.qemu.machines import KINDS, Architecture, card_address
from devgen.qemu.qemu_error import QemuError

KILLED = 128 + 9


class LinuxGuest:
    """A guest that has booted. Use as a context; leaving it kills QEMU.

    ``sockets``: those of the cards' servers, which listen already; card ``n`` is at ``address(n)``. ``modules``: names
    of kernel modules, loaded in order with what they need, or Paths of your own. ``files``: path in the guest ->
    content, or a Path to take it from. ``machine``: QEMU's arguments for another machine; ``qemu``: further ones.
    ``architecture``: of the guest.
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
        architecture: Architecture = "x86_64",
    ) -> None:
        linux, command = fetch_linux.find(KINDS[architecture].debian), fetch_qemu.find(target=architecture)
        assert linux is not None, fetch_linux.MISSING
        assert command is not None, fetch_qemu.MISSING
        config = GuestConfig(
            linux,
            command,
            architecture,
            sockets=sockets,
            modules=list(modules),
            files=files or {},
            memory=memory,
            machine=machine,
            arguments=qemu,
        )
        with _asserting():
            self.guest = Guest(folder, config, seconds)
        self.process = self.guest.process

    @staticmethod
    def address(card: int) -> str:
        """The PCI address of a card, as sysfs names it."""
        return card_address(card)

    def sh(self, script: str, seconds: int = 30, status: int = 0) -> str:
        """What ``script`` prints, less white space at its ends; it is to exit with ``status`` within ``seconds``."""
        output = bytearray()
        with _asserting():
            found = self.guest.run(
                f"exec 2>&1\n{script}", output.extend, output.extend, seconds=seconds + GRACE, kill=seconds
            )
        text = output.decode(errors="replace").strip()
        what = f"is killed after {seconds} s" if found == KILLED else f"ends with status {found}"
        assert found == status, f"{script}\n{what}; it has printed:\n{text}\n{self.console()[-3000:]}"
        return text

    def console(self) -> str:
        """What the kernel has said on its console so far."""
        return self.guest.console()

    def power_off(self, seconds: float = GRACE) -> None:
        """Have the guest power off, and wait until QEMU has ended. Raises AssertionError if it does not."""
        with _asserting():
            self.guest.power_off(seconds)

    def close(self) -> None:
        """Kill QEMU. May be called again."""
        self.guest.close()

    def __enter__(self) -> LinuxGuest:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def _asserting() -> Iterator[None]:
    try:
        yield
    except QemuError as error:
        raise AssertionError(str(error)) from None
