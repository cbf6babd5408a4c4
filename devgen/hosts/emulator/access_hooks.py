"""Unicorn's hooks: they send the guest's accesses to the bus.

Unicorn reports a load or store twice: first whole, as a violation of the page's permissions (a hole grants none), then
in aligned pieces. The first report is dispatched to the device. The pieces of a load get their bytes from its result;
the pieces of a store are ignored.

Known differences from KVM: an access that begins in RAM and ends in a hole arrives in pieces, its stores byte by byte;
REP INS to a hole stores each element, where KVM may join some; CMPS reads its operands in the other order;
floating-point loads and stores work, which KVM cannot emulate on device memory.

None of the hooks raises: a device's exception is passed to ``failed``.
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

    ``settle`` is called after each access, under the lock; ``touch`` maps an address in Unicorn; ``excepted`` is called
    with an exception's vector. ``instruction`` returns the present instruction's address and opcode without prefixes.
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
        """An exception (its instruction is aborted and makes no further access) or an INT n (completed)."""
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

    # --- memory that is not mapped yet ----------------------------------------------------------

    def on_unmapped(self, _engine: object, _kind: int, address: int, _size: int, _value: int, _data: object) -> bool:
        """A load or store of an unmapped address; True if Unicorn shall retry it."""
        try:
            with self._lock:
                return self._touch(address)
        except Exception as error:
            self._failed(error)
            return False

    # --- loads -------------------------------------------------------------------------------

    def on_load(self, _engine: object, _kind: int, address: int, size: int, _value: int, _data: object) -> bool:
        """A whole load from a hole: read the device, and keep the value for ``on_hole``."""
        self._loaded = (address, size, self._load(address, size))
        return True

    def on_hole(self, _engine: object, offset: int, size: int, base: int) -> int:
        """Return an aligned piece of the value of ``on_load``; read the device for a load that began in RAM."""
        at = base + offset
        start, length, value = self._loaded
        # Unicorn fetches the aligned units around an unaligned load: their bytes outside the load may be 0.
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
        """A whole store to a hole, to ROM or to logged RAM; or one byte of it a second time, if it was unaligned."""
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
        """Whether this is the zero that Unicorn stores before each element of INS, to test the page's permission."""
        place, opcode = self._instruction()
        if opcode[:1] and opcode[0] in _INS and self._probed != place:
            self._probed = place
            return True
        return False
