"""Memory that other threads, processes and processors access at the same time: aligned accesses are indivisible.

A driver and its device share indices and descriptors without a lock. Both rely on a property of every processor that
devgen supports: a naturally aligned load or store of 1, 2, 4 or 8 bytes is indivisible. A copy of bytes does not have
this property, because the C library may copy two bytes one after the other. An element of a ``memoryview`` that was
cast to its size has it: CPython reads and writes the element as one C integer.

Guarantees:

- `SharedBytes.load` and `SharedBytes.store` of 1, 2, 4 or 8 bytes at a multiple of their size are one access.
- Any other offset or size up to 8 is several such accesses, each as wide as its alignment allows, lowest address first.
- `SharedBytes.copy_out` and `SharedBytes.copy_in` of 1, 2, 4 or 8 bytes at a multiple of their size are one access. Any
  other length is a copy in unspecified order and width. A device that shares a word with a driver therefore accesses
  this word separately, before or after it copies the rest.

On a big-endian host the values are correct, but accesses may be divided.
"""

from __future__ import annotations

import mmap
import sys
from collections.abc import Iterator
from typing import Final

MAX_SIZE: Final = 8
"""The widest single access in bytes."""

_LITTLE: Final = sys.byteorder == "little"


def aligned_pieces(address: int, n: int) -> Iterator[tuple[int, int]]:
    """Cut a range into naturally aligned (address, size) accesses of up to 8 bytes, lowest address first."""
    while n > 0:
        size = min(MAX_SIZE, address & -address or MAX_SIZE, 1 << (n.bit_length() - 1))
        yield address, size
        address += size
        n -= size


class SharedBytes:
    """Accesses a mapping as little-endian integers; offsets and sizes are in bytes.

    The caller checks that an access is inside the mapping and that the mapping is writable.
    """

    __slots__ = ("_elements", "view")

    def __init__(self, mapping: mmap.mmap) -> None:
        """``mapping`` can be closed after `release` only."""
        self.view = memoryview(mapping)
        """A view of all bytes."""
        n = len(self.view)
        halves = self.view[: n - n % 2].cast("H") if _LITTLE else None
        words = self.view[: n - n % 4].cast("I") if _LITTLE else None
        doubles = self.view[: n - n % 8].cast("Q") if _LITTLE else None
        self._elements = (None, self.view, halves, None, words, None, None, None, doubles)

    def load(self, offset: int, size: int) -> int:
        """Return the value of ``size`` bytes (1 to 8) at ``offset``."""
        elements = self._elements[size]
        if elements is not None and not offset % size:
            return elements[offset // size]
        return self._load_pieces(offset, size)

    def store(self, offset: int, value: int, size: int) -> None:
        """Write ``value``, which fits ``size`` bytes (1 to 8), at ``offset``."""
        elements = self._elements[size]
        if elements is not None and not offset % size:
            elements[offset // size] = value
        else:
            self._store_pieces(offset, value, size)

    def copy_out(self, offset: int, n: int) -> bytes:
        """Return a copy of ``n`` bytes at ``offset``."""
        if n <= MAX_SIZE and self._elements[n] is not None and not offset % n:
            return self.load(offset, n).to_bytes(n, "little")
        return bytes(self.view[offset : offset + n])

    def copy_in(self, offset: int, data: bytes | bytearray | memoryview) -> None:
        """Write ``data`` at ``offset``."""
        n = len(data)
        if n <= MAX_SIZE and self._elements[n] is not None and not offset % n:
            self.store(offset, int.from_bytes(data, "little"), n)
        else:
            self.view[offset : offset + n] = data

    def release(self) -> None:
        """Release the views; no access is possible afterwards."""
        for elements in self._elements:
            if elements is not None:
                elements.release()

    def _load_pieces(self, offset: int, size: int) -> int:
        if not _LITTLE:
            return int.from_bytes(self.view[offset : offset + size], "little")
        value = 0
        for at, length in aligned_pieces(offset, size):
            value |= self.load(at, length) << (at - offset) * 8
        return value

    def _store_pieces(self, offset: int, value: int, size: int) -> None:
        if not _LITTLE:
            self.view[offset : offset + size] = value.to_bytes(size, "little")
            return
        for at, length in aligned_pieces(offset, size):
            self.store(at, value >> (at - offset) * 8 & (1 << length * 8) - 1, length)
