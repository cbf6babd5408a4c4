"""The flat view against a painter that looks at every byte on its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_kit import Rebuilder, io, space_of

from devgen.runtime.memory.address_space import AddressSpace
from devgen.runtime.memory.flat_view import flatten
from devgen.runtime.memory.memory_region import MemoryRegion, transaction
from devgen.runtime.memory.ram_block import RamBlock

SPACE = 48


@dataclass
class Model:
    """The tree once more, without the runtime's own order of subregions."""

    root: MemoryRegion
    children: dict[MemoryRegion, list[tuple[int, int, MemoryRegion]]] = field(default_factory=dict)
    clock: int = 0

    def add(self, parent: MemoryRegion, child: MemoryRegion, priority: int) -> None:
        self.clock += 1
        self.children.setdefault(parent, []).append((priority, self.clock, child))

    def remove(self, parent: MemoryRegion, child: MemoryRegion) -> int:
        entry = next(e for e in self.children[parent] if e[2] is child)
        self.children[parent].remove(entry)
        return entry[0]

    def shows(self, region: MemoryRegion, offset: int, readonly: bool) -> tuple[MemoryRegion, int, bool] | None:
        """What a reader of one byte meets: topmost first, highest priority, then the latest."""
        if not region.enabled or not 0 <= offset < region.size:
            return None
        readonly = readonly or region.readonly
        if region.alias_target is not None:
            return self.shows(region.alias_target, offset + region.alias_offset, readonly)
        for _, _, child in sorted(self.children.get(region, []), key=lambda e: e[:2], reverse=True):
            found = self.shows(child, offset - child.address, readonly)
            if found is not None:
                return found
        return None if region.kind == "container" else (region, offset, readonly)

    def painted(self) -> list[tuple[MemoryRegion, int, bool] | None]:
        return [self.shows(self.root, address, False) for address in range(SPACE)]


def painted(space: AddressSpace) -> list[tuple[MemoryRegion, int, bool] | None]:
    bytes_: list[tuple[MemoryRegion, int, bool] | None] = [None] * SPACE
    for section in space.flat_view.sections:
        for n in range(section.size):
            at = section.offset_within_address_space + n
            assert bytes_[at] is None
            bytes_[at] = (section.region, section.offset_within_region + n, section.readonly)
    return bytes_


small = st.integers(0, SPACE)
change = st.one_of(
    st.tuples(
        st.just("add"),
        st.sampled_from(["container", "io", "ram", "rom", "alias"]),
        st.integers(0, 50),
        small,
        st.integers(1, SPACE),
        st.integers(-1, 1),
        st.integers(0, 50),
        small,
    ),
    st.tuples(st.just("enable"), st.integers(0, 50), st.booleans()),
    st.tuples(st.just("move"), st.integers(0, 50), small),
    st.tuples(st.just("remove"), st.integers(0, 50)),
    st.tuples(st.just("log"), st.integers(0, 50), st.booleans()),
)


class Tree:
    """Applies a change to the runtime's tree and to the model."""

    def __init__(self) -> None:
        root = MemoryRegion.container("root", SPACE)
        self.block = RamBlock(SPACE)
        self.regions = [root]
        self.model = Model(root)
        self.space = AddressSpace("test", root)

    def apply(self, what: tuple[Any, ...]) -> None:
        kind, *arguments = what
        getattr(self, kind)(*arguments)

    def pick(self, number: int) -> MemoryRegion:
        return self.regions[number % len(self.regions)]

    def make(self, kind: str, size: int, target: int, alias_offset: int) -> MemoryRegion:
        name = f"r{len(self.regions)}"
        match kind:
            case "container":
                return MemoryRegion.container(name, size)
            case "io":
                return io(name, size)
            case "ram":
                return MemoryRegion.ram(name, size, self.block)
            case "rom":
                return MemoryRegion.rom(name, size, self.block)
        return MemoryRegion.alias(name, self.pick(target), alias_offset, size)

    def add(self, kind: str, parent: int, offset: int, size: int, priority: int, target: int, alias: int) -> None:
        region, container = self.make(kind, size, target, alias), self.pick(parent)
        try:
            container.add_subregion(offset, region, priority)
        except ValueError:
            return
        self.regions.append(region)
        self.model.add(container, region, priority)

    def enable(self, number: int, on: bool) -> None:
        self.pick(number).set_enabled(on)

    def move(self, number: int, offset: int) -> None:
        region = self.pick(number)
        moved = region.parent is not None and region.address != offset
        if region.parent is not None:
            region.set_address(offset)
        if moved and region.parent is not None:
            priority = self.model.remove(region.parent, region)
            self.model.add(region.parent, region, priority)

    def remove(self, number: int) -> None:
        region = self.pick(number)
        if region.parent is not None:
            parent = region.parent
            parent.del_subregion(region)
            self.model.remove(parent, region)
            self.regions.remove(region)

    def log(self, number: int, on: bool) -> None:
        self.pick(number).log_dirty = on


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(change, max_size=4), max_size=12))
def test_view_and_listeners_follow_any_change(rounds: list[list[tuple[Any, ...]]]) -> None:
    tree = Tree()
    listener = Rebuilder()
    tree.space.add_listener(listener)
    for changes in rounds:
        with transaction(tree.space):
            for what in changes:
                tree.apply(what)
        assert painted(tree.space) == tree.model.painted()
        assert listener.sections == set(tree.space.flat_view.sections)
        assert listener.logged == {s for s in listener.sections if s.region.log_dirty}
    late = Rebuilder()
    tree.space.add_listener(late)
    assert (late.sections, late.logged) == (listener.sections, listener.logged)
    tree.space.remove_listener(listener)
    assert not listener.sections
    assert not listener.logged


@settings(max_examples=100, deadline=None)
@given(st.lists(change, max_size=25), st.integers(0, SPACE - 1), st.integers(0, 8))
def test_runs_cover_a_range_in_order(changes: list[tuple[Any, ...]], address: int, size: int) -> None:
    tree = Tree()
    for what in changes:
        tree.apply(what)
    at = address
    for section, start, length in tree.space.flat_view.runs(address, size):
        assert start == at
        assert tree.space.flat_view.find(start) is section
        assert tree.space.flat_view.find(start + length - 1) is section
        at += length
    assert at == address + size


def test_neighbours_of_one_region_are_one_section() -> None:
    block = RamBlock(0x3000)
    ram = MemoryRegion.ram("ram", 0x3000, block)
    root = MemoryRegion.container("root", 0x3000)
    for at in (0x2000, 0x0000, 0x1000):
        root.add_subregion(at, MemoryRegion.alias(f"part{at}", ram, at, 0x1000))
    (section,) = flatten(root).sections
    assert (section.region, section.offset_within_region, section.size) == (ram, 0, 0x3000)


def test_a_read_only_alias_is_not_joined_to_a_writable_one() -> None:
    ram = MemoryRegion.ram("ram", 0x2000, RamBlock(0x2000))
    root = MemoryRegion.container("root", 0x2000)
    shadow = MemoryRegion.alias("shadow", ram, 0x1000, 0x1000)
    shadow.readonly = True
    root.add_subregion(0, MemoryRegion.alias("low", ram, 0, 0x1000))
    root.add_subregion(0x1000, shadow)
    assert [section.readonly for section in flatten(root).sections] == [False, True]


def test_later_of_equal_priority_covers() -> None:
    space = space_of((0, io("first", 8)), (4, io("second", 8)))
    shown = [(s.offset_within_address_space, s.region.name) for s in space.flat_view.sections]
    assert shown == [(0, "first"), (4, "second")]
    space = space_of((4, io("first", 8)), (0, io("second", 8)))
    assert [s.region.name for s in space.flat_view.sections] == ["second", "first"]


def test_a_whole_address_space_wraps() -> None:
    space = space_of((0, io("low", 16)), ((1 << 64) - 16, io("high", 16)))
    runs = [(s.region.name if s else None, start, n) for s, start, n in space.flat_view.runs((1 << 64) - 2, 4)]
    assert runs == [("high", (1 << 64) - 2, 2), ("low", 0, 2)]


@pytest.mark.parametrize("count", [3000])
def test_thousands_of_regions(count: int) -> None:
    root = MemoryRegion.container("root", 1 << 40)
    background = MemoryRegion.ram("ram", 1 << 30, RamBlock(1 << 30))
    root.add_subregion(0, background, -1)
    for n in range(count):
        root.add_subregion(n * 0x2000, io(f"d{n}", 0x1000))
    sections = flatten(root).sections
    assert len(sections) == 2 * count
    assert sum(s.size for s in sections if s.region is background) == (1 << 30) - count * 0x1000
