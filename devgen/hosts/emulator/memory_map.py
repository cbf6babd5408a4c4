"""The guest's physical memory in Unicorn: RAM is mapped by pointer, accesses to other addresses are dispatched.

The RAM blocks of the machine are mapped directly, so Unicorn shares them with DMA. All other addresses are holes. The
first access maps a hole without permissions, so that Unicorn reports each access with its exact address and width
before it cuts it (see `access_hooks`). As with KVM's memory slots, RAM that does not fill a page belongs to the hole
around it.

The region tree may change in the middle of a guest instruction, when Unicorn's map must not change. So the listener
only sets ``changed``, and ``apply`` updates the map between two instructions.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from unicorn import UC_PROT_ALL, UC_PROT_EXEC, UC_PROT_NONE, UC_PROT_READ, UC_PROT_WRITE

from devgen.hosts.emulator.unicorn_engine import Engine, HoleRead
from devgen.runtime.memory.flat_view import MemoryRegionSection
from devgen.runtime.memory.memory_listener import MemoryListener
from devgen.runtime.memory.ram_block import PAGE_SIZE

ADDRESS_LIMIT: Final = 1 << 52
"""One past the last physical address of an x86 processor."""

MAX_HOLES: Final = 256
"""Maximum number of mapped pieces of holes."""

_CHUNK_MASK: Final = (64 << 10) - 1
_PAGE_MASK: Final = PAGE_SIZE - 1


@dataclass(slots=True, frozen=True)
class Mapping:
    """Whole guest pages from ``start``, backed by memory at address ``host`` of this process."""

    start: int
    size: int
    host: int
    readonly: bool = False
    logged: bool = False


class GuestMemory(MemoryListener):
    """Keeps Unicorn's map equal to an address space. ``changed``: ``apply`` must be called."""

    def __init__(self, on_change: Callable[[], None]) -> None:
        """``on_change`` is called, under the machine's lock, when the map is out of date."""
        self._on_change = on_change
        self._sections: dict[int, MemoryRegionSection] = {}
        self._logged: dict[int, MemoryRegionSection] = {}
        self._log_all = False
        self._mapped: set[Mapping] = set()
        self._holes: dict[int, int] = {}
        self._starts: list[int] = []
        self._ends: list[int] = []
        self.changed = True

    # --- the listener's side -------------------------------------------------------------

    def _stale(self) -> None:
        self.changed = True
        self._on_change()

    def region_add(self, section: MemoryRegionSection) -> None:
        """Note a new section of RAM or ROM."""
        if section.region.memory is not None:
            self._sections[section.offset_within_address_space] = section
            self._stale()

    def region_del(self, section: MemoryRegionSection) -> None:
        """Note that a section was removed."""
        if self._sections.get(section.offset_within_address_space) == section:
            del self._sections[section.offset_within_address_space]
            self._stale()

    def log_start(self, section: MemoryRegionSection) -> None:
        """Start dirty logging of a section: every write to it is reported."""
        self._logged[section.offset_within_address_space] = section
        self._stale()

    def log_stop(self, section: MemoryRegionSection) -> None:
        """Stop dirty logging of a section."""
        self._logged.pop(section.offset_within_address_space, None)
        self._stale()

    def log_global_start(self) -> None:
        """Start dirty logging of all RAM."""
        self._log_all = True
        self._stale()

    def log_global_stop(self) -> None:
        """Stop dirty logging of all RAM; single sections may still be logged."""
        self._log_all = False
        self._stale()

    # --- the processor's side ------------------------------------------------------------

    def apply(self, uc: Engine) -> None:
        """Make Unicorn's map equal to the address space. Not while Unicorn is running.

        Raises UcError if the host has no memory left for it.
        """
        self.changed = False
        wanted = list(self._plan())
        for mapping in self._mapped.difference(wanted):
            uc.mem_unmap(mapping.start, mapping.size)
        for start, size in self._holes.items():
            uc.mem_unmap(start, size)
        self._holes.clear()
        for mapping in wanted:
            if mapping not in self._mapped:
                self._map_ram(uc, mapping)
        self._mapped = set(wanted)
        self._starts = [mapping.start for mapping in wanted]
        self._ends = [mapping.start + mapping.size for mapping in wanted]

    def touch(self, uc: Engine, address: int, read_hole: HoleRead) -> bool:
        """Map the hole around ``address``; return False in RAM. Allowed in the middle of an instruction.

        Pieces are small, because Unicorn's time to unmap one grows with its pages. Above `MAX_HOLES` pieces, the next
        ``apply`` unmaps them all.
        """
        after = bisect_right(self._starts, address)
        low = max(address & ~_CHUNK_MASK, self._ends[after - 1] if after else 0)
        high = min((address | _CHUNK_MASK) + 1, self._starts[after] if after < len(self._starts) else ADDRESS_LIMIT)
        if not low <= address < high:
            return False
        uc.mmio_map(low, high - low, read_hole, low, None, None)
        uc.mem_protect(low, high - low, UC_PROT_NONE)
        self._holes[low] = high - low
        if len(self._holes) >= MAX_HOLES:
            self._stale()
        return True

    @staticmethod
    def _map_ram(uc: Engine, mapping: Mapping) -> None:
        """Map memory. Unicorn reports stores to a page without write permission. If the page was mapped without it,
        Unicorn then carries them out, as logged RAM needs; if the permission was removed later, it drops them (ROM).
        """
        if mapping.readonly:
            uc.mem_map_ptr(mapping.start, mapping.size, UC_PROT_ALL, mapping.host)
            uc.mem_protect(mapping.start, mapping.size, UC_PROT_READ | UC_PROT_EXEC)
            return
        write = 0 if mapping.logged else UC_PROT_WRITE
        uc.mem_map_ptr(mapping.start, mapping.size, UC_PROT_READ | UC_PROT_EXEC | write, mapping.host)

    def _plan(self) -> Iterator[Mapping]:
        for start in sorted(self._sections):
            mapping = self._ram(self._sections[start])
            if mapping is not None:
                yield mapping

    def _ram(self, section: MemoryRegionSection) -> Mapping | None:
        """The whole pages of a section, if there are any."""
        memory = section.region.memory
        first = section.offset_within_address_space
        start = -(-first // PAGE_SIZE) * PAGE_SIZE
        end = min(section.end, ADDRESS_LIMIT) & ~_PAGE_MASK
        if memory is None or start >= end:
            return None
        logged = not section.readonly and (self._log_all or first in self._logged)
        host = memory.address + section.offset_within_region + start - first
        return Mapping(start, end - start, host, section.readonly, logged)

    def logged_section(self, address: int) -> MemoryRegionSection | None:
        """The section of writable RAM at ``address`` whose writes are reported for dirty logging; else None."""
        sections = self._sections if self._log_all else self._logged
        for section in sections.values():
            if section.offset_within_address_space <= address < section.end and not section.readonly:
                mapping = self._ram(section)
                if mapping is not None and mapping.start <= address < mapping.start + mapping.size:
                    return section
        return None
