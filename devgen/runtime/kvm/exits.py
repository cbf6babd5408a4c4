"""From an exit to the register: each distinct exit is resolved once into a closure that does all of it.

A port exit is told apart by 8 bytes of the shared page (direction, size, port, count), read as one integer; a memory
exit by its address, length and direction. The closures hold what ``AddressSpace.reader`` and ``writer`` have resolved,
and are forgotten when the space's ``generation`` changes. A guest that touches more distinct addresses than ``LIMIT``
makes us forget them too, so what it can make us keep is bounded.

Values lie in the shared page in little-endian order; the kernel takes as many bytes as the access has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from devgen.runtime.address_space import AddressSpace
from devgen.runtime.kvm import uapi

Action = Callable[[], None]
Counts = Counter[tuple[str, int]]

LIMIT = 8192

KEY = 4  # u64 index of kvm_run.io and of kvm_run.mmio.phys_addr
IO_DATA_OFFSET = 5  # u64 index of kvm_run.io.data_offset
MMIO_DATA = 5  # u64 index of kvm_run.mmio.data
MMIO_LENGTH = 6  # u64 index of kvm_run.mmio.len, .is_write and three bytes of padding
MMIO_LENGTH_MASK = 0xFF_FFFF_FFFF

_MASKS = tuple((1 << 8 * size) - 1 for size in range(9))


def count(counts: Counts, kind: str, place: int) -> None:
    """Count an exit; the places beyond ``LIMIT`` distinct ones are counted together as place -1."""
    counts[(kind, place) if (kind, place) in counts or len(counts) < LIMIT else (kind, -1)] += 1


class PortExits:
    """Port I/O exits of one vCPU; the 8 bytes of an exit lead to what is to be done."""

    __slots__ = ("_actions", "_counts", "_generation", "_space", "_u8", "_u64")

    def __init__(self, space: AddressSpace, u8: memoryview, u64: memoryview, counts: Counts | None) -> None:
        self._space = space
        self._u8 = u8
        self._u64 = u64
        self._counts = counts
        self._generation = space.generation
        self._actions: dict[int, Action] = {}

    def dispatch(self) -> None:
        """Carry out the exit that the shared page shows."""
        if self._space.generation != self._generation:
            self._actions.clear()
            self._generation = self._space.generation
        key = self._u64[KEY]
        if self._counts is not None:
            count(self._counts, "io", key >> 16 & 0xFFFF)
        (self._actions.get(key) or self._resolve(key))()

    def _resolve(self, key: int) -> Action:
        if len(self._actions) >= LIMIT:
            self._actions.clear()
        direction, size, port, count = key & 0xFF, key >> 8 & 0xFF, key >> 16 & 0xFFFF, key >> 32
        offset = self._u64[IO_DATA_OFFSET]  # the same page for all exits of a vCPU
        if count == 1 and size <= 8 and offset % 8 == 0:
            make = self._input if direction == uapi.KVM_EXIT_IO_IN else self._output
            action = make(port, size, offset // 8)
        else:
            make_string = self._string_input if direction == uapi.KVM_EXIT_IO_IN else self._string_output
            action = make_string(port, size, range(offset, offset + size * count, size or 1))
        self._actions[key] = action
        return action

    def _input(self, port: int, size: int, word: int) -> Action:
        read, u64, mask = self._space.reader(port, size), self._u64, _MASKS[size]

        def act() -> None:
            u64[word] = read() & mask

        return act

    def _output(self, port: int, size: int, word: int) -> Action:
        write, u64, mask = self._space.writer(port, size), self._u64, _MASKS[size]

        def act() -> None:
            write(u64[word] & mask)

        return act

    # A string instruction may change the topology halfway (REP OUTS to 0xcfc), so each element goes its own way.

    def _string_input(self, port: int, size: int, places: range) -> Action:
        read, u8, mask = self._space.read, self._u8, _MASKS[size]

        def act() -> None:
            for place in places:
                u8[place : place + size] = (read(port, size) & mask).to_bytes(size, "little")

        return act

    def _string_output(self, port: int, size: int, places: range) -> Action:
        write, u8 = self._space.write, self._u8

        def act() -> None:
            for place in places:
                write(port, int.from_bytes(u8[place : place + size], "little"), size)

        return act


class MemoryExits:
    """Memory exits of one vCPU; length and direction, then the address, lead to what is to be done."""

    __slots__ = ("_actions", "_counts", "_generation", "_known", "_space", "_u64")

    def __init__(self, space: AddressSpace, u64: memoryview, counts: Counts | None) -> None:
        self._space = space
        self._u64 = u64
        self._counts = counts
        self._generation = space.generation
        self._known = 0
        self._actions: dict[int, dict[int, Action]] = {
            size | is_write << 32: {} for size in range(1, 9) for is_write in (0, 1)
        }

    def dispatch(self) -> None:
        """Carry out the exit that the shared page shows."""
        if self._space.generation != self._generation:
            self._clear()
            self._generation = self._space.generation
        kind, address = self._u64[MMIO_LENGTH] & MMIO_LENGTH_MASK, self._u64[KEY]
        if self._counts is not None:
            count(self._counts, "mmio", address)
        (self._actions[kind].get(address) or self._resolve(kind, address))()

    def _clear(self) -> None:
        self._known = 0
        for by_address in self._actions.values():
            by_address.clear()

    def _resolve(self, kind: int, address: int) -> Action:
        if self._known >= LIMIT:
            self._clear()
        self._known += 1
        size = kind & 0xFFFFFFFF
        action = self._write(address, size) if kind >> 32 else self._read(address, size)
        self._actions[kind][address] = action
        return action

    def _read(self, address: int, size: int) -> Action:
        read, u64, mask = self._space.reader(address, size), self._u64, _MASKS[size]

        def act() -> None:
            u64[MMIO_DATA] = read() & mask

        return act

    def _write(self, address: int, size: int) -> Action:
        write, u64, mask = self._space.writer(address, size), self._u64, _MASKS[size]

        def act() -> None:
            write(u64[MMIO_DATA] & mask)

        return act
