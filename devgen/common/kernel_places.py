"""Where a Linux kernel and its initial RAM disk lie in RAM: for the loaders, and for the check that they fit.

Sources: Documentation/arch/x86/boot.rst (chapter "The Real-Mode Kernel Header") and
Documentation/arch/arm64/booting.rst (chapters 2 to 4).
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

VIRT_ALIGNMENT: Final = 2 << 20
"""An arm64 kernel's base, its RAM disk and its device tree are at multiples of it, and the tree is not larger."""
BZIMAGE_HEADER: Final = 0x268
"""Bytes of a bzImage up to the end of the fields that are read here."""
INITRD_LIMIT: Final = 0x7FFF_FFFF
"""The last address of the RAM disk of a kernel whose file gives none."""

_IMAGE = struct.Struct("<IIQQQ24xI4x")
_IMAGE_MAGIC = 0x644D5241  # "ARM\x64"
_OLD_OFFSET = 0x80000  # of kernels before 3.17, whose image_size is 0
IMAGE_HEADER: Final = _IMAGE.size
"""Bytes of an arm64 Image's header."""

_MEBIBYTE = 1 << 20
_PAGE = 4096
_SECTOR = 512


class BzImagePlace(NamedTuple):
    """A bzImage in RAM: the offset of its body in the file, where the body goes, the address after all that it uses,
    and the last address for a RAM disk.
    """

    body: int
    start: int
    end: int
    initrd_limit: int


def bzimage_place(head: bytes, size: int, ram: int) -> BzImagePlace:
    """Place a bzImage of ``size`` bytes, of which ``head`` has ``BZIMAGE_HEADER`` or more, in RAM that ends at ``ram``.

    The kernel is loaded at its preferred address, or if it does not fit and can be moved, at 1 MiB.
    """
    body = ((head[0x1F1] or 4) + 1) * _SECTOR
    (limit,) = struct.unpack_from("<I", head, 0x22C)
    preferred, init_size = struct.unpack_from("<QI", head, 0x258)
    used = max(init_size, size - body)
    relocatable = head[0x234] != 0
    start = preferred if not relocatable or preferred + used <= ram else _MEBIBYTE
    # A kernel that was moved down decompresses itself to its preferred address.
    return BzImagePlace(body, start, max(start, preferred) + used, limit)


def initrd_start(ram: int, limit: int, size: int) -> int:
    """Return the highest page at which ``size`` bytes lie below ``ram`` and up to ``limit``; negative: none."""
    return (min(ram, limit + 1) - size) // _PAGE * _PAGE


class ImageExtent(NamedTuple):
    """What the header of an arm64 Image says: the offset of the kernel's start from a multiple of ``VIRT_ALIGNMENT``,
    the bytes that it uses from there, 0 if it does not say, and its flags.
    """

    offset: int
    size: int
    flags: int


def image_extent(head: bytes) -> ImageExtent | None:
    """Return what an arm64 Image says that begins with ``head``, or None if it is none."""
    if len(head) < IMAGE_HEADER:
        return None
    _, _, offset, size, flags, magic = _IMAGE.unpack_from(head)
    if magic != _IMAGE_MAGIC:
        return None
    return ImageExtent(offset if size else _OLD_OFFSET, size, flags)


class VirtPlaces(NamedTuple):
    """Addresses in an arm64 machine's RAM: of the kernel, the RAM disk (also without one), the device tree, and the
    address after them.
    """

    kernel: int
    initrd: int
    tree: int
    end: int


def virt_places(start: int, offset: int, size: int, initrd: int) -> VirtPlaces:
    """Place a kernel that uses ``size`` bytes from ``offset`` on, ``initrd`` bytes of RAM disk, and the tree."""
    kernel = start + offset
    disk = _aligned(kernel + size)
    tree = _aligned(disk + initrd)
    return VirtPlaces(kernel, disk, tree, tree + VIRT_ALIGNMENT)


def _aligned(address: int) -> int:
    return -(-address // VIRT_ALIGNMENT) * VIRT_ALIGNMENT
