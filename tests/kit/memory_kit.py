"""What the tests of the memory core share: recording listeners, plain ops, small builders."""

from __future__ import annotations

import time
from collections.abc import Callable

from devgen.runtime.memory.access import Access, CutOps
from devgen.runtime.memory.address_space import AddressSpace
from devgen.runtime.memory.event_notifier import EventNotifier, IoEventFd
from devgen.runtime.memory.flat_view import MemoryRegionSection
from devgen.runtime.memory.memory_listener import MemoryListener, doorbell_address
from devgen.runtime.memory.memory_region import MemoryRegion


class Rebuilder(MemoryListener):
    """Keeps what it is told, and fails when it is told nonsense: a second add, a removal of what is not there."""

    def __init__(self, priority: int = 0) -> None:
        self.priority = priority
        self.sections: set[MemoryRegionSection] = set()
        self.logged: set[MemoryRegionSection] = set()
        self.doorbells: dict[tuple[int, str], IoEventFd] = {}
        self.zones: set[tuple[int, int]] = set()
        self.global_log = False
        self.said: list[str] = []

    def begin(self) -> None:
        self.said.append("begin")

    def commit(self) -> None:
        self.said.append("commit")

    def region_add(self, section: MemoryRegionSection) -> None:
        assert section not in self.sections
        overlaps = [
            s
            for s in self.sections
            if s.offset_within_address_space < section.end and section.offset_within_address_space < s.end
        ]
        assert not overlaps
        self.sections.add(section)
        self.said.append(f"+{section.region.name}")

    def region_del(self, section: MemoryRegionSection) -> None:
        self.sections.remove(section)
        assert section not in self.logged
        self.said.append(f"-{section.region.name}")

    def log_start(self, section: MemoryRegionSection) -> None:
        assert section in self.sections
        self.logged.add(section)
        self.said.append(f"log+{section.region.name}")

    def log_stop(self, section: MemoryRegionSection) -> None:
        self.logged.remove(section)
        self.said.append(f"log-{section.region.name}")

    def log_sync(self, section: MemoryRegionSection) -> None:
        self.said.append(f"sync {section.region.name}")

    def log_global_start(self) -> None:
        self.global_log = True

    def log_global_stop(self) -> None:
        self.global_log = False

    def eventfd_add(self, section: MemoryRegionSection, doorbell: IoEventFd) -> None:
        key = (doorbell_address(section, doorbell), doorbell.name)
        assert key not in self.doorbells
        self.doorbells[key] = doorbell
        self.said.append(f"bell+{doorbell.name}")

    def eventfd_del(self, section: MemoryRegionSection, doorbell: IoEventFd) -> None:
        del self.doorbells[doorbell_address(section, doorbell), doorbell.name]
        self.said.append(f"bell-{doorbell.name}")

    def coalesced_mmio_add(self, section: MemoryRegionSection, offset: int, size: int) -> None:
        self.zones.add((offset, size))
        self.said.append(f"zone+{offset:#x}")

    def coalesced_mmio_del(self, section: MemoryRegionSection, offset: int, size: int) -> None:
        self.zones.remove((offset, size))
        self.said.append(f"zone-{offset:#x}")

    def heard(self) -> list[str]:
        """What was said since the last call."""
        said, self.said = self.said, []
        return said


class Recorder:
    """An I/O device that answers the low bits of the offset and keeps every access."""

    def __init__(self, access: Access | None = None) -> None:
        self.log: list[tuple[str, int, int, int]] = []
        self.ops = CutOps(self._read, self._write, access)

    def _read(self, offset: int, size: int) -> int:
        self.log.append(("r", offset, size, 0))
        return int.from_bytes(bytes((offset + n) & 0xFF for n in range(size)), "little")

    def _write(self, offset: int, value: int, size: int) -> None:
        self.log.append(("w", offset, size, value))


def io(name: str, size: int, access: Access | None = None) -> MemoryRegion:
    """A region with a Recorder of its own."""
    return MemoryRegion.io(name, size, Recorder(access).ops)


def space_of(*placed: tuple[int, MemoryRegion], size: int = 1 << 64) -> AddressSpace:
    """An address space with regions at addresses."""
    root = MemoryRegion.container("root", size)
    for offset, region in placed:
        root.add_subregion(offset, region)
    return AddressSpace("test", root)


def loaded(load: Callable[[], int], times: int) -> set[int]:
    """What ``load`` gives while another writes two values in turn: ``times`` loads, more until both have been seen.

    On a busy machine the other may not run for a while; after 30 s this gives up.
    """
    seen = {load() for _ in range(times)}
    end = time.monotonic() + 30
    while len(seen) < 2 and time.monotonic() < end:
        time.sleep(0.001)
        seen.update(load() for _ in range(100))
    return seen


def bell(name: str, offset: int, length: int = 4, match: int | None = None, rung: list[str] | None = None) -> IoEventFd:
    """A doorbell that appends its name to ``rung``."""
    rings = rung if rung is not None else []
    return IoEventFd(offset, length, match, EventNotifier(), lambda count: rings.append(name), name)
