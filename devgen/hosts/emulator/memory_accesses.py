"""Unicorn's memory hooks: they send the guest's accesses to the bus.

Unicorn reports a load or store twice: first whole, as a violation of the page's permissions (a hole grants none), then
in aligned pieces. The first report is dispatched to the device. The pieces of a load get their bytes from its result;
the pieces of a store are ignored.

An access that begins in RAM and ends in a hole arrives in pieces, its stores byte by byte, which KVM does not do.

None of the hooks raises: a device's exception is passed to ``failed``.
"""

from __future__ import annotations

from devgen.hosts.emulator.guest_bus import GuestBus
from devgen.hosts.emulator.host_calls import HostCalls
from devgen.hosts.emulator.memory_map import GuestMemory
from devgen.hosts.emulator.unicorn_engine import Engine
from devgen.runtime.base.machine_lock import MachineLock


class MemoryAccesses:
    """``on_*`` are Unicorn's hooks, ``on_hole`` reads the holes of the memory map. Takes ``lock`` for each access."""

    def __init__(self, engine: Engine, bus: GuestBus, memory: GuestMemory, lock: MachineLock, calls: HostCalls) -> None:
        """``lock`` is the machine's."""
        self._engine = engine
        self._bus = bus
        self._memory = memory
        self._lock = lock
        self._settle = calls.settle
        self._failed = calls.failed
        self._loaded = (0, 0, 0)
        self._echo = (0, 0)

    def forget(self) -> None:
        """Forget the present instruction's access: an exception has aborted it."""
        self._loaded = (0, 0, 0)
        self._echo = (0, 0)

    # --- memory that is not mapped yet ----------------------------------------------------------

    def on_unmapped(self, _engine: object, _kind: int, address: int, _size: int, _value: int, _data: object) -> bool:
        """A load or store of an unmapped address; True if Unicorn shall retry it."""
        try:
            with self._lock:
                return self._memory.touch(self._engine, address, self.on_hole)
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
        else:
            self._store_to_device(address, size, value)

    def _store_to_device(self, address: int, size: int, value: int) -> None:
        self._bus.write_memory(address, value, size)
        self._settle()
