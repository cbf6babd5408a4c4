"""Flat views: the tree of regions flattened into sorted sections that do not overlap.

Flattening costs O(n log n) in the number of regions. The tree is walked once, topmost region first; then a sweep over
the addresses selects at each address the region that the walk found first.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Final

from devgen.runtime.base.faults import RuntimeFault
from devgen.runtime.memory.event_notifier import IoEventFd
from devgen.runtime.memory.memory_region import MemoryRegion

ADDRESS_LIMIT: Final = 1 << 64
"""The last address plus 1."""


class DoorbellCollision(RuntimeFault):
    """Two doorbells at one address match the same write, which the kernel refuses with EEXIST.

    Both belong to one region: a guest that moves one BAR over another hides the other's doorbells, so these do not
    collide.
    """


@dataclass(slots=True, frozen=True)
class MemoryRegionSection:
    """A part of a region that is visible in an address space; all numbers are in bytes.

    ``readonly`` is True if the region, or an alias or container above it, is read-only; it applies to memory only.
    """

    region: MemoryRegion
    offset_within_region: int
    offset_within_address_space: int
    size: int
    readonly: bool

    @property
    def end(self) -> int:
        """The section's last address plus 1."""
        return self.offset_within_address_space + self.size


class FlatView:
    """The sections of an address space in ascending order of address."""

    __slots__ = ("_starts", "sections")

    def __init__(self, sections: Iterable[MemoryRegionSection] = ()) -> None:
        """``sections`` are sorted and do not overlap."""
        self.sections = tuple(sections)
        self._starts = [section.offset_within_address_space for section in self.sections]

    def find(self, address: int) -> MemoryRegionSection | None:
        """Return the section that contains ``address``, or None; O(log n)."""
        at = bisect_right(self._starts, address) - 1
        if at >= 0 and address < self.sections[at].end:
            return self.sections[at]
        return None

    def runs(self, address: int, size: int) -> Iterator[tuple[MemoryRegionSection | None, int, int]]:
        """Cut a range into (section or None, address, size), in order; the range wraps around at 2^64."""
        while size > 0:
            section = self.find(address)
            end = section.end if section is not None else self._next_start(address)
            length = min(size, end - address)
            yield section, address, length
            size -= length
            address = (address + length) % ADDRESS_LIMIT

    def _next_start(self, address: int) -> int:
        at = bisect_right(self._starts, address)
        return self._starts[at] if at < len(self._starts) else ADDRESS_LIMIT


@dataclass(slots=True, frozen=True)
class _Span:
    """The addresses of a region before covering by others; ``base`` is the address of the region's offset 0."""

    start: int
    end: int
    base: int
    region: MemoryRegion
    readonly: bool


def flatten(root: MemoryRegion) -> FlatView:
    """Return the flat view of the tree below ``root``."""
    spans = list(_spans(root))
    return FlatView(_merged(_swept(spans)))


def _spans(root: MemoryRegion) -> Iterator[_Span]:
    """Yield the regions that are not containers or aliases, topmost first.

    ``base`` may be negative, because an alias can start in the middle of its target.
    """
    todo: list[tuple[MemoryRegion, int, int, int, bool, bool]] = [(root, 0, 0, ADDRESS_LIMIT, False, False)]
    while todo:
        region, base, low, high, readonly, own = todo.pop()
        if own:
            yield _Span(low, high, base, region, readonly)
            continue
        low, high = max(low, base), min(high, base + region.size)
        if not region.enabled or low >= high:
            continue
        readonly = readonly or region.readonly
        if region.alias_target is not None:
            todo.append((region.alias_target, base - region.alias_offset, low, high, readonly, False))
            continue
        if region.kind != "container":
            todo.append((region, base, low, high, readonly, True))
        for below in reversed(region.subregions):
            todo.append((below, base + below.address, low, high, readonly, False))


def _swept(spans: list[_Span]) -> Iterator[tuple[int, int, _Span]]:
    """Yield (start, end, topmost span) in ascending order. A span's index is its rank; rank 0 is the topmost."""
    order = sorted(range(len(spans)), key=lambda rank: spans[rank].start)
    open_ranks: list[int] = []
    following = 0
    at = 0
    while following < len(order) or open_ranks:
        if not open_ranks:
            at = max(at, spans[order[following]].start)
        while following < len(order) and spans[order[following]].start <= at:
            heappush(open_ranks, order[following])
            following += 1
        top = spans[open_ranks[0]]
        if top.end <= at:
            heappop(open_ranks)
            continue
        stop = top.end
        if following < len(order):
            stop = min(stop, spans[order[following]].start)
        yield at, stop, top
        at = stop


def _merged(pieces: Iterable[tuple[int, int, _Span]]) -> Iterator[MemoryRegionSection]:
    """Merge neighbours that are adjacent parts of one region."""
    start = end = 0
    held: _Span | None = None
    for low, high, span in pieces:
        if held is not None and low == end and _continues(held, span):
            end = high
            continue
        if held is not None:
            yield _section(start, end, held)
        start, end, held = low, high, span
    if held is not None:
        yield _section(start, end, held)


def _continues(held: _Span, span: _Span) -> bool:
    return held is span or (held.region is span.region and held.base == span.base and held.readonly == span.readonly)


def _section(start: int, end: int, span: _Span) -> MemoryRegionSection:
    return MemoryRegionSection(span.region, start - span.base, start, end - start, span.readonly)


@dataclass(slots=True, frozen=True)
class PlacedDoorbell:
    """A doorbell at an absolute address."""

    address: int
    doorbell: IoEventFd


@dataclass(slots=True, frozen=True)
class PlacedZone:
    """A coalesced range at an absolute address, clipped to its section."""

    section: MemoryRegionSection
    address: int
    size: int


@dataclass(slots=True, frozen=True)
class Snapshot:
    """The state of an address space at one commit, as listeners are notified of it."""

    view: FlatView = field(default_factory=FlatView)
    logged: frozenset[MemoryRegionSection] = frozenset()
    doorbells: dict[PlacedDoorbell, MemoryRegionSection] = field(default_factory=dict)
    zones: tuple[PlacedZone, ...] = ()
    collisions: frozenset[tuple[PlacedDoorbell, PlacedDoorbell]] = frozenset()
    """Pairs (disabled doorbell, the doorbell that it collides with)."""


def take_snapshot(root: MemoryRegion, before: Snapshot) -> Snapshot:
    """Flatten ``root``. If doorbells collide, one that was active in ``before`` takes precedence."""
    view = flatten(root)
    doorbells, collisions = _place_doorbells(view, before)
    return Snapshot(
        view=view,
        logged=frozenset(section for section in view.sections if section.region.log_dirty),
        doorbells=doorbells,
        zones=tuple(zone for section in view.sections for zone in _zones(section)),
        collisions=frozenset(collisions),
    )


def _zones(section: MemoryRegionSection) -> Iterator[PlacedZone]:
    first = section.offset_within_region
    for offset, size in dict.fromkeys(section.region.coalesced):
        low, high = max(offset, first), min(offset + size, first + section.size)
        if low < high:
            yield PlacedZone(section, low - first + section.offset_within_address_space, high - low)


class _Claims:
    """The (length, match) pairs claimed at one address; the rule is the kernel's ioeventfd_check_collision()."""

    __slots__ = ("_taken",)

    def __init__(self) -> None:
        self._taken: dict[int, dict[int | None, PlacedDoorbell]] = {}

    def claim(self, placed: PlacedDoorbell) -> PlacedDoorbell | None:
        """Claim the doorbell's writes and return None, or return the doorbell that has claimed them already."""
        length, match = placed.doorbell.length, placed.doorbell.match
        holder = self._holder(length, match)
        if holder is None:
            self._taken.setdefault(length, {})[match] = placed
        return holder

    def _holder(self, length: int, match: int | None) -> PlacedDoorbell | None:
        if length == 0:
            others = [taken for taken in self._taken.values() if taken]
            return next(iter(others[0].values())) if others else None
        any_length = self._taken.get(0)
        if any_length:
            return next(iter(any_length.values()))
        same = self._taken.get(length)
        if not same:
            return None
        if match is None:
            return next(iter(same.values()))
        return same.get(match) or same.get(None)


def _place_doorbells(
    view: FlatView, before: Snapshot
) -> tuple[dict[PlacedDoorbell, MemoryRegionSection], list[tuple[PlacedDoorbell, PlacedDoorbell]]]:
    wanted = list(_wanted_doorbells(view))
    if before.doorbells:
        wanted.sort(key=lambda item: item[0] not in before.doorbells)
    claims: dict[int, _Claims] = {}
    granted: dict[PlacedDoorbell, MemoryRegionSection] = {}
    collisions: list[tuple[PlacedDoorbell, PlacedDoorbell]] = []
    for placed, section in wanted:
        holder = claims.setdefault(placed.address, _Claims()).claim(placed)
        if holder is None:
            granted[placed] = section
        else:
            collisions.append((placed, holder))
    return granted, collisions


def _wanted_doorbells(view: FlatView) -> Iterator[tuple[PlacedDoorbell, MemoryRegionSection]]:
    for section in view.sections:
        if not section.region.ioeventfds:
            continue
        first = section.offset_within_region
        for doorbell in section.region.ioeventfds:
            if first <= doorbell.offset < first + section.size:
                yield PlacedDoorbell(doorbell.offset - first + section.offset_within_address_space, doorbell), section
