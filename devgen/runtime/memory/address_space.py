"""Address spaces: dispatch an access to the device's method.

A resolved access is a closure, cached in a dict by address; there is one dict per access size. A repeated access to a
register costs two lookups and one call of the device's method, independent of the number of devices. A change of the
memory topology empties the dicts.

Thread safety: an address space has no lock. Hosts call everything here under the machine's lock (see
`devgen.runtime.machine.machine` for the lock order), including the closures from `AddressSpace.reader` and
`AddressSpace.writer`.

The guest is untrusted: no access of any size, address or value raises, and the size of every cache is bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, Literal

from devgen.runtime.base.bounded_cache import BoundedCache
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
from devgen.runtime.memory.flat_view import (
    ADDRESS_LIMIT,
    MemoryRegionSection,
)
from devgen.runtime.memory.live_flat_view import LiveView
from devgen.runtime.memory.memory_region import MemoryRegion
from devgen.runtime.memory.ram_block import PAGE_SIZE, RamBlock
from devgen.runtime.memory.resolved_accesses import ResolvedAccesses
from devgen.runtime.memory.shared_bytes import MAX_SIZE, aligned_pieces

PAGE_CACHE_LIMIT: Final = 4096
"""Most RAM pages in the page cache."""

DMA_LIMIT: Final = 16 << 20
"""Most bytes that one `read_bytes` or `write_bytes` moves."""

DMA_IO_LIMIT: Final = 64 << 10
"""Most bytes of one DMA transfer that may go to or come from registers."""

DMA_DEPTH: Final = 4
"""Greatest nesting of DMA to registers: one device writes to a second, whose handler writes to a third, and so on."""

DMA_NESTED_LIMIT: Final = 4096
"""Most nested register accesses that one DMA transfer may cause; this bounds its time."""

_ADDRESS_MASK: Final = ADDRESS_LIMIT - 1
_PAGE_MASK: Final = PAGE_SIZE - 1

_Place = tuple[RamBlock, int, bool]
"""A place in memory: the RAM block, the offset in it in bytes, and whether it is mapped read-only."""


class AddressSpace(LiveView):
    """The memory or port I/O address space of a processor or a device. Addresses are taken modulo 2^64.

    ``unassigned_reads`` and ``unassigned_writes`` count accesses to addresses without a region.
    """

    __slots__ = (
        "_bells",
        "_depth",
        "_kernel_ioeventfd",
        "_nested",
        "_observer",
        "_pages",
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
        self._pages: BoundedCache[int, _Place] = BoundedCache(PAGE_CACHE_LIMIT)
        self._observer: AccessObserver | None = None
        self._kernel_ioeventfd = False
        self._depth = self._nested = 0
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
        writer(value & _MASKS[size])

    def reader(self, address: int, size: int) -> Reader:
        """Return the closure that performs `read`, valid until `generation` changes."""
        found = self._readers[size].get(address) if 1 <= size <= MAX_SIZE else None
        return found or self._find_reader(address, size)

    def writer(self, address: int, size: int) -> Writer:
        """Return the closure that performs `write`, valid until `generation` changes; its value must fit ``size``."""
        found = self._writers[size].get(address) if 1 <= size <= MAX_SIZE else None
        return found or self._find_writer(address, size)

    # DMA by devices.

    def load(self, address: int, size: int) -> int:
        """`read` by a device. A register is accessed only if no handler of its device is running (see `_enter`)."""
        page = self._page(address, size) if size <= MAX_SIZE else None
        if page is not None:
            block, at, _ = page
            return block.shared.load(at, size)
        if not self._meets_registers(address, size):
            return self.read(address, size)
        if not self._enter(address, size, write=False):
            return self._ones(size)
        try:
            return self.read(address, size)
        finally:
            self._depth -= 1

    def store(self, address: int, value: int, size: int) -> None:
        """`write` by a device; see `load`."""
        page = self._page(address, size) if size <= MAX_SIZE else None
        if page is not None:
            block, at, readonly = page
            if not readonly:
                block.shared.store(at, value & _MASKS[size], size)
                block.mark_dirty(at, size)
        elif not self._meets_registers(address, size):
            self.write(address, value, size)
        elif self._enter(address, size, write=True):
            try:
                self.write(address, value, size)
            finally:
                self._depth -= 1

    def read_bytes(self, address: int, n: int) -> bytes:
        """Read ``n`` bytes across regions of any kind: memory is copied, registers are read in aligned accesses.

        At most `DMA_LIMIT` bytes are returned. At most `DMA_IO_LIMIT` of these are read from registers; the others on
        registers, and bytes without a region, have the unassigned value.
        """
        page = self._page(address, n)
        if page is not None:
            block, at, _ = page
            return block.shared.copy_out(at, n)
        out = bytearray()
        budget = DMA_IO_LIMIT
        for section, start, length in self._runs(address, n, write=False):
            memory = section.region.memory if section is not None else None
            if memory is not None and section is not None:
                at = start - section.offset_within_address_space + section.offset_within_region
                out += memory.shared.copy_out(at, length)
                continue
            part = 0 if section is None else min(length, budget)
            budget -= part
            out += self._read_io(start, part)
            out += bytes((self._unassigned,)) * (length - part)
            self.unassigned_reads += part < length
        return bytes(out)

    def write_bytes(self, address: int, data: bytes | bytearray | memoryview) -> None:
        """Write ``data`` across regions of any kind; bytes beyond the limits of `read_bytes` are dropped."""
        page = self._page(address, len(data))
        if page is not None:
            _copy_in(page, data)
            return
        data = memoryview(data)
        budget = DMA_IO_LIMIT
        done = 0
        for section, start, length in self._runs(address, len(data), write=True):
            piece = data[done : done + length]
            done += length
            if section is None:
                self.unassigned_writes += 1
            elif section.region.memory is not None:
                at = start - section.offset_within_address_space + section.offset_within_region
                _copy_in((section.region.memory, at, section.readonly), piece)
            else:
                self._write_io(start, piece[:budget])
                budget -= min(length, budget)

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
        self._pages.clear()
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
        address &= _ADDRESS_MASK
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
        address &= _ADDRESS_MASK
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

    # DMA.

    def _page(self, address: int, size: int) -> _Place | None:
        """Find the place of a range that lies within one page of memory, else None; the page's place is cached."""
        into = address & _PAGE_MASK
        if size < 1 or into + size > PAGE_SIZE:
            return None
        base = address - into & _ADDRESS_MASK
        found = self._pages.get(base)
        if found is None:
            found = self._find_page(base)
            if found is None:
                return None
        block, offset, readonly = found
        return block, offset + into, readonly

    def _find_page(self, base: int) -> _Place | None:
        section = self._snapshot.view.find(base)
        if section is None or section.region.memory is None or base + PAGE_SIZE > section.end:
            return None
        block = section.region.memory
        offset = base - section.offset_within_address_space + section.offset_within_region
        return self._pages.keep(base, (block, offset, section.readonly))

    def _meets_registers(self, address: int, size: int) -> bool:
        runs = self._snapshot.view.runs(address & _ADDRESS_MASK, min(size, MAX_SIZE))
        return any(section is not None and section.region.memory is None for section, _, _ in runs)

    def _enter(self, address: int, n: int, *, write: bool) -> bool:
        """Whether a device may access registers in this range now; if so, the caller decrements ``_depth`` afterwards.

        A device whose handler is running is not entered again, as in QEMU since 8.1, so a description need not expect
        that its own DMA changes its registers. Other devices are entered, up to `DMA_DEPTH` levels. Transfers of more
        than `MAX_SIZE` bytes, and registers without an owner, are allowed at the first level only.
        """
        nested = self._depth > 0
        too_deep = nested and (self._depth >= DMA_DEPTH or self._nested >= DMA_NESTED_LIMIT or n > MAX_SIZE)
        for section, _, _ in self._snapshot.view.runs(address & _ADDRESS_MASK, n):
            if section is None or section.region.memory is not None:
                continue
            owner = section.region.owner
            if owner is not None and owner.engaged:
                self._log.note("reentrant", self.name, address, write)
                return False
            too_deep = too_deep or (nested and owner is None)
        if too_deep:
            self._log.note("nested", self.name, address, write)
            return False
        self._nested = self._nested + 1 if nested else 0
        self._depth += 1
        return True

    def _runs(self, address: int, n: int, *, write: bool) -> Iterator[tuple[MemoryRegionSection | None, int, int]]:
        if n > DMA_LIMIT:
            self._log.note("oversized", self.name, address, write)
        return self._snapshot.view.runs(address & _ADDRESS_MASK, min(n, DMA_LIMIT))

    def _read_io(self, address: int, n: int) -> bytes:
        if n == 0 or not self._enter(address, n, write=False):
            return bytes((self._unassigned,)) * n
        try:
            steps = aligned_pieces(address, n)
            return b"".join(self.read(at, size).to_bytes(size, "little") for at, size in steps)
        finally:
            self._depth -= 1

    def _write_io(self, address: int, data: memoryview) -> None:
        if not data or not self._enter(address, len(data), write=True):
            return
        try:
            for at, size in aligned_pieces(address, len(data)):
                first = at - address
                self.write(at, int.from_bytes(data[first : first + size], "little"), size)
        finally:
            self._depth -= 1


_MASKS: Final = tuple(mask_of_bytes(size) for size in range(MAX_SIZE + 1))


def _ram_writer(block: RamBlock, offset: int, size: int) -> Writer:
    def write(value: int) -> None:
        block.shared.store(offset, value, size)
        block.mark_dirty(offset, size)

    return write


def _copy_in(place: _Place, data: bytes | bytearray | memoryview) -> None:
    block, at, readonly = place
    if not readonly:
        block.shared.copy_in(at, data)
        block.mark_dirty(at, len(data))


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
