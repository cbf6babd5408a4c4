"""Memory that other threads, processes and processors use at the same time: an aligned access of it is one access.

A driver and its device share indices and descriptors without a lock. Both rely on the rule of every processor that
devgen runs on: a naturally aligned load or store of 1, 2, 4 or 8 bytes is indivisible. A copy of bytes does not keep
that rule, since the C library may copy two bytes one after the other. An element of a ``memoryview`` that was cast to
its size does: CPython reads and writes it as one C integer.

What is guaranteed:

- `SharedBytes.load` and `SharedBytes.store` of 1, 2, 4 or 8 bytes at a multiple of their size: one access.
- Any other offset or size up to 8: several such accesses, each as wide as its alignment allows, lowest address first.
- `SharedBytes.copy_out` and `SharedBytes.copy_in` of 1, 2, 4 or 8 bytes at a multiple of their size: one access. Any
  other length is a copy in no particular order and of no particular width. A device that shares a word with a driver
  accesses the word by itself, before or after it copies the rest.

A host in big-endian order keeps the values, not the guarantee.
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
    """A mapping as integers in little-endian order; offsets and sizes are in bytes.

    The caller checks that an access lies inside the mapping, and that the mapping may be written.
    """

    __slots__ = ("_elements", "view")

    def __init__(self, mapping: mmap.mmap) -> None:
        """``mapping`` can be closed after `release`."""
        self.view = memoryview(mapping)
        """All the bytes."""
        n = len(self.view)
        halves = self.view[: n - n % 2].cast("H") if _LITTLE else None
        words = self.view[: n - n % 4].cast("I") if _LITTLE else None
        doubles = self.view[: n - n % 8].cast("Q") if _LITTLE else None
        self._elements = (None, self.view, halves, None, words, None, None, None, doubles)

    def load(self, offset: int, size: int) -> int:
        """The value of ``size`` bytes (1 to 8) at ``offset``."""
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
        """``n`` bytes from ``offset`` on."""
        if n <= MAX_SIZE and self._elements[n] is not None and not offset % n:
            return self.load(offset, n).to_bytes(n, "little")
        return bytes(self.view[offset : offset + n])

    def copy_in(self, offset: int, data: bytes | bytearray | memoryview) -> None:
        """Write ``data`` from ``offset`` on."""
        n = len(data)
        if n <= MAX_SIZE and self._elements[n] is not None and not offset % n:
            self.store(offset, int.from_bytes(data, "little"), n)
        else:
            self.view[offset : offset + n] = data

    def release(self) -> None:
        """Give up the views; there is no access after that."""
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
