"""Whether a Linux kernel and its initial RAM disk fit into RAM, from the kernel's first bytes and the files' sizes."""

from __future__ import annotations

import zlib
from typing import Final, NamedTuple

from devgen.common.elf_headers import elf_loads, is_little_endian_elf, read_header
from devgen.common.kernel_places import (
    BZIMAGE_HEADER,
    IMAGE_HEADER,
    INITRD_LIMIT,
    bzimage_place,
    image_extent,
    initrd_start,
    virt_places,
)

_GZIP = b"\x1f\x8b"
_GZIP_BITS = 31  # window of 2^15 bytes, with gzip's header

START: Final = 4096
"""Bytes of a kernel that are looked at: the program headers of an ELF file are among them."""


class Room(NamedTuple):
    """What the files need, and what RAM there is for them, in bytes from the start of RAM."""

    needed: int
    there: int

    @property
    def is_enough(self) -> bool:
        """Whether the files fit."""
        return self.needed <= self.there


def pc_room(head: bytes, size: int, initrd: int, ram: int) -> Room | None:
    """Return the room of a bzImage or an ELF file on a PC; None if its first bytes do not tell.

    ``size`` and ``initrd``: bytes of the files, 0 without a RAM disk. ``ram``: bytes of RAM below 4 GiB.
    """
    loaded = _elf_end(head) if is_little_endian_elf(head) else None
    used, limit = loaded, INITRD_LIMIT
    if loaded is None and len(head) >= BZIMAGE_HEADER and head[0x202:0x206] == b"HdrS":
        place = bzimage_place(head, size, ram)
        loaded, used, limit = place.start + size - place.body, place.end, place.initrd_limit
    if loaded is None or used is None:
        return None
    if loaded > ram or not initrd:
        return Room(loaded, ram)
    there = min(ram, limit + 1)
    return Room(used + initrd if initrd_start(ram, limit, initrd) < used else loaded, there)


def _elf_end(head: bytes) -> int | None:
    header = read_header(head)
    if header is None or not header.is_sound or header.table_end > len(head):
        return None
    return max((load.address + load.size for load in elf_loads(head, header)), default=None)


def virt_room(head: bytes, size: int, initrd: int, ram: int) -> Room | None:
    """Return the room of an arm64 Image or Image.gz, its RAM disk and the device tree; None if it is none."""
    if head.startswith(_GZIP):
        try:
            head, size = zlib.decompressobj(_GZIP_BITS).decompress(head, IMAGE_HEADER), 0
        except zlib.error:
            return None
    extent = image_extent(head)
    if extent is None:
        return None
    return Room(virt_places(0, extent.offset, max(extent.size, size), initrd).end, ram)
