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

Registers may share bytes. An access of a shared byte reaches the first register that takes it: registers whose
condition (`Reg.when`) holds come first, then the order of the bank counts. The conditions are evaluated once for each
unit, before it reaches any register (``conditional_access``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
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
from devgen.runtime.memory.conditional_access import Condition, conditional_read, conditional_write, holding
from devgen.runtime.memory.register_lookup import (
    Decode,
    Hit,
    Intent,
    Reg,
    RegisterLookup,
    Run,
    first_of,
    runs_of,
)

__all__ = ["Reg", "RegisterBank"]

MaskedWriter = Callable[[int, int], None]


class _Lane(NamedTuple):
    """The overlap of a unit and a register: its bit position in both, and its mask from bit 0."""

    hit: Hit
    unit_shift: int
    reg_shift: int
    bits: int


class RegisterBank:
    """The `IoOps` of a region of registers; the module's docstring explains ``decode``.

    ``reserved`` is the value of bytes without a register. The constructor is cheap: registers are sorted when the first
    access is resolved. Called under the machine's lock.
    """

    __slots__ = ("_access", "_after", "_log", "_lookup", "access", "decode", "name", "registers", "reserved", "size")

    def __init__(
        self,
        name: str,
        size: int,
        access: Access | None = None,
        decode: Decode = "lanes",
        reserved: Literal["zeros", "ones"] = "zeros",
        registers: Sequence[Reg] = (),
        log: AccessLog | Callable[[str], None] | None = None,
        after: Callable[[], None] | None = None,
    ) -> None:
        """``size`` is in bytes. ``log`` receives a line for each access to a reserved or unimplemented offset, once.
        ``after`` is called at the end of each access, whichever registers it reached.

        Raises:
            ValueError: an unknown ``decode``.
        """
        if decode not in ("lanes", "exact", "word"):
            raise ValueError(f"decode is 'lanes', 'exact' or 'word', not {decode!r}")
        self.name = name
        self.size = size
        self.access = access or Access()
        self.registers = registers
        self.decode = decode
        self.reserved = reserved
        self._log = log if isinstance(log, AccessLog) else AccessLog(name, sink=log)
        self._after = after
        self._lookup = RegisterLookup(registers)
        self._access = self.access
        if decode == "lanes":
            self._access = replace(self.access, implemented=(1, self.access.implemented[1]))

    def resolve_read(self, offset: int, size: int) -> Reader:
        """See `IoOps.resolve_read`."""
        reader = resolve_read(self._access, offset, size, self._unit_read)
        return reader if self._after is None else _read_then(reader, self._after)

    def resolve_write(self, offset: int, size: int) -> Writer:
        """See `IoOps.resolve_write`."""
        writer = resolve_write(self._access, offset, size, self._unit_write)
        return writer if self._after is None else _write_then(writer, self._after)

    def cacheable(self, offset: int, size: int) -> bool:
        """Whether a declared register has a byte in the range."""
        return bool(self._lookup.overlapping(offset, size))

    def spans(self) -> list[tuple[int, int]]:
        """Return the (start, end) of bytes that registers have, ascending; neighbours are merged."""
        found: list[tuple[int, int]] = []
        for hit in self._lookup.all():
            if found and hit.start <= found[-1][1]:
                found[-1] = (found[-1][0], max(found[-1][1], hit.end))
            else:
                found.append((hit.start, hit.end))
        return found

    def reached(self, offset: int, size: int, write: bool) -> list[Run]:
        """Return what an access of the range would reach now, ascending."""
        hits = self._lookup.overlapping(offset, size)
        return runs_of(_present(hits, holding(conditions_of(hits))), offset, size, write)

    def held(self, offset: int, size: int) -> frozenset[Condition]:
        """Return the conditions of registers in the range that hold now."""
        return holding(conditions_of(self._lookup.overlapping(offset, size)))

    def _alone(self, offset: int, hits: Sequence[Hit], write: bool) -> Hit | None:
        """Return the register at ``offset`` if it is accessed as ``exact`` or ``word``."""
        there = [hit for hit in hits if hit.start <= offset < hit.end]
        answer = first_of(there, write) if there else None
        if answer is None or (answer.reg.decode or self.decode) == "lanes":
            return None
        return answer

    # Units.

    def _unit_read(self, offset: int, size: int) -> Reader:
        hits = self._answering(offset, size)
        conditions = conditions_of(hits)
        if not conditions:
            return self._hits_read(offset, size, hits)
        return conditional_read(conditions, lambda held: self._hits_read(offset, size, _present(hits, held)))

    def _unit_write(self, offset: int, size: int) -> Writer:
        hits = self._answering(offset, size)
        conditions = conditions_of(hits)
        if not conditions:
            return self._hits_write(offset, size, hits)
        return conditional_write(conditions, lambda held: self._hits_write(offset, size, _present(hits, held)))

    def _answering(self, offset: int, unit: int) -> list[Hit]:
        """Return the registers with a byte in a unit that the unit may access."""
        return [hit for hit in self._lookup.overlapping(offset, unit) if hit.answers(unit)]

    def _hits_read(self, offset: int, size: int, hits: Sequence[Hit]) -> Reader:
        hit = self._alone(offset, hits, write=False)
        if hit is not None:
            return self._alone_read(hit, offset, size)
        return self._nothing_read(offset, size) if self._misses(offset, hits) else self._lanes_read(offset, size, hits)

    def _hits_write(self, offset: int, size: int, hits: Sequence[Hit]) -> Writer:
        hit = self._alone(offset, hits, write=True)
        if hit is not None:
            return self._alone_write(hit, offset, size)
        return self._nothing_write(offset) if self._misses(offset, hits) else self._lanes_write(offset, size, hits)

    def _misses(self, offset: int, hits: Sequence[Hit]) -> bool:
        """Whether a unit at ``offset`` accesses none of ``hits``; only lanes reach registers behind their offset."""
        return not hits or (self.decode != "lanes" and not any(hit.start <= offset < hit.end for hit in hits))

    def _nothing_read(self, offset: int, size: int) -> Reader:
        value = mask_of_bytes(size) if self.reserved == "ones" else 0
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

    def _part(self, hit: Hit, offset: int, size: int) -> tuple[int, int] | None:
        """Return (first byte, bytes) of the part of the register that a unit at ``offset`` accesses, or None."""
        part = min(hit.bytes, self.access.implemented[1])
        into = offset - hit.start
        first = into - into % part
        if into != first and (hit.reg.decode or self.decode) == "exact":
            return None
        if self.access.endian == "big":
            first = hit.bytes - first - part
        return first, part

    def _alone_read(self, hit: Hit, offset: int, size: int) -> Reader:
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

    def _alone_write(self, hit: Hit, offset: int, size: int) -> Writer:
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

    def _lanes(self, hits: Sequence[Hit], offset: int, size: int, write: bool) -> list[_Lane]:
        big = self.access.endian == "big"
        lanes: list[_Lane] = []
        for hit, low, high in runs_of(hits, offset, size, write):
            if big:
                unit_at, reg_at = offset + size - high, hit.end - high
            else:
                unit_at, reg_at = low - offset, low - hit.start
            lanes.append(_Lane(hit, unit_at * 8, reg_at * 8, mask_of_bytes(high - low)))
        return lanes

    def _lanes_read(self, offset: int, size: int, hits: Sequence[Hit]) -> Reader:
        fill = mask_of_bytes(size) if self.reserved == "ones" else 0
        parts: list[tuple[Reader, int]] = []
        for hit, unit_shift, reg_shift, bits in self._lanes(hits, offset, size, write=False):
            fill &= ~(bits << unit_shift)
            reader = hit.masked_reader(bits << reg_shift)
            if hit.reg.intent is not None:
                reader = self._noted_read(reader or read_zero, hit.reg.intent, hit.reg.name, reg_shift // 8)
            if reader is not None:
                whole = bits == mask_of_bytes(hit.bytes)
                parts.append((reader if whole else _sliced(reader, reg_shift, bits), unit_shift))
        return _filled(join_reads(parts), fill) if fill else join_reads(parts)

    def _lanes_write(self, offset: int, size: int, hits: Sequence[Hit]) -> Writer:
        parts: list[tuple[Writer, int, int]] = []
        for hit, unit_shift, reg_shift, bits in self._lanes(hits, offset, size, write=True):
            write = hit.writer()
            writer = write_nothing if write is None else _lane_writer(hit, write, reg_shift, bits)
            if hit.reg.intent is not None:
                writer = self._noted_write(writer, hit.reg.intent, hit.reg.name, reg_shift // 8)
            if writer is not write_nothing:
                parts.append((writer, unit_shift, bits.bit_length() // 8))
        return join_writes(parts, size)


def _read_then(reader: Reader, after: Callable[[], None]) -> Reader:
    def read() -> int:
        value = reader()
        after()
        return value

    return read


def _write_then(writer: Writer, after: Callable[[], None]) -> Writer:
    def write(value: int) -> None:
        writer(value)
        after()

    return write


def _sliced(reader: Reader, shift: int, mask: int) -> Reader:
    if shift == 0:
        return lambda: reader() & mask
    return lambda: reader() >> shift & mask


def _filled(reader: Reader, fill: int) -> Reader:
    return lambda: reader() | fill


def _lane_writer(hit: Hit, write: Callable[..., None], shift: int, bits: int) -> Writer:
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


def _part_writer(hit: Hit, write: Callable[..., None], shift: int, part: int, size: int) -> Writer:
    """Return a writer that replaces ``part`` bytes of the register with a unit's zero-extended or truncated value."""
    bits = mask_of_bytes(part)
    writer = _lane_writer(hit, write, shift, bits)
    return writer if size <= part else lambda value: writer(value & bits)


def conditions_of(hits: Iterable[Hit]) -> tuple[Condition, ...]:
    """Return the conditions of registers, each once."""
    return tuple(dict.fromkeys(hit.condition for hit in hits if hit.condition is not None))


def _present(hits: Iterable[Hit], held: frozenset[Condition]) -> list[Hit]:
    """Return the registers that answer while the conditions in ``held`` hold and no others do."""
    return [hit for hit in hits if hit.condition is None or hit.condition in held]
