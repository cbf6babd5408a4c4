"""Unicorn's hooks: an access of the guest, on its way to the bus.

Unicorn tells of a load or store twice: whole, as a violation of the page's permissions (our hole has none), then in the
pieces that it cuts it into. The first is dispatched; what follows gets its bytes from it (loads) or is passed over
(stores).

Known differences from KVM: an access that begins in RAM and ends in a hole is told in pieces, its stores byte by byte;
REP INS to a hole stores each element, where KVM may join some; CMPS reads its operands in the other order;
floating-point loads and stores work, which KVM cannot emulate on device memory.

None of the hooks raises: a device's exception is handed to ``failed``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from devgen.hosts.emulator.guest_bus import Bus
from devgen.hosts.emulator.memory_map import GuestMemory
from devgen.runtime.base.machine_lock import MachineLock

_INS: Final = frozenset((0x6C, 0x6D))


class GuestAccesses:
    """``on_*`` are Unicorn's hooks, ``on_hole`` reads the holes of the memory map.

    ``settle`` is called after each access under the lock, ``touch`` to make an address known to Unicorn, ``excepted``
    with an exception's vector. ``instruction`` gives place and opcode, without prefixes, of the instruction under way.
    """

    def __init__(
        self,
        bus: Bus,
        memory: GuestMemory,
        lock: MachineLock,
        *,
        settle: Callable[[], None],
        failed: Callable[[Exception], None],
        touch: Callable[[int], bool],
        excepted: Callable[[int], None],
        instruction: Callable[[], tuple[int, bytes]],
    ) -> None:
        """``lock`` is the machine's, taken for each access."""
        self._bus = bus
        self._memory = memory
        self._lock = lock
        self._settle = settle
        self._failed = failed
        self._touch = touch
        self._excepted = excepted
        self._instruction = instruction
        self._loaded = (0, 0, 0)
        self._echo = (0, 0)
        self._probed: int | None = None

    def on_exception(self, _engine: object, vector: int, _data: object) -> None:
        """An exception (its instruction not done: nothing follows of its accesses) or an INT n (done)."""
        self._loaded = (0, 0, 0)
        self._echo = (0, 0)
        self._probed = None
        self._excepted(vector)

    # --- ports -------------------------------------------------------------------------------

    def on_in(self, _engine: object, port: int, size: int, _data: object) -> int:
        """IN, and each element of INS."""
        try:
            with self._lock:
                value = self._bus.read_port(port, size)
                self._settle()
        except Exception as error:
            self._failed(error)
            return 0
        return value

    def on_out(self, _engine: object, port: int, size: int, value: int, _data: object) -> None:
        """OUT, and each element of OUTS."""
        try:
            with self._lock:
                self._bus.write_port(port, value & ((1 << 8 * size) - 1), size)
                self._settle()
        except Exception as error:
            self._failed(error)

    # --- memory that has not been touched yet ---------------------------------------------------

    def on_unmapped(self, _engine: object, _kind: int, address: int, _size: int, _value: int, _data: object) -> bool:
        """A load or store where Unicorn has nothing; True if it may try once more."""
        try:
            with self._lock:
                return self._touch(address)
        except Exception as error:
            self._failed(error)
            return False

    # --- loads -------------------------------------------------------------------------------

    def on_load(self, _engine: object, _kind: int, address: int, size: int, _value: int, _data: object) -> bool:
        """A whole load from a hole: perform it, and keep the value for ``on_hole``."""
        self._loaded = (address, size, self._load(address, size))
        return True

    def on_hole(self, _engine: object, offset: int, size: int, base: int) -> int:
        """An aligned piece of the load that ``on_load`` has performed, or of one that began in RAM."""
        at = base + offset
        start, length, value = self._loaded
        # Unicorn fetches the aligned units around an unaligned load: bytes of them that it did not ask for may be 0.
        low = start & -length if length else 0
        end = start + length if low == start else low + 2 * length
        if not low <= at < end:
            return self._load(at, size)
        if at + size >= end:
            self._loaded = (0, 0, 0)
        shift = 8 * (at - start)
        return (value >> shift if shift >= 0 else value << -shift) & ((1 << 8 * size) - 1)

    def _load(self, address: int, size: int) -> int:
        try:
            with self._lock:
                value = self._bus.read_memory(address, size)
                self._settle()
        except Exception as error:
            self._failed(error)
            return 0
        return value

    # --- stores ------------------------------------------------------------------------------

    def on_store(self, _engine: object, _kind: int, address: int, size: int, value: int, _data: object) -> bool:
        """A whole store to a hole, to ROM or to logged RAM; or one byte of it again, if it was not aligned."""
        at, end = self._echo
        if size == 1 and at == address < end:
            self._echo = (at + 1, end)
            return True
        self._echo = (address, address + size) if address % size else (0, 0)
        try:
            with self._lock:
                self._store(address, size, value & ((1 << 8 * size) - 1))
        except Exception as error:
            self._failed(error)
        return True

    def _store(self, address: int, size: int, value: int) -> None:
        logged = self._memory.logged_section(address)
        if logged is not None and logged.region.memory is not None:
            self._echo = (0, 0)
            offset = address - logged.offset_within_address_space + logged.offset_within_region
            logged.region.memory.mark_dirty(offset, size)
        elif value or not self._is_probe():
            self._probed = None
            self._bus.write_memory(address, value, size)
            self._settle()

    def _is_probe(self) -> bool:
        """Whether this is the zero that Unicorn stores ahead of each element of INS, to see whether it can."""
        place, opcode = self._instruction()
        if opcode[:1] and opcode[0] in _INS and self._probed != place:
            self._probed = place
            return True
        return False
