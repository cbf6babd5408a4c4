"""What the first bytes of a guest's file must be: an ELF file where no address is given, or a Linux kernel.

Sources: System V ABI (ELF header), Documentation/arch/x86/boot.rst and Documentation/arch/arm64/booting.rst of Linux.
"""

from __future__ import annotations

import struct
from typing import Final

from devgen.common.kernel_places import BZIMAGE_HEADER
from devgen.common.machine_map import MachineType

_PROCESSORS: Final = {3: "x86 (32 bits)", 62: "x86-64", 40: "arm (32 bits)", 183: "arm64", 243: "RISC-V"}
"""Values of an ELF header's e_machine."""
_OF_MACHINE: Final[dict[MachineType, tuple[int, ...]]] = {"pc": (3, 62), "virt": (183,), "bus": ()}
_KERNELS: Final[dict[MachineType, tuple[str, ...]]] = {
    "pc": ("a bzImage", "an ELF file for x86-64"),
    "virt": ("an arm64 Image", "gzip data"),
    "bus": (),
}
_WANTED: Final[dict[MachineType, str]] = {
    "pc": "a kernel of a PC is a bzImage or a vmlinux for x86-64",
    "virt": "a kernel of a machine of type virt is an arm64 Image or Image.gz",
    "bus": "",
}


def wrong_image(head: bytes, machine: MachineType) -> tuple[str, str] | None:
    """Return what an image without `load` is and what it must be, or None if it is that.

    Raises nothing: ``head`` may be any bytes.
    """
    number = _elf_machine(head)
    if number in _OF_MACHINE[machine]:
        return None
    if number is None:
        return _form(head), "without `load` it must be an ELF file, which says its addresses"
    return _form(head), f"the processor of a machine of type {machine} is another"


def wrong_kernel(head: bytes, machine: MachineType) -> tuple[str, str] | None:
    """Return what a file that should be a kernel is and what it must be, or None if it is one."""
    found = _form(head)
    return None if found in _KERNELS[machine] else (found, _WANTED[machine])


def _elf_machine(head: bytes) -> int | None:
    """Return e_machine of an ELF header, or None if it is none."""
    if len(head) < 20 or head[:4] != b"\x7fELF":
        return None
    (number,) = struct.unpack_from(">H" if head[5] == 2 else "<H", head, 18)
    return int(number)


def _form(head: bytes) -> str:
    number = _elf_machine(head)
    if number is not None:
        return f"an ELF file for {_PROCESSORS.get(number, f'another processor (machine {number})')}"
    if len(head) >= BZIMAGE_HEADER and head[0x202:0x206] == b"HdrS":
        return "a bzImage"
    if head[56:60] == b"ARM\x64":
        return "an arm64 Image"
    return "gzip data" if head[:2] == b"\x1f\x8b" else "neither an ELF file nor a kernel"
