"""How one bus access becomes accesses of the sizes a device implements: the only place where accesses are cut.

The rules are those of QEMU's memory regions (docs/devel/memory.rst, "MMIO Operations"): an access is cut by its natural
alignment and by ``valid`` max, lowest address first; a piece under ``valid`` min is refused; a piece is then cut into,
or widened to, units of an ``implemented`` size. All of this happens while an access is *resolved* into a closure, so
that a repeated access costs one call.

Values on the bus are integers in little endian order: bits 7:0 are the byte at the lowest address.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Reader = Callable[[], int]
Writer = Callable[[int], None]
UnitReads = Callable[[int, int], Reader]
UnitWrites = Callable[[int, int], Writer]

Endian = Literal["little", "big"]


@dataclass(slots=True, frozen=True)
class Access:
    """Sizes in bytes, (min, max), that a region accepts (``valid``) and that reach its device (``implemented``).

    ``unaligned``: accesses are not cut by their natural alignment.
    """

    valid: tuple[int, int] = (1, 4)
    implemented: tuple[int, int] = (1, 4)
    endian: Endian = "little"
    unaligned: bool = False

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises:
            ValueError: a size that is not 1, 2, 4 or 8, or a minimum over its maximum.
        """
        for what, (low, high) in (("valid", self.valid), ("implemented", self.implemented)):
            if low not in (1, 2, 4, 8) or high not in (1, 2, 4, 8) or low > high:
                raise ValueError(f"{what} sizes {low}..{high}: need 1, 2, 4 or 8 in ascending order")
        if self.endian not in ("little", "big"):
            raise ValueError(f"endian is 'little' or 'big', not {self.endian!r}")


class IoOps(Protocol):
    """What answers accesses to an I/O region. ``offset`` is in bytes from the region's start, ``size`` 1 to 8 bytes.

    An implementation does its own cutting (see `CutOps`). None of the methods or closures may raise for any offset and
    size inside the region, aligned or not. Values given to a writer fit its size.
    """

    def resolve_read(self, offset: int, size: int) -> Reader:
        """A closure that performs this read each time it is called."""
        ...

    def resolve_write(self, offset: int, size: int) -> Writer:
        """A closure that performs this write each time it is called."""
        ...

    def cacheable(self, offset: int, size: int) -> bool:
        """Whether something declared is there, so that keeping the closure pays and their number is bounded."""
        ...


def pieces(access: Access, offset: int, size: int) -> list[tuple[int, int]]:
    """Cut an access into (offset, size) pieces that the bus presents to the region, lowest address first."""
    cut: list[tuple[int, int]] = []
    end = offset + size
    while offset < end:
        length = min(access.valid[1], end - offset)
        if offset and not access.unaligned:
            length = min(length, offset & -offset)
        length = 1 << (length.bit_length() - 1)
        cut.append((offset, length))
        offset += length
    return cut


def units(access: Access, offset: int, length: int) -> list[tuple[int, int, int]]:
    """Cut one piece into (offset, size, shift) units that reach the device.

    ``shift`` is where the unit's value stands in the piece's, in bits; negative for a big-endian unit wider than the
    piece.
    """
    step = max(min(length, access.implemented[1]), access.implemented[0])
    if access.endian == "big":
        return [(offset + at, step, (length - step - at) * 8) for at in range(0, length, step)]
    return [(offset + at, step, at * 8) for at in range(0, length, step)]


def mask_of_bytes(size: int) -> int:
    """All ones over ``size`` bytes."""
    return (1 << (size * 8)) - 1


def swap(value: int, size: int) -> int:
    """Reverse the order of ``size`` bytes; ``value`` must fit them."""
    return int.from_bytes(value.to_bytes(size, "big"), "little")


def read_zero() -> int:
    """A read that nothing answers."""
    return 0


def write_nothing(value: int) -> None:
    """A write that nothing hears."""


def resolve_read(access: Access, offset: int, size: int, unit_read: UnitReads) -> Reader:
    """Compose the read of ``size`` bytes at ``offset`` from the device's units; one plain unit is returned as is."""
    parts: list[tuple[Reader, int]] = []
    for at, length in pieces(access, offset, size):
        if length >= access.valid[0]:
            parts.append((_piece_read(access, at, length, unit_read), (at - offset) * 8))
    return join_reads(parts)


def resolve_write(access: Access, offset: int, size: int, unit_write: UnitWrites) -> Writer:
    """Compose the write of ``size`` bytes at ``offset`` from the device's units; one plain unit is returned as is."""
    parts: list[tuple[Writer, int, int]] = []
    for at, length in pieces(access, offset, size):
        if length >= access.valid[0]:
            parts.append((_piece_write(access, at, length, unit_write), (at - offset) * 8, length))
    return join_writes(parts, size)


def _piece_read(access: Access, offset: int, length: int, unit_read: UnitReads) -> Reader:
    found = [(unit_read(at, step), shift) for at, step, shift in units(access, offset, length)]
    if access.implemented[0] > length:
        (reader, shift) = found[0]
        reader = _narrowed(reader, -shift, mask_of_bytes(length))
    else:
        reader = join_reads(found)
    return _swapped_read(reader, length) if access.endian == "big" and length > 1 else reader


def _piece_write(access: Access, offset: int, length: int, unit_write: UnitWrites) -> Writer:
    found = [(unit_write(at, step), shift, step) for at, step, shift in units(access, offset, length)]
    if access.implemented[0] > length:
        writer, shift, _ = found[0]
        writer = _raised(writer, -shift) if shift else writer
    else:
        writer = join_writes(found, length)
    return _swapped_write(writer, length) if access.endian == "big" and length > 1 else writer


def join_reads(parts: Sequence[tuple[Reader, int]]) -> Reader:
    """Read each part in turn and put it at its bit position."""
    if not parts:
        return read_zero
    if len(parts) == 1 and parts[0][1] == 0:
        return parts[0][0]
    if len(parts) == 2 and parts[0][1] == 0:
        return _read_pair(parts[0][0], parts[1][0], parts[1][1])
    frozen = tuple(parts)

    def read() -> int:
        value = 0
        for reader, shift in frozen:
            value |= reader() << shift
        return value

    return read


def _read_pair(first: Reader, second: Reader, shift: int) -> Reader:
    def read() -> int:
        low = first()
        return low | second() << shift

    return read


def join_writes(parts: Sequence[tuple[Writer, int, int]], size: int) -> Writer:
    """Give each (writer, shift, bytes) its bits of a ``size``-byte value, in turn."""
    if not parts:
        return write_nothing
    if len(parts) == 1 and parts[0][1] == 0 and parts[0][2] == size:
        return parts[0][0]
    frozen = tuple((writer, shift, mask_of_bytes(length)) for writer, shift, length in parts)

    def write(value: int) -> None:
        for writer, shift, mask in frozen:
            writer(value >> shift & mask)

    return write


def _narrowed(reader: Reader, shift: int, mask: int) -> Reader:
    return lambda: reader() >> shift & mask


def _raised(writer: Writer, shift: int) -> Writer:
    return lambda value: writer(value << shift)


def _swapped_read(reader: Reader, size: int) -> Reader:
    return lambda: swap(reader(), size)


def _swapped_write(writer: Writer, size: int) -> Writer:
    return lambda value: writer(swap(value, size))


class CutOps:
    """`IoOps` of a hand-written device: two plain functions behind the cutting of this module.

    ``read(offset, size) -> value`` and ``write(offset, value, size)`` get sizes within ``implemented`` only.
    """

    __slots__ = ("_read", "_write", "access")

    def __init__(
        self,
        read: Callable[[int, int], int] | None,
        write: Callable[[int, int, int], None] | None,
        access: Access | None = None,
    ) -> None:
        """None for ``read`` reads zero, for ``write`` drops writes."""
        self._read = read
        self._write = write
        self.access = access or Access()

    def resolve_read(self, offset: int, size: int) -> Reader:
        """See `IoOps.resolve_read`."""
        return resolve_read(self.access, offset, size, self._unit_read)

    def resolve_write(self, offset: int, size: int) -> Writer:
        """See `IoOps.resolve_write`."""
        return resolve_write(self.access, offset, size, self._unit_write)

    def cacheable(self, offset: int, size: int) -> bool:
        """Every offset is the device's own."""
        return True

    def _unit_read(self, offset: int, size: int) -> Reader:
        read = self._read
        if read is None:
            return read_zero
        mask = mask_of_bytes(size)
        return lambda: read(offset, size) & mask

    def _unit_write(self, offset: int, size: int) -> Writer:
        write = self._write
        if write is None:
            return write_nothing
        return lambda value: write(offset, value, size)


class AccessObserver(Protocol):
    """Hears the accesses of whatever it is put round; ``value`` of a write is heard before it acts, of a read after."""

    def before(self, write: bool, offset: int, size: int, value: int) -> None:
        """An access begins; ``value`` is 0 for a read."""
        ...

    def after(self, write: bool, offset: int, size: int, value: int) -> None:
        """An access has been carried out; ``value`` of a read is its result."""
        ...


def observed_read(reader: Reader, observer: AccessObserver, offset: int, size: int) -> Reader:
    """``reader`` with ``observer`` told of each call."""

    def read() -> int:
        observer.before(False, offset, size, 0)
        value = reader()
        observer.after(False, offset, size, value)
        return value

    return read


def observed_write(writer: Writer, observer: AccessObserver, offset: int, size: int) -> Writer:
    """``writer`` with ``observer`` told of each call."""

    def write(value: int) -> None:
        observer.before(True, offset, size, value)
        writer(value)
        observer.after(True, offset, size, value)

    return write


class ObservedOps:
    """Any `IoOps` with an observer round every access, before cutting: assign it to `MemoryRegion.ops`."""

    __slots__ = ("inner", "observer")

    def __init__(self, inner: IoOps, observer: AccessObserver) -> None:
        """``inner`` keeps doing the work."""
        self.inner = inner
        self.observer = observer

    def resolve_read(self, offset: int, size: int) -> Reader:
        """See `IoOps.resolve_read`."""
        return observed_read(self.inner.resolve_read(offset, size), self.observer, offset, size)

    def resolve_write(self, offset: int, size: int) -> Writer:
        """See `IoOps.resolve_write`."""
        return observed_write(self.inner.resolve_write(offset, size), self.observer, offset, size)

    def cacheable(self, offset: int, size: int) -> bool:
        """As the inner ones."""
        return self.inner.cacheable(offset, size)


def unobserved(ops: IoOps | None) -> IoOps | None:
    """``ops`` without the observers round them."""
    while isinstance(ops, ObservedOps):
        ops = ops.inner
    return ops
