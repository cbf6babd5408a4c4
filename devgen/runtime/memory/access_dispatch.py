"""Dispatch of single accesses: from an address to the device's method.

A resolved access is a closure, cached in a dict by address; there is one dict per access size. A repeated access to a
register costs two lookups and one call of the device's method, independent of the number of devices. A change of the
memory topology empties the dicts.

Thread safety: an address space has no lock. Hosts call everything here under the machine's lock (see
`devgen.runtime.machine.machine` for the lock order), including the closures from `Dispatch.reader` and
`Dispatch.writer`.

The guest is untrusted: no access of any size, address or value raises, and the size of every cache is bounded.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final, Literal

from devgen.runtime.memory.access import (
    AccessObserver,
    Reader,
    Writer,
    join_reads,
    join_writes,
    mask_of_bytes,
    observed_read,
    observed_write,
    read_zero,
    write_nothing,
)
from devgen.runtime.memory.event_notifier import IoEventFd
from devgen.runtime.memory.flat_view import ADDRESS_LIMIT, MemoryRegionSection
from devgen.runtime.memory.live_flat_view import LiveView
from devgen.runtime.memory.memory_region import MemoryRegion
from devgen.runtime.memory.ram_block import RamBlock
from devgen.runtime.memory.resolved_accesses import ResolvedAccesses
from devgen.runtime.memory.shared_bytes import MAX_SIZE

ADDRESS_MASK: Final = ADDRESS_LIMIT - 1

MASKS: Final = tuple(mask_of_bytes(size) for size in range(MAX_SIZE + 1))
"""All ones over each number of bytes."""


class Dispatch(LiveView):
    """The single accesses of an address space. Addresses are taken modulo 2^64.

    ``unassigned_reads`` and ``unassigned_writes`` count accesses to addresses without a region.
    """

    __slots__ = (
        "_bells",
        "_kernel_ioeventfd",
        "_observer",
        "_readers",
        "_resolved",
        "_unassigned",
        "_writers",
        "generation",
        "on_stale",
        "unassigned_reads",
        "unassigned_writes",
    )

    def __init__(self, name: str, root: MemoryRegion, unassigned: Literal["ones", "zeros"] = "ones") -> None:
        """``unassigned`` is the value of every bit read from an address without a region.

        Raises:
            DoorbellCollision: doorbells in ``root`` collide.
        """
        self.generation = 0
        """Increases whenever closures from `reader` and `writer` become stale."""
        self.on_stale: list[Callable[[], None]] = []
        """Called when `generation` has increased, for hosts that do not compare it at every access, for speed."""
        self.unassigned_reads = 0
        self.unassigned_writes = 0
        self._unassigned = 0xFF if unassigned == "ones" else 0
        self._resolved = ResolvedAccesses()
        self._readers = self._resolved.readers
        self._writers = self._resolved.writers
        self._observer: AccessObserver | None = None
        self._kernel_ioeventfd = False
        self._bells: dict[int, list[IoEventFd]] = {}
        super().__init__(name, root)  # last: it flattens, and `_view_changed` uses the attributes above

    # Single accesses.

    def read(self, address: int, size: int) -> int:
        """Read ``size`` bytes (1 to 8). Never raises: any other size reads as unassigned."""
        try:
            reader = self._readers[size][address]
        except KeyError:
            reader = self._find_reader(address, size)
        return reader()

    def write(self, address: int, value: int, size: int) -> None:
        """Write the low ``size`` bytes (1 to 8) of ``value``. Never raises: a write of any other size is dropped."""
        try:
            writer = self._writers[size][address]
        except KeyError:
            if not 1 <= size <= MAX_SIZE:
                self.unassigned_writes += 1
                return
            writer = self._find_writer(address, size)
        writer(value & MASKS[size])

    def reader(self, address: int, size: int) -> Reader:
        """Return the closure that performs `read`, valid until `generation` changes."""
        found = self._readers[size].get(address) if 1 <= size <= MAX_SIZE else None
        return found or self._find_reader(address, size)

    def writer(self, address: int, size: int) -> Writer:
        """Return the closure that performs `write`, valid until `generation` changes; its value must fit ``size``."""
        found = self._writers[size].get(address) if 1 <= size <= MAX_SIZE else None
        return found or self._find_writer(address, size)

    # Settings of hosts and observers.

    @property
    def kernel_ioeventfd(self) -> bool:
        """Whether the kernel matches doorbells (KVM_IOEVENTFD); otherwise `write` matches them."""
        return self._kernel_ioeventfd

    @kernel_ioeventfd.setter
    def kernel_ioeventfd(self, on: bool) -> None:
        self._kernel_ioeventfd = on
        self.flush_cache()

    @property
    def observer(self) -> AccessObserver | None:
        """Called for every single access with its absolute address; None, the default, costs nothing."""
        return self._observer

    @observer.setter
    def observer(self, observer: AccessObserver | None) -> None:
        self._observer = observer
        self.flush_cache()

    def flush_cache(self) -> None:
        """Discard all resolved accesses and increase `generation`, so that hosts discard theirs."""
        self._resolved.clear()
        self.generation += 1
        for callback in self.on_stale:
            callback()

    def _view_changed(self) -> None:
        self._bells = {}
        for placed in self._snapshot.doorbells:
            self._bells.setdefault(placed.address, []).append(placed.doorbell)
        self.flush_cache()

    # Resolving.

    def _find_reader(self, address: int, size: int) -> Reader:
        if not 1 <= size <= MAX_SIZE:
            return self._gap_reader(size)
        address &= ADDRESS_MASK
        found = self._readers[size].get(address)
        if found is not None:
            return found
        reader = self._resolve_reader(address, size)
        if self._observer is not None:
            reader = observed_read(reader, self._observer, address, size)
        self._resolved.keep(self._readers[size], address, reader)
        return reader

    def _find_writer(self, address: int, size: int) -> Writer:
        if not 1 <= size <= MAX_SIZE:
            return self._gap_writer()
        address &= ADDRESS_MASK
        found = self._writers[size].get(address)
        if found is not None:
            return found
        writer = self._resolve_writer(address, size)
        if address in self._bells and not self._kernel_ioeventfd:
            writer = _ringing(self._bells[address], size, writer)
        if self._observer is not None:
            writer = observed_write(writer, self._observer, address, size)
        self._resolved.keep(self._writers[size], address, writer)
        return writer

    def _resolve_reader(self, address: int, size: int) -> Reader:
        section = self._snapshot.view.find(address)
        if section is not None and address + size <= section.end:
            return self._section_reader(section, address, size)
        parts: list[tuple[Reader, int]] = []
        shift = 0
        for part, start, length in self._snapshot.view.runs(address, size):
            reader = self._gap_reader(length) if part is None else self._section_reader(part, start, length)
            parts.append((reader, shift))
            shift += length * 8
        return join_reads(parts)

    def _resolve_writer(self, address: int, size: int) -> Writer:
        section = self._snapshot.view.find(address)
        if section is not None and address + size <= section.end:
            return self._section_writer(section, address, size)
        parts: list[tuple[Writer, int, int]] = []
        shift = 0
        for part, start, length in self._snapshot.view.runs(address, size):
            writer = self._gap_writer() if part is None else self._section_writer(part, start, length)
            parts.append((writer, shift, length))
            shift += length * 8
        return join_writes(parts, size)

    @staticmethod
    def _section_reader(section: MemoryRegionSection, address: int, size: int) -> Reader:
        offset = address - section.offset_within_address_space + section.offset_within_region
        region = section.region
        if region.memory is not None:
            return partial(region.memory.shared.load, offset, size)
        return read_zero if region.ops is None else region.ops.resolve_read(offset, size)

    @staticmethod
    def _section_writer(section: MemoryRegionSection, address: int, size: int) -> Writer:
        offset = address - section.offset_within_address_space + section.offset_within_region
        region = section.region
        if region.memory is not None:
            return write_nothing if section.readonly else _ram_writer(region.memory, offset, size)
        return write_nothing if region.ops is None else region.ops.resolve_write(offset, size)

    def _ones(self, size: int) -> int:
        """The value that ``size`` bytes without a region read."""
        return mask_of_bytes(min(max(size, 0), MAX_SIZE)) if self._unassigned else 0

    def _gap_reader(self, size: int) -> Reader:
        value = self._ones(size)

        def read() -> int:
            self.unassigned_reads += 1
            return value

        return read

    def _gap_writer(self) -> Writer:
        def write(value: int) -> None:
            self.unassigned_writes += 1

        return write


def _ram_writer(block: RamBlock, offset: int, size: int) -> Writer:
    def write(value: int) -> None:
        block.shared.store(offset, value, size)
        block.mark_dirty(offset, size)

    return write


def _ringing(bells: list[IoEventFd], size: int, otherwise: Writer) -> Writer:
    """Match doorbells as the kernel does, before the access is cut; a write that rings none goes to ``otherwise``."""
    matched = {bell.match: bell.handler for bell in bells if bell.length == size}
    for bell in bells:
        if bell.length == 0 or (bell.length == size and bell.match is None):
            handler = bell.handler
            return lambda value: handler(1)
    if not matched:
        return otherwise

    def write(value: int) -> None:
        ring = matched.get(value)
        if ring is None:
            otherwise(value)
        else:
            ring(1)

    return write
