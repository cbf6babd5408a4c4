"""Mappings of this process by address: what the ``mmap`` module does not offer (mmap(2), mremap(2), munmap(2)).

Addresses and lengths are multiples of the page size. Everything here raises OSError where the host refuses.
"""

from __future__ import annotations

import ctypes
import mmap
import os
from typing import Final

_MAP_FIXED: Final = 0x10
_MREMAP_MAYMOVE: Final = 1
_MREMAP_FIXED: Final = 2
_FAILED: Final = ctypes.c_void_p(-1).value


def map_anonymous(length: int) -> int:
    """Map ``length`` zeroed bytes of this process's own; their address."""
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    return _call("mmap", 0, length, mmap.PROT_READ | mmap.PROT_WRITE, flags, -1, 0)


def map_file(fd: int, offset: int, length: int, *, writable: bool, at: int = 0) -> int:
    """Map a file, shared, in place of what is mapped ``at`` an address (0: anywhere); the address."""
    protection = mmap.PROT_READ | (mmap.PROT_WRITE if writable else 0)
    return _call("mmap", at, length, protection, mmap.MAP_SHARED | (_MAP_FIXED if at else 0), fd, offset)


def move(source: int, length: int, target: int) -> None:
    """Move the pages at ``source`` over those at ``target``."""
    _call("mremap", source, length, length, _MREMAP_MAYMOVE | _MREMAP_FIXED, target, 0)


def unmap(address: int, length: int) -> None:
    """Undo a mapping."""
    _call("munmap", address, length)


def _call(name: str, *arguments: int) -> int:
    function = getattr(ctypes.CDLL(None, use_errno=True), name)
    function.restype = ctypes.c_void_p
    result: int = function(*(ctypes.c_long(value) for value in arguments)) or 0
    if result == _FAILED:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
