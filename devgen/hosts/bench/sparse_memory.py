"""Guest memory of any size for a replay: only pages that were written are allocated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

PAGE: Final = 4096
MOST: Final = 1 << 16
"""Most pages; writes to further pages are dropped."""


class SparseMemory:
    """A `GuestMemory` of 64-bit addresses; bytes that were never written read as zeros."""

    def __init__(self) -> None:
        self._pages: dict[int, bytearray] = {}

    def load(self, address: int, size: int) -> int:
        """See `GuestMemory.load`."""
        return int.from_bytes(self.read_bytes(address, size), "little")

    def store(self, address: int, value: int, size: int) -> None:
        """See `GuestMemory.store`."""
        self.write_bytes(address, value.to_bytes(size, "little"))

    def read_bytes(self, address: int, n: int) -> bytes:
        """See `GuestMemory.read_bytes`."""
        empty = bytes(PAGE)
        return b"".join(
            bytes(self._pages.get(page, empty)[start : start + length]) for page, start, length in _pieces(address, n)
        )

    def write_bytes(self, address: int, data: bytes | bytearray | memoryview) -> None:
        """See `GuestMemory.write_bytes`."""
        done = 0
        for page, start, length in _pieces(address, len(data)):
            if page in self._pages or len(self._pages) < MOST:
                self._pages.setdefault(page, bytearray(PAGE))[start : start + length] = data[done : done + length]
            done += length


def _pieces(address: int, n: int) -> Iterator[tuple[int, int, int]]:
    """Cut a range at pages: (page, start in it, length)."""
    end = address + n
    while address < end:
        start = address % PAGE
        length = min(PAGE - start, end - address)
        yield address // PAGE, start, length
        address += length
