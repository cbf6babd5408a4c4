"""Starts a Linux kernel on a PC by the 64-bit boot protocol.

The kernel is a bzImage or the ELF file inside it (vmlinux). It gets the zero page (``struct boot_params``) with the
memory map, the command line, the initrd and the address of the ACPI tables.
Source: Documentation/arch/x86/boot.rst (chapters "The Real-Mode Kernel Header" and "64-bit Boot Protocol") and
zero-page.rst.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from devgen.common.kernel_places import BZIMAGE_HEADER, INITRD_LIMIT, bzimage_place, initrd_start
from devgen.runtime.base.faults import MachineError
from devgen.runtime.boot.boot_image import BootState, linux_state
from devgen.runtime.boot.elf_file import EM_X86_64, is_elf, read_elf
from devgen.runtime.boot.guest_memory import GuestMemory
from devgen.runtime.boot.pc_memory_map import MemoryRange

ZERO_PAGE: Final = 0x7000
COMMAND_LINE: Final = 0x8000
COMMAND_LINE_LIMIT: Final = 0x8000

_ZERO_PAGE_SIZE = 4096
_RSDP = 0x70  # acpi_rsdp_addr
_E820_COUNT = 0x1E8
_E820 = 0x2D0
_SETUP = 0x1F1  # the start of the setup header
_BOOT_FLAG = 0x1FE
_MAGIC = 0x202
_LOADER = 0x210
_RAMDISK = 0x218
_COMMAND_LINE = 0x228
_OLDEST = 0x20C  # boot protocol 2.12, the first with the 64-bit entry point
_XLF_KERNEL_64 = 1
_ENTRY_64 = 0x200  # from the start of the protected-mode kernel


@dataclass(slots=True, frozen=True)
class LoadedKernel:
    """A kernel in memory: its entry, the address after all that it uses, its setup header, and its limits."""

    entry: int
    end: int
    header: bytes
    initrd_limit: int
    command_line_limit: int


def load_linux(
    memory: GuestMemory,
    kernel: bytes,
    name: str,
    initrd: bytes | None,
    command_line: str,
    ranges: Iterable[MemoryRange],
    rsdp: int,
) -> BootState:
    """Write the kernel, the initrd and the zero page, and return the processor's state at the kernel's entry.

    ``rsdp`` is the address of the ACPI tables' root, or 0. Raises MachineError for a file that is no x86-64 kernel, and
    for what does not fit.
    """
    loaded = _load_elf(memory, kernel, name) if is_elf(kernel) else _load_bzimage(memory, kernel, name)
    page = bytearray(_ZERO_PAGE_SIZE)
    page[_SETUP : _SETUP + len(loaded.header)] = loaded.header
    page[_LOADER] = 0xFF  # a boot loader without an assigned number
    page[_LOADER + 1] |= 1  # LOADED_HIGH
    struct.pack_into("<Q", page, _RSDP, rsdp)
    _put_command_line(memory, page, command_line, loaded.command_line_limit)
    if initrd:
        _put_initrd(memory, page, initrd, loaded)
    _put_ranges(page, ranges)
    memory.write(ZERO_PAGE, bytes(page), "the zero page")
    return linux_state(loaded.entry, ZERO_PAGE)


def _load_elf(memory: GuestMemory, kernel: bytes, name: str) -> LoadedKernel:
    program = read_elf(kernel, name)
    if program.bits != 64 or program.machine != EM_X86_64:
        raise MachineError(f"{name}: an ELF file for another processor, not an x86-64 kernel")
    memory.write_segments(program.segments, name)
    end = max(segment.end for segment in program.segments)
    return LoadedKernel(program.entry, end, _elf_header(), INITRD_LIMIT, COMMAND_LINE_LIMIT)


def _elf_header() -> bytes:
    """The setup header for a kernel whose file has none."""
    page = bytearray(0x268)
    struct.pack_into("<H", page, _BOOT_FLAG, 0xAA55)
    struct.pack_into("<4sH", page, _MAGIC, b"HdrS", 0x20F)
    return bytes(page[_SETUP:])


def _load_bzimage(memory: GuestMemory, kernel: bytes, name: str) -> LoadedKernel:
    header = _bzimage_header(kernel, name)
    place = bzimage_place(kernel, len(kernel), memory.low_end)
    body = kernel[place.body :]
    if not body:
        raise MachineError(f"{name}: the kernel is cut off after its setup code")
    memory.write(place.start, body, name)
    (command_line,) = struct.unpack_from("<I", kernel, 0x238)
    limit = min(command_line + 1, COMMAND_LINE_LIMIT)
    return LoadedKernel(place.start + _ENTRY_64, place.end, header, place.initrd_limit, limit)


def _bzimage_header(kernel: bytes, name: str) -> bytes:
    """Return the setup header of a bzImage. Raises MachineError if it is none that can be started."""
    if len(kernel) < BZIMAGE_HEADER or kernel[_MAGIC : _MAGIC + 4] != b"HdrS":
        raise MachineError(f"{name}: neither an x86 bzImage nor an ELF file")
    (version,) = struct.unpack_from("<H", kernel, 0x206)
    (flags,) = struct.unpack_from("<H", kernel, 0x236)
    if version < _OLDEST or not flags & _XLF_KERNEL_64:
        raise MachineError(f"{name}: the kernel has no 64-bit entry (boot protocol {version >> 8}.{version & 0xFF:02})")
    return kernel[_SETUP : min(_MAGIC + kernel[0x201], 0x290)]


def _put_command_line(memory: GuestMemory, page: bytearray, text: str, limit: int) -> None:
    data = text.encode(errors="replace") + b"\0"
    if len(data) > limit:
        raise MachineError(f"the command line has {len(data) - 1} bytes; this kernel takes at most {limit - 1}")
    memory.write(COMMAND_LINE, data, "the command line")
    struct.pack_into("<I", page, _COMMAND_LINE, COMMAND_LINE)


def _put_initrd(memory: GuestMemory, page: bytearray, initrd: bytes, kernel: LoadedKernel) -> None:
    """Write the initrd as high as the kernel takes it."""
    start = initrd_start(memory.low_end, kernel.initrd_limit, len(initrd))
    if start < kernel.end:
        needed = kernel.end + len(initrd)
        raise MachineError(f"the kernel and an initrd of {len(initrd):#x} bytes need {needed >> 20} MiB of RAM or more")
    memory.write(start, initrd, "the initrd")
    struct.pack_into("<II", page, _RAMDISK, start, len(initrd))


def _put_ranges(page: bytearray, ranges: Iterable[MemoryRange]) -> None:
    count = 0
    for count, entry in enumerate(ranges, 1):
        struct.pack_into("<QQI", page, _E820 + 20 * (count - 1), entry.start, entry.size, entry.kind)
    page[_E820_COUNT] = count
