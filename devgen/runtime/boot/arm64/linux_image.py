"""The header of an arm64 Linux kernel, and the places of kernel, initial RAM disk and device tree in RAM.

Source: Documentation/arch/arm64/booting.rst, chapters 2 (device tree), 3 (kernel image) and 4 (calling the kernel).
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from devgen.common.kernel_places import VIRT_ALIGNMENT, VirtPlaces, image_extent, virt_places
from devgen.runtime.base.faults import MachineError
from devgen.runtime.boot.elf_file import is_elf

_BIG_ENDIAN = 1 << 0
_GZIP = b"\x1f\x8b"
_GZIP_BITS = 31  # window of 2^15 bytes, with gzip's header
_ZBOOT = b"MZ\0\0zimg"


@dataclass(slots=True, frozen=True)
class Image:
    """A kernel: its bytes, the offset of its start from a multiple of ``VIRT_ALIGNMENT``, and its bytes in RAM."""

    data: bytes
    offset: int
    size: int


def read_image_header(kernel: bytes, name: str, room: int) -> Image:
    """Return the kernel in ``kernel``, an Image or Image.gz that unpacks to at most ``room`` bytes.

    Raises MachineError, which begins with ``name``, for a file that is not an arm64 kernel.
    """
    data = _unpacked(kernel, name, room) if kernel.startswith(_GZIP) else kernel
    extent = image_extent(data)
    if extent is None:
        raise MachineError(f"{name}: {_what_else(data)}")
    if extent.flags & _BIG_ENDIAN:
        raise MachineError(f"{name}: a big-endian kernel; only little-endian ones run")
    if extent.offset >= VIRT_ALIGNMENT:
        raise MachineError(f"{name}: the kernel's header is damaged (text_offset {extent.offset:#x})")
    return Image(data, extent.offset, max(extent.size, len(data)))


def _unpacked(kernel: bytes, name: str, room: int) -> bytes:
    unpacker = zlib.decompressobj(_GZIP_BITS)
    try:
        data = unpacker.decompress(kernel, room + 1)
    except zlib.error:
        raise MachineError(f"{name}: the gzip data is damaged") from None
    if len(data) > room:
        raise MachineError(f"{name}: the kernel unpacks to more than the RAM of {room >> 20} MiB")
    if not unpacker.eof:
        raise MachineError(f"{name}: the gzip data is cut off")
    return data


def _what_else(data: bytes) -> str:
    """Return the kind of a file that is not an Image, for a message."""
    if data[0x202:0x206] == b"HdrS":
        return "an x86 kernel; a board of type virt runs arm64 kernels"
    if is_elf(data):
        return "an ELF file; an arm64 kernel is booted from arch/arm64/boot/Image"
    if data.startswith(_ZBOOT):
        return "a compressed EFI kernel (vmlinuz.efi); use the Image that is in it"
    return "not an arm64 kernel (Image or Image.gz)"


def find_places(start: int, end: int, image: Image, initrd: int) -> VirtPlaces:
    """Place a kernel and ``initrd`` bytes of RAM disk from ``start``, then the tree. Raises MachineError if they do not
    fit below ``end``.
    """
    places = virt_places(start, image.offset, image.size, initrd)
    if places.end > end:
        needed = (places.end - start) >> 20
        raise MachineError(f"the kernel and an initrd of {initrd:#x} bytes need {needed} MiB of RAM or more")
    return places
