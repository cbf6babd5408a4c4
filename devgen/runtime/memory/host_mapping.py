"""mmap(2), mremap(2) and munmap(2) with addresses, which the ``mmap`` module does not offer.

Addresses and lengths are multiples of the page size. Every function raises OSError if the call fails.
"""

from __future__ import annotations

import ctypes
import mmap
import os
from collections.abc import Callable
from functools import cache
from typing import Final, cast

_MAP_FIXED: Final = 0x10
_MREMAP_MAYMOVE: Final = 1
_MREMAP_FIXED: Final = 2
_FAILED: Final = ctypes.c_void_p(-1).value


def map_anonymous(length: int) -> int:
    """Map ``length`` bytes of zeroed private memory; return its address."""
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    return _call("mmap", 0, length, mmap.PROT_READ | mmap.PROT_WRITE, flags, -1, 0)


def map_file(fd: int, offset: int, length: int, *, writable: bool, at: int = 0) -> int:
    """Map ``length`` bytes of a file as shared; return the address.

    ``at`` is the address, where the new mapping replaces existing ones; 0 lets the kernel choose.
    """
    protection = mmap.PROT_READ | (mmap.PROT_WRITE if writable else 0)
    return _call("mmap", at, length, protection, mmap.MAP_SHARED | (_MAP_FIXED if at else 0), fd, offset)


def move(source: int, length: int, target: int) -> None:
    """Move the pages at ``source`` to ``target``, replacing the mappings there."""
    _call("mremap", source, length, length, _MREMAP_MAYMOVE | _MREMAP_FIXED, target, 0)


def unmap(address: int, length: int) -> None:
    """Remove the mappings of a range."""
    _call("munmap", address, length)


@cache
def _function(name: str) -> Callable[..., int | None]:
    """Return a function of the C library. It is made once: a library and its functions are a reference cycle."""
    function = getattr(ctypes.CDLL(None, use_errno=True), name)
    function.restype = ctypes.c_void_p
    return cast("Callable[..., int | None]", function)


def _call(name: str, *arguments: int) -> int:
    result: int = _function(name)(*(ctypes.c_long(value) for value in arguments)) or 0
    if result == _FAILED:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
