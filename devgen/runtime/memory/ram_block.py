"""RAM blocks: memory of this process that the guest and devices share, with its dirty log."""

from __future__ import annotations

import ctypes
import mmap
import os
from typing import Final

from devgen.runtime.memory.host_mapping import map_anonymous, map_file, move
from devgen.runtime.memory.shared_bytes import SharedBytes

PAGE_SIZE: Final = 4096
"""Granularity of the dirty log in bytes; RAM blocks are multiples of it."""


class RamBlock:
    """Zeroed, page-aligned anonymous memory; ``view`` is a writable view of its ``size`` bytes.

    ``shared`` accesses the same memory while a guest runs: an aligned access through it is indivisible.

    Between `start_log` and `stop_log`, writes through an address space (DMA) are recorded; a host adds the writes of
    the guest's processor with `mark_dirty`.
    """

    __slots__ = ("_dirty", "_loggers", "_map", "address", "shared", "size", "view")

    def __init__(self, size: int) -> None:
        """Map ``size`` bytes, rounded up to whole pages.

        Raises:
            ValueError: a size less than 1.
            OSError, OverflowError: the host cannot map that much memory.
        """
        if size < 1:
            raise ValueError(f"a RAM block must have at least 1 byte, not {size}")
        length = -(-size // PAGE_SIZE) * PAGE_SIZE
        self.size = size
        self._map = mmap.mmap(-1, length, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self.shared = SharedBytes(self._map)
        self.view = self.shared.view[:size]
        self.address = ctypes.addressof(ctypes.c_char.from_buffer(self._map))
        """Address of the first byte in this process, valid until `close`."""
        self._dirty: bytearray | None = None
        self._loggers: set[object] = set()

    @property
    def logging(self) -> bool:
        """Whether writes are recorded."""
        return self._dirty is not None

    def start_log(self, owner: object) -> None:
        """Record writes until each ``owner`` that called this method has called `stop_log`."""
        self._loggers.add(owner)
        if self._dirty is None:
            self._dirty = bytearray(-(-self.size // PAGE_SIZE))

    def stop_log(self, owner: object) -> None:
        """Undo `start_log`. Does nothing if ``owner`` has not called it."""
        self._loggers.discard(owner)
        if not self._loggers:
            self._dirty = None

    def mark_dirty(self, offset: int, length: int) -> None:
        """Record a write of ``length`` bytes at ``offset``; does nothing unless ``logging``."""
        dirty = self._dirty
        if dirty is None or length < 1:
            return
        first, last = offset // PAGE_SIZE, min((offset + length - 1) // PAGE_SIZE, len(dirty) - 1)
        if first == last:
            dirty[first] = 1
        elif first < last:
            dirty[first : last + 1] = b"\1" * (last + 1 - first)

    def take_dirty(self, offset: int = 0, length: int | None = None) -> list[int]:
        """Return the byte offsets of the pages in a range that were written since the last call, and clear them."""
        dirty = self._dirty
        if dirty is None:
            return []
        end = self.size if length is None else min(offset + length, self.size)
        first, stop = offset // PAGE_SIZE, -(-end // PAGE_SIZE)
        found = [page * PAGE_SIZE for page in range(first, stop) if dirty[page]]
        for at in found:
            dirty[at // PAGE_SIZE] = 0
        return found

    def share(self, fd: int, offset: int) -> None:
        """Move the memory into the file ``fd`` at page-aligned ``offset``, so that other processes can map it.

        Its address in this process does not change.

        Raises:
            OSError: the file cannot be written or mapped.
        """
        length = -(-self.size // PAGE_SIZE) * PAGE_SIZE
        with self.view[:] as rest:
            written = 0
            while written < len(rest):  # one call writes at most 2 GiB
                with rest[written:] as left:
                    written += os.pwrite(fd, left, offset + written)
        map_file(fd, offset, length, writable=True, at=self.address)

    def unshare(self) -> None:
        """Move the memory out of the file of `share`: processes that map the file can no longer access it.

        Raises:
            OSError: the host has no memory for the copy. The memory remains in the file.
        """
        length = -(-self.size // PAGE_SIZE) * PAGE_SIZE
        copy = map_anonymous(length)
        ctypes.memmove(copy, self.address, length)
        move(copy, length, self.address)

    def close(self) -> None:
        """Release the memory, or let it be released with its last view. May be called again."""
        self.view.release()
        self.shared.release()
        try:
            self._map.close()
        except BufferError:
            return
