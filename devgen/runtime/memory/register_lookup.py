"""The registers of a bank by offset, and which of several registers at one offset an access reaches."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Literal, NamedTuple

from devgen.runtime.memory.access import Reader
from devgen.runtime.memory.conditional_access import Condition

Decode = Literal["lanes", "exact", "word"]
Intent = Literal["reserved", "unimplemented", "undocumented"]


@dataclass(slots=True, frozen=True)
class Reg:
    """A register, or an array of ``count`` registers if ``stride`` > 0.

    ``offset`` and ``stride`` are in bytes, ``width`` is in bits (8 to 64). Values fit the width in both directions.

    ``read()`` returns the value; for an array it is ``read(index)``. With ``read_mask`` the last argument is the mask
    of the bits that are read: ``read(mask)``, ``read(index, mask)``. Without ``read``, reads return ``reset``.

    ``write(value)`` writes the value; for an array it is ``write(index, value)``. With ``write_mask`` the last argument
    is the mask of the bits that are written: ``write(value, mask)``, ``write(index, value, mask)``. It is omitted for
    a write of the whole register. ``value`` has no bits outside the mask. Without ``write``, writes are dropped.

    An array of several dimensions has ``dims``: for each, the outermost first, its number of elements and its stride in
    bytes. ``index`` then counts all elements, the innermost dimension first, and ``count`` is their number.

    ``decode`` None means the bank's ``decode``. Accesses to a register with an ``intent`` are logged. ``sizes`` are the
    smallest and the largest unit in bytes that accesses the register; None means every unit.

    With ``when`` the register answers only while ``when()``, for an array ``when(index)``, is true. ``answers`` are the
    accesses that it takes where it shares bytes with other registers: by default reads if it has ``read`` or a
    ``reset`` other than 0, and writes if it has ``write``. ``view`` is the name of the register that answers at its
    place: this one is only another name of its bytes.
    """

    name: str
    offset: int
    width: int
    read: Callable[..., int] | None
    write: Callable[..., None] | None
    count: int = 1
    stride: int = 0
    decode: Decode | None = None
    intent: Intent | None = None
    read_mask: bool = False
    write_mask: bool = False
    reset: int = 0
    sizes: tuple[int, int] | None = None
    answers: Literal["reads", "writes", "both"] | None = None
    when: Callable[..., object] | None = None
    view: str | None = None
    dims: tuple[tuple[int, int], ...] = ()

    def place(self, index: int) -> int:
        """Return the offset in bytes of element ``index`` in the bank."""
        if not self.dims:
            return self.offset + index * self.stride
        offset = self.offset
        for count, stride in reversed(self.dims):
            index, at = divmod(index, count)
            offset += at * stride
        return offset


class Hit(NamedTuple):
    """A register at its offset; ``element`` is the array index, or None for a single register.

    ``rank`` orders the registers of a bank: a condition before none, then the order in the bank.
    """

    start: int
    bytes: int
    reg: Reg
    element: int | None
    rank: int

    @property
    def end(self) -> int:
        """The first offset after the register."""
        return self.start + self.bytes

    @property
    def condition(self) -> Condition | None:
        """The condition while which the register answers; None if it always does."""
        return None if self.reg.when is None else (self.reg.when, self.element)

    def takes(self, write: bool) -> bool:
        """Whether the register takes writes, or reads, of bytes that it shares with other registers."""
        if self.reg.answers is not None:
            return self.reg.answers != ("reads" if write else "writes")
        return (self.writer() if write else self.reader()) is not None

    def answers(self, unit: int) -> bool:
        """Whether a unit of ``unit`` bytes accesses the register."""
        sizes = self.reg.sizes
        return sizes is None or sizes[0] <= unit <= sizes[1]

    def reader(self) -> Callable[..., int] | None:
        """Return ``read()`` or, with `Reg.read_mask`, ``read(mask)``; None if it reads zero."""
        read = self.reg.read
        if read is None:
            return partial(int, self.reg.reset) if self.reg.reset else None
        return read if self.element is None else partial(read, self.element)

    def masked_reader(self, mask: int) -> Reader | None:
        """Return a reader of the bits in ``mask``, not shifted; other bits of its value are undefined."""
        read = self.reader()
        if read is not None and self.reg.read is not None and self.reg.read_mask:
            return partial(read, mask)
        return read

    def writer(self) -> Callable[..., None] | None:
        """Return ``write(value)`` or, with `Reg.write_mask`, ``write(value, mask)``; None if writes are dropped."""
        write = self.reg.write
        return write if write is None or self.element is None else partial(write, self.element)


class Run(NamedTuple):
    """Bytes ``low`` up to ``high`` of the bank, which an access reaches in the register ``hit``."""

    hit: Hit
    low: int
    high: int


class RegisterLookup:
    """Finds the registers of a bank. They are sorted when the first access is resolved."""

    __slots__ = ("_hits", "_registers", "_starts")

    def __init__(self, registers: Sequence[Reg]) -> None:
        self._registers = registers
        self._starts: list[int] | None = None
        self._hits: list[Hit] = []

    def overlapping(self, offset: int, size: int) -> list[Hit]:
        """Return the registers with a byte in the range, ascending.

        A register has at most 8 bytes, so it starts at most 7 bytes before the range.
        """
        starts = self._index()
        found = self._hits[bisect_left(starts, offset - 7) : bisect_left(starts, offset + size)]
        return [hit for hit in found if hit.end > offset]

    def all(self) -> list[Hit]:
        """Return all registers, ascending."""
        self._index()
        return self._hits

    def _index(self) -> list[int]:
        if self._starts is None:
            count = len(self._registers)
            hits: list[Hit] = []
            for number, reg in enumerate(reg for reg in self._registers if reg.view is None):
                size, rank = reg.width // 8, number + count * (reg.when is None)
                if reg.stride:
                    hits.extend(Hit(reg.place(at), size, reg, at, rank) for at in range(reg.count))
                elif reg.count:
                    hits.append(Hit(reg.offset, size, reg, None, rank))
            hits.sort(key=lambda hit: hit.start)
            self._hits = hits
            self._starts = [hit.start for hit in hits]
        return self._starts


def first_of(hits: Iterable[Hit], write: bool) -> Hit:
    """Return the register among ``hits`` that an access of a byte which all of them have reaches."""
    return min(hits, key=lambda hit: (not hit.takes(write), hit.rank))


def runs_of(hits: Sequence[Hit], offset: int, size: int, write: bool) -> list[Run]:
    """Return what an access reaches in each register. ``hits`` have a byte in the range and are ascending."""
    end = offset + size
    if all(left.end <= right.start for left, right in pairwise(hits)):
        return [Run(hit, max(offset, hit.start), min(end, hit.end)) for hit in hits]
    found: list[Run] = []
    for byte in range(offset, end):
        covering = [hit for hit in hits if hit.start <= byte < hit.end]
        if not covering:
            continue
        hit = first_of(covering, write)
        if found and found[-1].hit is hit and found[-1].high == byte:
            found[-1] = Run(hit, found[-1].low, byte + 1)
        else:
            found.append(Run(hit, byte, byte + 1))
    return found
