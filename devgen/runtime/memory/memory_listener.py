"""Listeners: a host hears what changed in an address space, and nothing else.

Order within one commit, as in QEMU: ``begin``; what goes away (coalesced zones, logging, sections), told to the
listener of the highest priority first; what comes (sections, logging, coalesced zones), told to the lowest first;
doorbells, first those that go; ``commit``. Listeners are called under the machine's lock and may change the tree: that
is committed afterwards. They must not raise: a guest causes most commits; what fails in a host is the host's to log
and to bear.
"""

from __future__ import annotations

from collections.abc import Sequence

from devgen.runtime.memory.event_notifier import IoEventFd
from devgen.runtime.memory.flat_view import MemoryRegionSection, PlacedZone, Snapshot


class MemoryListener:
    """Override what you want to hear; every method does nothing by default."""

    priority: int = 0
    """Lower ones hear of additions first and of removals last."""

    def begin(self) -> None:
        """Changes follow."""

    def commit(self) -> None:
        """That was all: the view is as told."""

    def region_add(self, section: MemoryRegionSection) -> None:
        """A section has appeared."""

    def region_del(self, section: MemoryRegionSection) -> None:
        """A section, told before by `region_add`, has gone."""

    def log_start(self, section: MemoryRegionSection) -> None:
        """Writes to a section (told before) are to be logged."""

    def log_stop(self, section: MemoryRegionSection) -> None:
        """Writes to a section are no longer to be logged; also told before a logged section goes."""

    def log_sync(self, section: MemoryRegionSection) -> None:
        """Bring what was written since into the region's `RamBlock.mark_dirty`."""

    def log_global_start(self) -> None:
        """Writes to all memory are to be logged."""

    def log_global_stop(self) -> None:
        """Back to the sections told by `log_start`."""

    def eventfd_add(self, section: MemoryRegionSection, doorbell: IoEventFd) -> None:
        """A doorbell is in force at `doorbell_address` (section, doorbell)."""

    def eventfd_del(self, section: MemoryRegionSection, doorbell: IoEventFd) -> None:
        """A doorbell, told before with the same address, is no longer in force."""

    def coalesced_mmio_add(self, section: MemoryRegionSection, offset: int, size: int) -> None:
        """Writes to ``size`` bytes at absolute address ``offset`` may arrive late."""

    def coalesced_mmio_del(self, section: MemoryRegionSection, offset: int, size: int) -> None:
        """They may not any more."""


def doorbell_address(section: MemoryRegionSection, doorbell: IoEventFd) -> int:
    """The absolute address of a doorbell of the section's region."""
    return section.offset_within_address_space + doorbell.offset - section.offset_within_region


def announce(listeners: Sequence[MemoryListener], old: Snapshot, new: Snapshot) -> None:
    """Tell ``listeners`` (in ascending order of priority) the difference between two snapshots."""
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
    gone = set(others)
    return [zone for zone in zones if zone not in gone]
