"""Counts how often a guest accesses each region of each device.

An access that is counted has left the guest: under KVM it was an exit, a write in the coalesced ring, or a signal of an
ioeventfd (a doorbell). RAM and ROM are memory slots, and are not counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from devgen.runtime.memory.access_dispatch import Dispatch
from devgen.runtime.memory.event_notifier import IoEventFd
from devgen.runtime.memory.memory_region import MemoryRegion
from devgen.runtime.observe.access_names import observed_regions
from devgen.runtime.observe.attachment import Attachment
from devgen.runtime.observe.observable import Observable

NO_DEVICE: Final = "(no device)"
"""The device of accesses to addresses without a region; their region is the address space."""


@dataclass(slots=True)
class AccessCount:
    """The accesses of one region of a device, or of PCI configuration space (``cfg``), so far.

    ``doorbells``: signals of the region's doorbells; KVM may join several into one.
    """

    device: str
    region: str
    reads: int = 0
    writes: int = 0
    doorbells: int = 0

    @property
    def total(self) -> int:
        """All accesses."""
        return self.reads + self.writes + self.doorbells

    def before(self, write: bool, _offset: int, _size: int, _value: int) -> None:
        """See AccessObserver."""
        if write:
            self.writes += 1
        else:
            self.reads += 1

    def after(self, write: bool, offset: int, size: int, value: int) -> None:
        """See AccessObserver."""


class AccessCounts:
    """Counts the accesses of all devices of ``scene``, from construction to ``close()``.

    ``spaces``: address spaces whose accesses without a region are counted too.
    """

    def __init__(self, scene: Observable, spaces: Sequence[Dispatch] = ()) -> None:
        self._scene = scene
        self._counts: dict[tuple[str, str], AccessCount] = {}
        with scene.lock:
            self._spaces = [(space, space.unassigned_reads, space.unassigned_writes) for space in spaces]
            self._attachment = Attachment(scene)
            for device in scene.devices.values():
                regions = observed_regions(device).values()
                self._attachment.accesses(device, partial(self._count, device.name))
                self._attachment.doorbells(device, partial(self._rung, device.name, _doorbells(regions)))

    def _count(self, device: str, region: str) -> AccessCount:
        return self._counts.setdefault((device, region), AccessCount(device, region))

    def _rung(self, device: str, regions: dict[str, str], doorbell: IoEventFd, _count: int) -> None:
        self._count(device, regions[doorbell.name]).doorbells += 1

    def counts(self) -> tuple[AccessCount, ...]:
        """Return a copy of the counts of the regions that were accessed, the greatest first."""
        with self._scene.lock:
            found = [replace(count) for count in (*self._counts.values(), *self._unassigned()) if count.total]
        return tuple(sorted(found, key=lambda count: (-count.total, count.device, count.region)))

    def _unassigned(self) -> list[AccessCount]:
        return [
            AccessCount(NO_DEVICE, space.name, space.unassigned_reads - reads, space.unassigned_writes - writes)
            for space, reads, writes in self._spaces
        ]

    def close(self) -> None:
        """Stop counting. May be called again."""
        with self._scene.lock:
            self._attachment.detach()

    def __enter__(self) -> AccessCounts:
        """Use as a context that stops counting."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop counting."""
        self.close()


def _doorbells(regions: Iterable[MemoryRegion]) -> dict[str, str]:
    """Return the region of each doorbell, by its name."""
    return {doorbell.name: region.name for region in regions for doorbell in region.ioeventfds}
