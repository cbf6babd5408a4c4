"""Listeners: notify a host of the changes in an address space.

Order of calls within one commit, as in QEMU: ``begin``; removals (coalesced zones, logging, sections), to the listener
with the highest priority first; additions (sections, logging, coalesced zones), to the lowest priority first; removed
doorbells, then added ones; ``commit``. Listeners are called under the machine's lock. They may change the tree; such
changes are committed afterwards. They must not raise, because a guest causes most commits: a host logs its own failures
and continues.
"""

from __future__ import annotations

from collections.abc import Sequence

from devgen.runtime.memory.event_notifier import IoEventFd
from devgen.runtime.memory.flat_view import MemoryRegionSection, PlacedZone, Snapshot


class MemoryListener:
    """Base class of listeners; every method does nothing unless overridden."""

    priority: int = 0
    """Listeners with lower priority are notified of additions first and of removals last."""

    def begin(self) -> None:
        """Called before the calls of one commit."""

    def commit(self) -> None:
        """Called after the calls of one commit."""

    def region_add(self, section: MemoryRegionSection) -> None:
        """Called for a section that was added."""

    def region_del(self, section: MemoryRegionSection) -> None:
        """Called for a section that was removed; `region_add` was called for it before."""

    def log_start(self, section: MemoryRegionSection) -> None:
        """Start logging writes to a section that was added before."""

    def log_stop(self, section: MemoryRegionSection) -> None:
        """Stop logging writes to a section; also called before a logged section is removed."""

    def log_sync(self, section: MemoryRegionSection) -> None:
        """Report the writes since the last call with the region's `RamBlock.mark_dirty`."""

    def log_global_start(self) -> None:
        """Start logging writes to all memory."""

    def log_global_stop(self) -> None:
        """Stop logging except for the sections of `log_start`."""

    def eventfd_add(self, section: MemoryRegionSection, doorbell: IoEventFd) -> None:
        """Called for a doorbell that becomes active, at `doorbell_address` (section, doorbell)."""

    def eventfd_del(self, section: MemoryRegionSection, doorbell: IoEventFd) -> None:
        """Called for a doorbell that is no longer active; `eventfd_add` was called with the same address."""

    def coalesced_mmio_add(self, section: MemoryRegionSection, offset: int, size: int) -> None:
        """Allow writes to ``size`` bytes at absolute address ``offset`` to be delivered late (coalesced)."""

    def coalesced_mmio_del(self, section: MemoryRegionSection, offset: int, size: int) -> None:
        """Undo `coalesced_mmio_add`."""


def doorbell_address(section: MemoryRegionSection, doorbell: IoEventFd) -> int:
    """Return the absolute address of a doorbell of the section's region."""
    return section.offset_within_address_space + doorbell.offset - section.offset_within_region


def announce(listeners: Sequence[MemoryListener], old: Snapshot, new: Snapshot) -> None:
    """Notify ``listeners`` (in ascending order of priority) of the difference between two snapshots."""
    falling = tuple(reversed(listeners))
    for listener in listeners:
        listener.begin()
    _announce_removals(falling, old, new)
    _announce_additions(listeners, old, new)
    for placed, section in old.doorbells.items():
        if placed not in new.doorbells:
            for listener in falling:
                listener.eventfd_del(section, placed.doorbell)
    for placed, section in new.doorbells.items():
        if placed not in old.doorbells:
            for listener in listeners:
                listener.eventfd_add(section, placed.doorbell)
    for listener in listeners:
        listener.commit()


def _announce_removals(falling: Sequence[MemoryListener], old: Snapshot, new: Snapshot) -> None:
    for zone in _without(old.zones, new.zones):
        for listener in falling:
            listener.coalesced_mmio_del(zone.section, zone.address, zone.size)
    kept = set(new.view.sections)
    for section in old.view.sections:
        if section in old.logged and section not in new.logged:
            for listener in falling:
                listener.log_stop(section)
        if section not in kept:
            for listener in falling:
                listener.region_del(section)


def _announce_additions(rising: Sequence[MemoryListener], old: Snapshot, new: Snapshot) -> None:
    had = set(old.view.sections)
    for section in new.view.sections:
        if section not in had:
            for listener in rising:
                listener.region_add(section)
        if section in new.logged and section not in old.logged:
            for listener in rising:
                listener.log_start(section)
    for zone in _without(new.zones, old.zones):
        for listener in rising:
            listener.coalesced_mmio_add(zone.section, zone.address, zone.size)


def _without(zones: tuple[PlacedZone, ...], others: tuple[PlacedZone, ...]) -> list[PlacedZone]:
    if not zones:
        return []
    excluded = set(others)
    return [zone for zone in zones if zone not in excluded]
