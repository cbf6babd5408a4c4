"""Cut a bus access into accesses of the sizes that a device implements. Accesses are cut only in this module.

The rules are those of QEMU's memory regions (docs/devel/memory.rst, "MMIO Operations"). An access is cut into *pieces*
by its natural alignment and by the maximum of ``valid``, lowest address first. A piece smaller than the minimum of
``valid`` is refused. Each piece is then cut into, or widened to, *units* of an ``implemented`` size. All this happens
when an access is *resolved* into a closure, so a repeated access costs one call.

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
    """Access rules of a region: sizes in bytes, (min, max), that it accepts (``valid``) and its device implements.

    With ``unaligned``, accesses are not cut by their natural alignment.
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
    """The operations of an I/O region. ``offset`` is in bytes from the region's start, ``size`` is 1 to 8 bytes.

    An implementation cuts accesses itself (see `CutOps`). No method and no closure may raise for any offset and size
    inside the region, aligned or not. The value passed to a writer fits its size.
    """

    def resolve_read(self, offset: int, size: int) -> Reader:
        """Return a closure that performs this read each time it is called."""
        ...

    def resolve_write(self, offset: int, size: int) -> Writer:
        """Return a closure that performs this write each time it is called."""
        ...

    def cacheable(self, offset: int, size: int) -> bool:
        """Whether a declared register is there. Closures of such accesses are worth caching, and bounded in number."""
        ...


def pieces(access: Access, offset: int, size: int) -> list[tuple[int, int]]:
    """Cut an access into the (offset, size) pieces that the bus delivers to the region, lowest address first."""
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

    ``shift`` is the bit position of the unit's value in the piece's value. It is negative for a big-endian unit that
    is wider than the piece.
    """
    step = max(min(length, access.implemented[1]), access.implemented[0])
    if access.endian == "big":
        return [(offset + at, step, (length - step - at) * 8) for at in range(0, length, step)]
    return [(offset + at, step, at * 8) for at in range(0, length, step)]


def mask_of_bytes(size: int) -> int:
    """Return the mask of ``size`` bytes, all ones."""
    return (1 << (size * 8)) - 1


def swap(value: int, size: int) -> int:
    """Reverse the order of ``size`` bytes; ``value`` must fit them."""
    return int.from_bytes(value.to_bytes(size, "big"), "little")


def read_zero() -> int:
    """Read zero: the reader of an offset without a register."""
    return 0


def write_nothing(value: int) -> None:
    """Ignore ``value``: the writer of an offset without a register."""


def resolve_read(access: Access, offset: int, size: int, unit_read: UnitReads) -> Reader:
    """Compose the read of ``size`` bytes at ``offset`` from unit reads; a single unit's reader is not wrapped."""
    parts: list[tuple[Reader, int]] = []
    for at, length in pieces(access, offset, size):
        if length >= access.valid[0]:
            parts.append((_piece_read(access, at, length, unit_read), (at - offset) * 8))
    return join_reads(parts)


def resolve_write(access: Access, offset: int, size: int, unit_write: UnitWrites) -> Writer:
    """Compose the write of ``size`` bytes at ``offset`` from unit writes; a single unit's writer is not wrapped."""
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
    """Return a reader that reads each (reader, shift) in order and combines the values at their bit positions."""
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
    """Return a writer of ``size`` bytes that passes each (writer, shift, bytes) its bits of the value, in order."""
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
    """`IoOps` of a hand-written device: two functions that get accesses already cut by this module.

    ``read(offset, size) -> value`` and ``write(offset, value, size)`` are called with ``implemented`` sizes only.
    """

    __slots__ = ("_read", "_write", "access")

    def __init__(
        self,
        read: Callable[[int, int], int] | None,
        write: Callable[[int, int, int], None] | None,
        access: Access | None = None,
    ) -> None:
        """Without ``read``, reads return zero; without ``write``, writes are dropped."""
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
        """Return True: every offset belongs to the device."""
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
    """Receives a call before and after each access that it observes."""

    def before(self, write: bool, offset: int, size: int, value: int) -> None:
        """Called before an access; ``value`` is 0 for a read."""
        ...

    def after(self, write: bool, offset: int, size: int, value: int) -> None:
        """Called after an access; for a read, ``value`` is its result."""
        ...


def observed_read(reader: Reader, observer: AccessObserver, offset: int, size: int) -> Reader:
    """Wrap ``reader`` so that ``observer`` is called before and after each read."""

    def read() -> int:
        observer.before(False, offset, size, 0)
        value = reader()
        observer.after(False, offset, size, value)
        return value

    return read


def observed_write(writer: Writer, observer: AccessObserver, offset: int, size: int) -> Writer:
    """Wrap ``writer`` so that ``observer`` is called before and after each write."""

    def write(value: int) -> None:
        observer.before(True, offset, size, value)
        writer(value)
        observer.after(True, offset, size, value)

    return write


class ObservedOps:
    """Wraps an `IoOps` with an observer of every access, before cutting; assign it to `MemoryRegion.ops`."""

    __slots__ = ("inner", "observer")

    def __init__(self, inner: IoOps, observer: AccessObserver) -> None:
        """``inner`` carries out the accesses."""
        self.inner = inner
        self.observer = observer

    def resolve_read(self, offset: int, size: int) -> Reader:
        """See `IoOps.resolve_read`."""
        return observed_read(self.inner.resolve_read(offset, size), self.observer, offset, size)

    def resolve_write(self, offset: int, size: int) -> Writer:
        """See `IoOps.resolve_write`."""
        return observed_write(self.inner.resolve_write(offset, size), self.observer, offset, size)

    def cacheable(self, offset: int, size: int) -> bool:
        """See `IoOps.cacheable`."""
        return self.inner.cacheable(offset, size)


def unobserved(ops: IoOps | None) -> IoOps | None:
    """Return ``ops`` without `ObservedOps` wrappers."""
    while isinstance(ops, ObservedOps):
        ops = ops.inner
    return ops
