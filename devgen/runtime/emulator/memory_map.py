"""The guest's physical memory in Unicorn: RAM by pointer, everything else as accesses that are dispatched.

The RAM blocks of the machine are mapped as they are, shared with DMA. All other addresses are one kind of hole:
mapped without any permission, so that each access is heard with its exact address and width before Unicorn cuts it
(see `bus`). As with the kernel's memory slots, RAM that does not fill a page is part of the hole around it.

The tree may change at any moment, in the middle of a guest instruction too; Unicorn must not be touched then. So
listeners only note it, and ``apply`` does the work between two instructions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from unicorn import UC_PROT_ALL, UC_PROT_EXEC, UC_PROT_NONE, UC_PROT_READ, UC_PROT_WRITE

from devgen.runtime.emulator.engine import Engine, HoleRead
from devgen.runtime.flatview import MemoryRegionSection
from devgen.runtime.listener import MemoryListener
from devgen.runtime.memory import PAGE_SIZE

ADDRESS_LIMIT: Final = 1 << 52
"""One past the last physical address of an x86 processor."""

_PAGE_MASK: Final = PAGE_SIZE - 1


@dataclass(slots=True, frozen=True)
class Mapping:
    """Whole pages at ``start``; ``host`` is the memory behind them, or None for a hole."""

    start: int
    size: int
    host: int | None = None
    readonly: bool = False
    logged: bool = False


class GuestMemory(MemoryListener):
    """Keeps Unicorn's map equal to an address space. ``changed`` tells that ``apply`` has work to do."""

    def __init__(self, on_change: Callable[[], None]) -> None:
        """``on_change`` is called, under the machine's lock, when the map has become stale."""
        self._on_change = on_change
        self._sections: dict[int, MemoryRegionSection] = {}
        self._logged: dict[int, MemoryRegionSection] = {}
        self._log_all = False
        self._mapped: set[Mapping] = set()
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
        """Note that a section has gone."""
        if self._sections.get(section.offset_within_address_space) == section:
            del self._sections[section.offset_within_address_space]
            self._stale()

    def log_start(self, section: MemoryRegionSection) -> None:
        """Hear of every write to a section from now on."""
        self._logged[section.offset_within_address_space] = section
        self._stale()

    def log_stop(self, section: MemoryRegionSection) -> None:
        """Let writes through unheard."""
        self._logged.pop(section.offset_within_address_space, None)
        self._stale()

    def log_global_start(self) -> None:
        """Hear of every write to any RAM."""
        self._log_all = True
        self._stale()

    def log_global_stop(self) -> None:
        """Back to the sections that ask for it."""
        self._log_all = False
        self._stale()

    # --- the processor's side ------------------------------------------------------------

    def apply(self, uc: Engine, read_hole: HoleRead) -> None:
        """Make Unicorn's map what the address space shows. Not while Unicorn is running.

        Raises UcError if the host has no memory left for it.
        """
        self.changed = False
        wanted = set(self._plan())
        for mapping in self._mapped - wanted:
            uc.mem_unmap(mapping.start, mapping.size)
        for mapping in sorted(wanted - self._mapped, key=lambda mapping: mapping.start):
            if mapping.host is None:
                uc.mmio_map(mapping.start, mapping.size, read_hole, mapping.start, None, None)
                uc.mem_protect(mapping.start, mapping.size, UC_PROT_NONE)
            else:
                self._map_ram(uc, mapping)
        self._mapped = wanted

    @staticmethod
    def _map_ram(uc: Engine, mapping: Mapping) -> None:
        """Map memory. Stores to a page without write permission are told to the host; if the page was mapped so, they
        are then carried out (which logged RAM needs), if it has lost the permission since, they are not (ROM).
        """
        if mapping.readonly:
            uc.mem_map_ptr(mapping.start, mapping.size, UC_PROT_ALL, mapping.host or 0)
            uc.mem_protect(mapping.start, mapping.size, UC_PROT_READ | UC_PROT_EXEC)
            return
        write = 0 if mapping.logged else UC_PROT_WRITE
        uc.mem_map_ptr(mapping.start, mapping.size, UC_PROT_READ | UC_PROT_EXEC | write, mapping.host or 0)

    def _plan(self) -> Iterable[Mapping]:
        at = 0
        for start in sorted(self._sections):
            mapping = self._ram(self._sections[start])
            if mapping is None:
                continue
            if mapping.start > at:
                yield Mapping(at, mapping.start - at)
            yield mapping
            at = mapping.start + mapping.size
        if at < ADDRESS_LIMIT:
            yield Mapping(at, ADDRESS_LIMIT - at)

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
        """The section of writable RAM at ``address`` whose writes are heard only to be recorded."""
        sections = self._sections if self._log_all else self._logged
        for section in sections.values():
            if section.offset_within_address_space <= address < section.end and not section.readonly:
                mapping = self._ram(section)
                if mapping is not None and mapping.start <= address < mapping.start + mapping.size:
                    return section
        return None
