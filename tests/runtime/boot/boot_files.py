"""Small kernels and ELF files, made by the tests."""

from __future__ import annotations

import struct


def elf(
    code: bytes, address: int, *, bits: int = 64, machine: int = 62, entry: int | None = None, zeros: int = 0
) -> bytes:
    """An ELF executable with one segment: ``code`` at ``address``, then ``zeros`` bytes of zeros."""
    start, size = address if entry is None else entry, len(code)
    identity = struct.pack("<4sBBBB8x", b"\x7fELF", bits // 32, 1, 1, 0)
    if bits == 64:
        head = struct.pack("<HHIQQQIHHHHHH", 2, machine, 1, start, 64, 0, 0, 64, 56, 1, 0, 0, 0)
        program = struct.pack("<IIQQQQQQ", 1, 5, 120, address, address, size, size + zeros, 16)
    else:
        head = struct.pack("<HHIIIIIHHHHHH", 2, machine, 1, start, 52, 0, 0, 52, 32, 1, 0, 0, 0)
        program = struct.pack("<IIIIIIII", 1, 84, address, address, size, size + zeros, 5, 16)
    return identity + head + program + code


def bzimage(
    code: bytes, *, preferred: int = 0x100000, size: int = 0x10000, version: int = 0x20F, flags: int = 1
) -> bytes:
    """A bzImage whose protected-mode part has ``code`` at its 64-bit entry."""
    head = bytearray(1024)
    head[0x1F1] = 1
    struct.pack_into("<H", head, 0x1FE, 0xAA55)
    head[0x200:0x202] = b"\xeb\x66"
    struct.pack_into("<4sH", head, 0x202, b"HdrS", version)
    head[0x211] = 1
    struct.pack_into("<I", head, 0x22C, 0x7FFFFFFF)
    head[0x234] = 1
    struct.pack_into("<HI", head, 0x236, flags, 255)
    struct.pack_into("<QI", head, 0x258, preferred, size)
    return bytes(head) + bytes(0x200) + code
