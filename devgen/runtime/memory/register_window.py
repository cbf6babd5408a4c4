"""Windows: access to a bank of registers that is not on a bus, through an index and a data register."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from devgen.runtime.base.bounded_cache import BoundedCache
from devgen.runtime.memory.access import Reader, Writer
from devgen.runtime.memory.register_bank import RegisterBank

KEPT: Final = 1024
"""Most cached accesses, for reads and for writes each."""


class Window:
    """Accesses the registers of ``bank`` for a data register.

    The bank is little-endian: lane n of the data register is byte n from the offset.

    An access is resolved when it is first made. The cache of resolved accesses is bounded, because a guest chooses the
    offsets.
    """

    __slots__ = ("_bank", "_readers", "_writers")

    def __init__(self, bank: RegisterBank) -> None:
        self._bank = bank
        self._readers: BoundedCache[tuple[int, int], Reader] = BoundedCache(KEPT)
        self._writers: BoundedCache[tuple[int, int], Writer] = BoundedCache(KEPT)

    @property
    def bank(self) -> RegisterBank:
        """The registers that the window accesses."""
        return self._bank

    def read(self, at: int, size: int, mask: int | None = None) -> int:
        """Read ``size`` bytes at offset ``at``, or only the byte lanes in ``mask`` if it is given."""
        if mask is None:
            return self._reader(at, size)()
        value = 0
        for first, length in _pieces(mask, size):
            value |= self._reader(at + first, length)() << first * 8
        return value

    def write(self, at: int, size: int, value: int, mask: int | None = None) -> None:
        """Write ``size`` bytes at offset ``at``, or only the byte lanes in ``mask`` if it is given."""
        if mask is None:
            self._writer(at, size)(value)
            return
        for first, length in _pieces(mask, size):
            lanes = (1 << length * 8) - 1
            self._writer(at + first, length)(value >> first * 8 & lanes)

    def _reader(self, at: int, size: int) -> Reader:
        found = self._readers.get((at, size))
        if found is None:
            found = self._readers.keep((at, size), self._bank.resolve_read(at, size))
        return found

    def _writer(self, at: int, size: int) -> Writer:
        found = self._writers.get((at, size))
        if found is None:
            found = self._writers.keep((at, size), self._bank.resolve_write(at, size))
        return found


def _pieces(mask: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield (first byte, bytes) of the lanes in ``mask``, in naturally aligned pieces, lowest first."""
    at = 0
    while at < size:
        fitting = (n for n in (8, 4, 2, 1) if at % n == 0 and at + n <= size and _covers(mask, at, n))
        length = next(fitting, 0)
        if length:
            yield at, length
        at += length or 1


def _covers(mask: int, at: int, length: int) -> bool:
    lanes = ((1 << length * 8) - 1) << at * 8
    return mask & lanes == lanes
