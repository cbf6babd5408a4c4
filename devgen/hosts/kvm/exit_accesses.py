"""Dispatch of exits: each distinct exit is resolved once into a closure.

The key of a port exit is 8 bytes of the shared page (direction, size, port, count), read as one integer; the key of an
MMIO exit is its direction, length and address. The tables below cache the results of ``AddressSpace.reader`` and
``writer``. They are emptied when the address space reports that its closures are stale. Each keeps the newest ``LIMIT``
exits, so a guest cannot make a table grow without bound.

Values in the shared page are little-endian; the kernel uses as many bytes as the access has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from devgen.hosts.kvm.kvm_error import KvmError
from devgen.runtime.base.bounded_cache import BoundedCache
from devgen.runtime.memory.address_space import AddressSpace

Action = Callable[[], None]
Read = Callable[[], int]
Counts = Counter[tuple[str, int]]

LIMIT = 8192

DIRECTION = 32  # u8 index of kvm_run.io.direction
KEY = 4  # u64 index of kvm_run.io and of kvm_run.mmio.phys_addr
IO_DATA_OFFSET = 5  # u64 index of kvm_run.io.data_offset
IO_DATA = 4096  # what data_offset is on x86: KVM_PIO_PAGE_OFFSET pages
IO_DATA_WORD = IO_DATA // 8
MMIO_DATA = 5  # u64 index of kvm_run.mmio.data
MMIO_LENGTH = 48  # u8 index of kvm_run.mmio.len, 1 to 8
MMIO_IS_WRITE = 52  # u8 index of kvm_run.mmio.is_write

_MASKS = tuple((1 << 8 * size) - 1 for size in range(9))


def count(counts: Counts, kind: str, place: int) -> None:
    """Count an exit; after ``LIMIT`` distinct places, further ones are counted together as place -1."""
    counts[(kind, place) if (kind, place) in counts or len(counts) < LIMIT else (kind, -1)] += 1


class PortInputs(BoundedCache[int, Read]):
    """Maps the 8 bytes of a port read's exit to a closure that returns the first 8 bytes of the data page.

    The last entry is also available without a lookup, because a polling guest reads the same port repeatedly.
    """

    __slots__ = ("_settle", "_space", "_u8", "_u64", "last_key", "last_read")

    last_key: int
    last_read: Read

    def __init__(self, space: AddressSpace, u8: memoryview, u64: memoryview, settle: Action = lambda: None) -> None:
        """``settle`` is called after each element of a string instruction."""
        super().__init__(LIMIT)
        self.last_key = -1
        self._space = space
        self._settle = settle
        self._u8 = u8
        self._u64 = u64

    def find(self, key: int) -> Read:
        """Return the closure of an exit and make it the last entry."""
        self.last_read = read = self[key]
        self.last_key = key
        return read

    def clear(self) -> None:
        """Remove all entries, including the last one."""
        super().clear()
        self.last_key = -1

    def __missing__(self, key: int) -> Read:
        """Resolve an exit that is met for the first time."""
        size, port, times = _fields(key, self._u64)
        return self.keep(key, self._space.reader(port, size) if times == 1 else self._string(port, size, times))

    def _string(self, port: int, size: int, times: int) -> Read:
        # A string instruction may change the topology (REP OUTS to 0xcfc), so each element is dispatched separately;
        # timers that an element makes due fire before the next element.
        read, u8, u64, mask = self._space.read, self._u8, self._u64, _MASKS[size]
        settle = self._settle
        places = range(IO_DATA, IO_DATA + size * times, size)

        def fill() -> int:
            for place in places:
                u8[place : place + size] = (read(port, size) & mask).to_bytes(size, "little")
                settle()
            first: int = u64[IO_DATA_WORD]
            return first

        return fill


class PortOutputs(BoundedCache[int, Action]):
    """Maps the 8 bytes of a port write's exit to a closure that writes the data to the device."""

    def __init__(self, space: AddressSpace, u8: memoryview, u64: memoryview, settle: Action = lambda: None) -> None:
        """``settle`` is called after each element of a string instruction."""
        super().__init__(LIMIT)
        self._space = space
        self._settle = settle
        self._u8 = u8
        self._u64 = u64

    def __missing__(self, key: int) -> Action:
        """Resolve an exit that is met for the first time."""
        size, port, times = _fields(key, self._u64)
        return self.keep(key, self._single(port, size) if times == 1 else self._string(port, size, times))

    def _single(self, port: int, size: int) -> Action:
        write, u64, mask = self._space.writer(port, size), self._u64, _MASKS[size]

        def act() -> None:
            write(u64[IO_DATA_WORD] & mask)

        return act

    def _string(self, port: int, size: int, times: int) -> Action:
        write, u8, settle = self._space.write, self._u8, self._settle
        places = range(IO_DATA, IO_DATA + size * times, size)

        def act() -> None:
            for place in places:
                write(port, int.from_bytes(u8[place : place + size], "little"), size)
                settle()

        return act


def _fields(key: int, u64: memoryview) -> tuple[int, int, int]:
    """Return (size, port, count) of a port exit. Raises KvmError if the data page is not at the offset used on x86."""
    if u64[IO_DATA_OFFSET] != IO_DATA:
        raise KvmError("KVM_RUN", 0, f"the kernel put port data at {u64[IO_DATA_OFFSET]:#x}, not at {IO_DATA:#x}")
    return key >> 8 & 0xFF, key >> 16 & 0xFFFF, key >> 32


class MemoryReads(BoundedCache[int, Read]):
    """Maps the address of an MMIO read of ``size`` bytes to a closure that returns its value."""

    def __init__(self, space: AddressSpace, size: int) -> None:
        super().__init__(LIMIT)
        self._space = space
        self._size = size

    def __missing__(self, address: int) -> Read:
        """Resolve an exit that is met for the first time."""
        return self.keep(address, self._space.reader(address, self._size))


class MemoryWrites(BoundedCache[int, Action]):
    """Maps the address of an MMIO write of ``size`` bytes to a closure that writes its data to the device."""

    def __init__(self, space: AddressSpace, size: int, u64: memoryview) -> None:
        super().__init__(LIMIT)
        self._space = space
        self._size = size
        self._u64 = u64

    def __missing__(self, address: int) -> Action:
        """Resolve an exit that is met for the first time."""
        write, u64, mask = self._space.writer(address, self._size), self._u64, _MASKS[self._size]

        def act() -> None:
            write(u64[MMIO_DATA] & mask)

        return self.keep(address, act)
