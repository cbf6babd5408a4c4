"""QEMU's arguments: the machines of both architectures, the ports of the guest's shell, the cards."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from devgen.qemu.small_linux import Linux

Architecture = Literal["x86_64", "aarch64"]

FIRST_SLOT: Final = 0x10
"""The slot of the first card; the others follow."""
MOST_CARDS: Final = 14
SHELL_SLOT: Final = 0x1E
_COMMON: Final = "panic=-1 oops=panic random.trust_cpu=on"


@dataclass(slots=True, frozen=True)
class MachineKind:
    """What QEMU's machine of an architecture needs. ``debian``: the architecture's name in Debian."""

    debian: str
    machine: str
    cpu: str
    command_line: str


KINDS: Final[dict[Architecture, MachineKind]] = {
    "x86_64": MachineKind("amd64", "q35", "max", f"console=ttyS0 {_COMMON} mitigations=off nokaslr tsc=reliable"),
    "aarch64": MachineKind("arm64", "virt,gic-version=3", "neoverse-n1", f"console=ttyAMA0 {_COMMON} nokaslr"),
}


def card_address(card: int) -> str:
    """Return the PCI address of a card, numbered from 0, as sysfs names it."""
    return f"0000:00:{FIRST_SLOT + card:02x}.0"


def machine_words(architecture: Architecture, memory: str, others: Sequence[str] = ()) -> list[str]:
    """Return the arguments of a machine whose memory is shared with the servers. ``memory``: a size, as ``256M``.

    The processor is emulated, unless ``others``, further arguments, name an accelerator: QEMU takes the first one.
    """
    kind = KINDS[architecture]
    accelerator = [] if {"-accel", "-enable-kvm"} & {*others} else ["-accel", "tcg"]
    return [
        "-machine", f"{kind.machine},memory-backend=mem0", *accelerator, "-cpu", kind.cpu, "-m", memory,
        "-object", f"memory-backend-memfd,id=mem0,size={memory},share=on",
        "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
    ]  # fmt: skip


def kernel_words(linux: Linux, initramfs: Path, command_line: str) -> list[str]:
    """Return the arguments that boot ``linux``."""
    kernel = linux.vmlinux if linux.architecture == "amd64" else linux.image
    return ["-kernel", str(kernel), "-initrd", str(initramfs), "-append", command_line]


def shell_words(script: Path, errors: Path, terminal: bool) -> list[str]:
    """Return the arguments of the guest's ports: for scripts and their output, for their standard error, a terminal.

    The two UNIX sockets exist already. The terminal is QEMU's standard input and output; Ctrl-A X ends QEMU there.
    """
    words = ["-device", f"virtio-serial-pci,id=ports,addr={SHELL_SLOT:#x}"]
    if terminal:
        words += ["-chardev", "stdio,id=terminal,mux=on,signal=off", "-mon", "chardev=terminal,mode=readline"]
        words += ["-device", "virtconsole,chardev=terminal,bus=ports.0,nr=0"]
    for number, (name, path) in enumerate((("shell", script), ("errors", errors)), 1):
        words += ["-chardev", f"socket,id={name},path={path}"]
        words += ["-device", f"virtserialport,chardev={name},bus=ports.0,nr={number},name=devgen.{name}"]
    return words


def card_words(sockets: Sequence[Path]) -> list[str]:
    """Return the arguments that attach the servers at ``sockets``; card n is at ``card_address(n)``."""
    words = []
    for number, path in enumerate(sockets):
        what = {
            "driver": "vfio-user-pci", "id": f"card{number}", "addr": f"{FIRST_SLOT + number:#x}",
            "socket": {"type": "unix", "path": str(path)},
        }  # fmt: skip
        words += ["-device", json.dumps(what)]
    return words
