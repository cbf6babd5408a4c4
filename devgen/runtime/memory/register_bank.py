"""Register banks: find the registers of an access of any size and offset.

An access is *resolved* into a closure (see `devgen.runtime.memory.access`), which the address space caches. The common
case, an access to one whole register, resolves to the device's bound method.

``decode`` determines how a unit (an access of an implemented size) finds its register:

``lanes``
    Byte lanes of a bus. A unit accesses the bytes that it covers, in all registers that it covers; a narrow write does
    not change a register's other bytes. Lanes have byte enables, so a unit is never widened to the minimum of
    ``implemented``: lanes that the guest did not address are not accessed.
``exact``
    A unit accesses only the register at its offset. A narrow read returns the low bytes. A narrow write is
    zero-extended and replaces the whole register. A unit wider than the register reads zeros above it.
``word``
    As ``exact``, but any offset inside the register accesses the whole register, without a shift.

With ``exact`` and ``word``, a register wider than the maximum of ``implemented`` is divided into parts of that size,
and each part behaves like a register: a 64-bit register on a 32-bit bus is two halves.

A register can be restricted to units of some ``sizes``; units of other sizes find no register.
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
    """A register, or an array of ``count`` registers if ``stride`` > 0.

    ``offset`` and ``stride`` are in bytes, ``width`` is in bits (8 to 64). Values fit the width in both directions.

    ``read()`` returns the value; for an array it is ``read(index)``. With ``read_mask`` the last argument is the mask
    of the bits that are read: ``read(mask)``, ``read(index, mask)``. Without ``read``, reads return ``reset``.

    ``write(value)`` writes the value; for an array it is ``write(index, value)``. With ``write_mask`` the last argument
    is the mask of the bits that are written: ``write(value, mask)``, ``write(index, value, mask)``. It is omitted for
    a write of the whole register. ``value`` has no bits outside the mask. Without ``write``, writes are dropped.

    Two registers may share an offset if one has no ``read`` and the other has no ``write``. ``decode`` None means the
    bank's ``decode``. Accesses to a register with an ``intent`` are logged. ``sizes`` are the smallest and the largest
    unit in bytes that accesses the register; None means every unit.
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
    """A register at its offset; ``element`` is the array index, or None for a single register."""

    start: int
    bytes: int
    reg: Reg
    element: int | None

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


class _Lane(NamedTuple):
    """The overlap of a unit and a register: its bit position in both, and its mask from bit 0."""

    hit: _Hit
    unit_shift: int
    reg_shift: int
    bits: int


class RegisterBank:
    """The `IoOps` of a region of registers; the module's docstring explains ``decode``.

    ``reserved`` is the value of bytes without a register. The constructor is cheap: registers are sorted when the first
    access is resolved. Called under the machine's lock.
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
        """``size`` is in bytes. ``log`` receives a line for each access to a reserved or unimplemented offset, once.

        Raises:
            ValueError: an unknown ``decode``.
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
        """Whether a declared register has a byte in the range."""
        return bool(self._overlapping(offset, size))

    def covering(self, offset: int, size: int) -> list[tuple[Reg, int | None, int]]:
        """Return the registers with a byte in the range, ascending: (register, array index or None, first offset)."""
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
        """Return the registers with a byte in the range, ascending.

        A register has at most 8 bytes, so it starts at most 7 bytes before the range.
        """
        starts = self._index()
        found = self._hits[bisect_left(starts, offset - 7) : bisect_left(starts, offset + size)]
        return [hit for hit in found if hit.start + hit.bytes > offset]

    def _answering(self, offset: int, size: int, unit: int) -> list[_Hit]:
        """Return the registers with a byte in the range that units of ``unit`` bytes access."""
        return [hit for hit in self._overlapping(offset, size) if hit.answers(unit)]

    def _alone(self, offset: int, size: int, write: bool) -> _Hit | None:
        """Return the register at ``offset`` if it is accessed as ``exact`` or ``word`` by a unit of ``size`` bytes."""
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
        """Return (first byte, bytes) of the part of the register that a unit at ``offset`` accesses, or None."""
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
    """Return a writer of the ``bits`` of a unit, shifted to their position in the register.

    This is the device's method itself if the unit writes the whole register.
    """
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
    """Return a writer that replaces ``part`` bytes of the register with a unit's zero-extended or truncated value."""
    bits = mask_of_bytes(part)
    writer = _lane_writer(hit, write, shift, bits)
    return writer if size <= part else lambda value: writer(value & bits)
