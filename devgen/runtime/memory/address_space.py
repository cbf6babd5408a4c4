"""Address spaces: single accesses by a processor (`access_dispatch`), and DMA by devices, which is limited here.

Thread safety: an address space has no lock. Hosts call everything here under the machine's lock (see
`devgen.runtime.machine.machine` for the lock order).

The guest is untrusted: no access of any size, address or value raises, and a transfer has bounded time and memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from devgen.runtime.base.bounded_cache import BoundedCache
from devgen.runtime.memory.access_dispatch import ADDRESS_MASK, MASKS, Dispatch
from devgen.runtime.memory.flat_view import MemoryRegionSection
from devgen.runtime.memory.memory_region import MemoryRegion
from devgen.runtime.memory.ram_block import PAGE_SIZE, RamBlock
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

_PAGE_MASK: Final = PAGE_SIZE - 1

_Place = tuple[RamBlock, int, bool]
"""A place in memory: the RAM block, the offset in it in bytes, and whether it is mapped read-only."""


class AddressSpace(Dispatch):
    """The memory or port I/O address space of a processor or a device. Addresses are taken modulo 2^64."""

    __slots__ = ("_depth", "_nested", "_pages")

    def __init__(self, name: str, root: MemoryRegion, unassigned: Literal["ones", "zeros"] = "ones") -> None:
        """``unassigned`` is the value of every bit read from an address without a region.

        Raises:
            DoorbellCollision: doorbells in ``root`` collide.
        """
        self._pages: BoundedCache[int, _Place] = BoundedCache(PAGE_CACHE_LIMIT)
        self._depth = self._nested = 0
        super().__init__(name, root, unassigned)  # last: it flattens, and `flush_cache` uses the attributes above

    def flush_cache(self) -> None:
        """Discard all resolved accesses and pages, and increase `generation`, so that hosts discard theirs."""
        self._pages.clear()
        super().flush_cache()

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
                block.shared.store(at, value & MASKS[size], size)
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

    def _page(self, address: int, size: int) -> _Place | None:
        """Find the place of a range that lies within one page of memory, else None; the page's place is cached."""
        into = address & _PAGE_MASK
        if size < 1 or into + size > PAGE_SIZE:
            return None
        base = address - into & ADDRESS_MASK
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
        runs = self._snapshot.view.runs(address & ADDRESS_MASK, min(size, MAX_SIZE))
        return any(section is not None and section.region.memory is None for section, _, _ in runs)

    def _enter(self, address: int, n: int, *, write: bool) -> bool:
        """Whether a device may access registers in this range now; if so, the caller decrements ``_depth`` afterwards.

        A device whose handler is running is not entered again, as in QEMU since 8.1, so a description need not expect
        that its own DMA changes its registers. Other devices are entered, up to `DMA_DEPTH` levels. Transfers of more
        than `MAX_SIZE` bytes, and registers without an owner, are allowed at the first level only.
        """
        nested = self._depth > 0
        too_deep = nested and (self._depth >= DMA_DEPTH or self._nested >= DMA_NESTED_LIMIT or n > MAX_SIZE)
        for section, _, _ in self._snapshot.view.runs(address & ADDRESS_MASK, n):
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
        return self._snapshot.view.runs(address & ADDRESS_MASK, min(n, DMA_LIMIT))

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


def _copy_in(place: _Place, data: bytes | bytearray | memoryview) -> None:
    block, at, readonly = place
    if not readonly:
        block.shared.copy_in(at, data)
        block.mark_dirty(at, len(data))
