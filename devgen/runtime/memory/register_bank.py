"""Register banks: from an access of any size and offset to the registers under it, solved once, here.

An access is *resolved* into a closure (see `devgen.runtime.memory.access`); the dispatcher keeps the closure. The
common case, one whole register, resolves to the device's own bound method.

How a unit (an access of an implemented size) finds its register:

``lanes``
    Byte lanes of a real bus. A unit touches the bytes it covers, of as many registers as it covers; a narrow write
    leaves a register's other bytes alone. Lanes carry byte enables, so a unit is never widened to ``implemented`` min:
    the lanes that the guest did not address stay untouched.
``exact``
    The register at the unit's offset answers alone. A narrow read gives the low bytes; a narrow write is zero-extended
    and replaces the whole; a unit wider than the register reads zeros above it.
``word``
    As exact, but any offset inside the register hits it, unshifted.

A register under ``exact`` and ``word`` that is wider than ``implemented`` max is as many parts of that size, each of
which answers as if it were a register: a 64-bit one behind a 32-bit bus is two halves.

A register may answer units of some ``sizes`` only; for others there is nothing.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, NamedTuple, cast

from devgen.runtime.base.guest_log import AccessLog
from devgen.runtime.memory.access import (
    Access,
    Reader,
    Writer,
    join_reads,
    join_writes,
    mask_of_bytes,
    read_zero,
    resolve_read,
    resolve_write,
    write_nothing,
)

Decode = Literal["lanes", "exact", "word"]
Intent = Literal["reserved", "unimplemented", "undocumented"]
MaskedReader = Callable[[int], int]
MaskedWriter = Callable[[int, int], None]


@dataclass(slots=True, frozen=True)
class Reg:
    """A register, or (``stride`` > 0) an array of ``count`` of them; offsets and stride in bytes, width in bits (8-64).

    ``read`` is called as ``read()``, of an array ``read(index)``; with ``read_mask`` the bits that are read follow:
    ``read(mask)``, ``read(index, mask)``. ``write`` is called as ``write(value)``, of an array ``write(index,
    value)``; with ``write_mask`` the bits that are written follow, unless that is the whole register: ``write(value,
    mask)``, ``write(index, value, mask)``. ``value`` lies within them, and values fit the width both ways. None for
    ``read`` reads ``reset``, for ``write`` drops the write; two registers may share an offset if one has no ``read``
    and the other no ``write``. ``decode`` None is the bank's. An ``intent`` is logged. ``sizes`` are the smallest and
    the largest unit in bytes that it answers; None: every unit.
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


class _Hit(NamedTuple):
    """One register at its place; ``element`` is None unless it is an array's element."""

    start: int
    bytes: int
    reg: Reg
    element: int | None

    def answers(self, unit: int) -> bool:
        """Whether a unit of ``unit`` bytes is one that the register answers."""
        sizes = self.reg.sizes
        return sizes is None or sizes[0] <= unit <= sizes[1]

    def reader(self) -> Callable[..., int] | None:
        """``read()`` or, with `Reg.read_mask`, ``read(mask)``."""
        read = self.reg.read
        if read is None:
            return partial(int, self.reg.reset) if self.reg.reset else None
        return read if self.element is None else partial(read, self.element)

    def masked_reader(self, mask: int) -> Reader | None:
        """``read()`` of the bits in ``mask`` at their place (others may come with them)."""
        read = self.reader()
        if read is not None and self.reg.read is not None and self.reg.read_mask:
            return partial(read, mask)
        return read

    def writer(self) -> Callable[..., None] | None:
        """``write(value)`` or, with `Reg.write_mask`, ``write(value, mask)``."""
        write = self.reg.write
        return write if write is None or self.element is None else partial(write, self.element)


class _Lane(NamedTuple):
    """Where a unit and a register overlap: bit positions in both, and the bits counted from 0."""

    hit: _Hit
    unit_shift: int
    reg_shift: int
    bits: int


class RegisterBank:
    """The `IoOps` of a region of registers; see the module for ``decode``.

    ``reserved`` is what undeclared bytes read. Constructing it costs next to nothing: the registers are sorted when the
    first access is resolved. Called under the machine's lock.
    """

    __slots__ = ("_access", "_decode", "_hits", "_log", "_reserved", "_starts", "access", "name", "registers", "size")

    def __init__(
        self,
        name: str,
        size: int,
        access: Access | None = None,
        decode: Decode = "lanes",
        reserved: Literal["zeros", "ones"] = "zeros",
        registers: Sequence[Reg] = (),
        log: AccessLog | Callable[[str], None] | None = None,
    ) -> None:
        """``size`` of the region in bytes. ``log``: where accesses to what is not implemented are said, once each.

        Raises:
            ValueError: an unknown decode.
        """
        if decode not in ("lanes", "exact", "word"):
            raise ValueError(f"decode is 'lanes', 'exact' or 'word', not {decode!r}")
        self.name = name
        self.size = size
        self.access = access or Access()
        self.registers = registers
        self._decode = decode
        self._reserved = reserved
        self._log = log if isinstance(log, AccessLog) else AccessLog(name, sink=log)
        self._starts: list[int] | None = None
        self._hits: list[_Hit] = []
        self._access = self.access
        if decode == "lanes":
            self._access = replace(self.access, implemented=(1, self.access.implemented[1]))

    def resolve_read(self, offset: int, size: int) -> Reader:
        """See `IoOps.resolve_read`."""
        return resolve_read(self._access, offset, size, self._unit_read)

    def resolve_write(self, offset: int, size: int) -> Writer:
        """See `IoOps.resolve_write`."""
        return resolve_write(self._access, offset, size, self._unit_write)

    def cacheable(self, offset: int, size: int) -> bool:
        """Whether a declared register has a byte there."""
        return bool(self._overlapping(offset, size))

    def covering(self, offset: int, size: int) -> list[tuple[Reg, int | None, int]]:
        """Registers with a byte in the range, ascending: the register, its element's index, its first byte's offset."""
        return [(hit.reg, hit.element, hit.start) for hit in self._overlapping(offset, size)]

    # Finding registers.

    def _index(self) -> list[int]:
        if self._starts is None:
            hits: list[_Hit] = []
            for reg in self.registers:
                size = reg.width // 8
                if reg.stride:
                    hits.extend(_Hit(reg.offset + at * reg.stride, size, reg, at) for at in range(reg.count))
                elif reg.count:
                    hits.append(_Hit(reg.offset, size, reg, None))
            hits.sort(key=lambda hit: hit.start)
            self._hits = hits
            self._starts = [hit.start for hit in hits]
        return self._starts

    def _overlapping(self, offset: int, size: int) -> list[_Hit]:
        """What has a byte in the range, ascending; no register is wider than 8 bytes, so none starts 8 before it."""
        starts = self._index()
        found = self._hits[bisect_left(starts, offset - 7) : bisect_left(starts, offset + size)]
        return [hit for hit in found if hit.start + hit.bytes > offset]

    def _answering(self, offset: int, size: int, unit: int) -> list[_Hit]:
        """What has a byte in the range and answers units of ``unit`` bytes."""
        return [hit for hit in self._overlapping(offset, size) if hit.answers(unit)]

    def _alone(self, offset: int, size: int, write: bool) -> _Hit | None:
        """The register under ``offset`` that answers a unit of ``size`` bytes alone: not one with lanes."""
        answer: _Hit | None = None
        for hit in self._answering(offset, 1, size):
            if answer is None or (hit.writer() if write else hit.reader()) is not None:
                answer = hit
        if answer is None or (answer.reg.decode or self._decode) == "lanes":
            return None
        return answer

    # Units.

    def _unit_read(self, offset: int, size: int) -> Reader:
        hit = self._alone(offset, size, write=False)
        if hit is not None:
            return self._alone_read(hit, offset, size)
        if self._decode != "lanes" and not self._answering(offset, 1, size):
            return self._nothing_read(offset, size)
        return self._lanes_read(offset, size)

    def _unit_write(self, offset: int, size: int) -> Writer:
        hit = self._alone(offset, size, write=True)
        if hit is not None:
            return self._alone_write(hit, offset, size)
        if self._decode != "lanes" and not self._answering(offset, 1, size):
            return self._nothing_write(offset)
        return self._lanes_write(offset, size)

    def _nothing_read(self, offset: int, size: int) -> Reader:
        value = mask_of_bytes(size) if self._reserved == "ones" else 0
        return self._noted_read(read_zero if value == 0 else partial(int, value), "reserved", self.name, offset)

    def _nothing_write(self, offset: int) -> Writer:
        return self._noted_write(write_nothing, "reserved", self.name, offset)

    def _noted_read(self, reader: Reader, intent: Intent, where: str, offset: int) -> Reader:
        note = partial(self._log.note, intent, where, offset, False)

        def read() -> int:
            note()
            return reader()

        return read

    def _noted_write(self, writer: Writer, intent: Intent, where: str, offset: int) -> Writer:
        note = partial(self._log.note, intent, where, offset, True)

        def write(value: int) -> None:
            note()
            writer(value)

        return write

    # Exact and word.

    def _part(self, hit: _Hit, offset: int, size: int) -> tuple[int, int] | None:
        """(first byte, bytes) of the part of the register that a unit at ``offset`` hits; None if it hits none."""
        part = min(hit.bytes, self.access.implemented[1])
        into = offset - hit.start
        first = into - into % part
        if into != first and (hit.reg.decode or self._decode) == "exact":
            return None
        if self.access.endian == "big":
            first = hit.bytes - first - part
        return first, part

    def _alone_read(self, hit: _Hit, offset: int, size: int) -> Reader:
        found = self._part(hit, offset, size)
        if found is None:
            return self._nothing_read(offset, size)
        first, part = found
        reader = hit.masked_reader(mask_of_bytes(part) << first * 8) or read_zero
        if hit.reg.intent is not None:
            reader = self._noted_read(reader, hit.reg.intent, hit.reg.name, offset - hit.start)
        if reader is read_zero or (first == 0 and hit.bytes <= size):
            return reader
        return _sliced(reader, first * 8, mask_of_bytes(min(part, size)))

    def _alone_write(self, hit: _Hit, offset: int, size: int) -> Writer:
        found = self._part(hit, offset, size)
        if found is None:
            return self._nothing_write(offset)
        first, part = found
        write = hit.writer()
        writer = write_nothing if write is None else _part_writer(hit, write, first * 8, part, size)
        if hit.reg.intent is not None:
            writer = self._noted_write(writer, hit.reg.intent, hit.reg.name, offset - hit.start)
        return writer

    # Lanes.

    def _lanes(self, hits: Sequence[_Hit], offset: int, size: int) -> list[_Lane]:
        big = self.access.endian == "big"
        lanes: list[_Lane] = []
        for hit in hits:
            low, high = max(offset, hit.start), min(offset + size, hit.start + hit.bytes)
            if big:
                unit_at, reg_at = offset + size - high, hit.start + hit.bytes - high
            else:
                unit_at, reg_at = low - offset, low - hit.start
            lanes.append(_Lane(hit, unit_at * 8, reg_at * 8, mask_of_bytes(high - low)))
        return lanes

    def _lanes_read(self, offset: int, size: int) -> Reader:
        hits = self._answering(offset, size, size)
        if not hits:
            return self._nothing_read(offset, size)
        fill = mask_of_bytes(size) if self._reserved == "ones" else 0
        parts: list[tuple[Reader, int]] = []
        for hit, unit_shift, reg_shift, bits in self._lanes(hits, offset, size):
            fill &= ~(bits << unit_shift)
            reader = hit.masked_reader(bits << reg_shift)
            if hit.reg.intent is not None:
                reader = self._noted_read(reader or read_zero, hit.reg.intent, hit.reg.name, reg_shift // 8)
            if reader is not None:
                whole = bits == mask_of_bytes(hit.bytes)
                parts.append((reader if whole else _sliced(reader, reg_shift, bits), unit_shift))
        return _filled(join_reads(parts), fill) if fill else join_reads(parts)

    def _lanes_write(self, offset: int, size: int) -> Writer:
        hits = self._answering(offset, size, size)
        if not hits:
            return self._nothing_write(offset)
        parts: list[tuple[Writer, int, int]] = []
        for hit, unit_shift, reg_shift, bits in self._lanes(hits, offset, size):
            write = hit.writer()
            writer = write_nothing if write is None else _lane_writer(hit, write, reg_shift, bits)
            if hit.reg.intent is not None:
                writer = self._noted_write(writer, hit.reg.intent, hit.reg.name, reg_shift // 8)
            if writer is not write_nothing:
                parts.append((writer, unit_shift, bits.bit_length() // 8))
        return join_writes(parts, size)


def _sliced(reader: Reader, shift: int, mask: int) -> Reader:
    if shift == 0:
        return lambda: reader() & mask
    return lambda: reader() >> shift & mask


def _filled(reader: Reader, fill: int) -> Reader:
    return lambda: reader() | fill


def _lane_writer(hit: _Hit, write: Callable[..., None], shift: int, bits: int) -> Writer:
    """Write the bits that a unit brings, shifted to their place; the device's own method where that is all of them."""
    mask = bits << shift
    if mask == mask_of_bytes(hit.bytes) or (shift == 0 and not hit.reg.write_mask):
        return cast(Writer, write)
    if not hit.reg.write_mask:
        return lambda value: write(value << shift)
    masked = cast(MaskedWriter, write)
    if shift == 0:
        return lambda value: masked(value, mask)
    return lambda value: masked(value << shift, mask)


def _part_writer(hit: _Hit, write: Callable[..., None], shift: int, part: int, size: int) -> Writer:
    """Replace a part of the register by the zero-extended (or cut) value of a unit."""
    bits = mask_of_bytes(part)
    writer = _lane_writer(hit, write, shift, bits)
    return writer if size <= part else lambda value: writer(value & bits)
