"""The tree's own rules, RAM blocks, and lines, notifiers and the access log."""

from __future__ import annotations

import gc
import weakref

import pytest
from memory_kit import bell, io, space_of

from devgen.runtime.memory.address_space import AddressSpace
from devgen.runtime.memory.memory_region import MemoryRegion
from devgen.runtime.memory.ram_block import RamBlock


def box(name: str = "box", size: int = 64) -> MemoryRegion:
    return MemoryRegion.container(name, size)


def test_a_region_hangs_in_one_container() -> None:
    region = io("one", 8)
    box().add_subregion(0, region)
    with pytest.raises(ValueError, match="is in 'box' already"):
        box("other").add_subregion(0, region)


def test_a_region_cannot_contain_itself() -> None:
    outer, inner = box("outer"), box("inner")
    outer.add_subregion(0, inner)
    inner.add_subregion(0, MemoryRegion.alias("far", box("elsewhere"), 0, 8))
    for loop in (MemoryRegion.alias("loop", outer, 0, 8), outer):
        with pytest.raises(ValueError, match="contain itself"):
            inner.add_subregion(0, loop)


@pytest.mark.parametrize("size", [0, -1, (1 << 64) + 1])
def test_impossible_sizes(size: int) -> None:
    with pytest.raises(ValueError, match="size"):
        box(size=size)


def test_other_refusals() -> None:
    alias = MemoryRegion.alias("alias", box(), 0, 8)
    with pytest.raises(ValueError, match="is an alias"):
        alias.add_subregion(0, io("one", 8))
    with pytest.raises(ValueError, match="negative"):
        MemoryRegion.alias("alias", box(), -1, 8)
    with pytest.raises(ValueError, match="negative"):
        box().add_subregion(-1, io("one", 8))
    with pytest.raises(ValueError, match="negative"):
        io("one", 8).set_address(-1)
    with pytest.raises(ValueError, match="is not in"):
        box().del_subregion(io("one", 8))
    with pytest.raises(ValueError, match="RAM block"):
        MemoryRegion.ram("ram", 0x2000, RamBlock(0x1000))
    with pytest.raises(ValueError, match="RAM block"):
        RamBlock(0)


def test_a_removed_region_can_be_put_elsewhere() -> None:
    region, first, second = io("one", 8), box("first"), box("second")
    first.add_subregion(0, region)
    first.del_subregion(region)
    second.add_subregion(8, region)
    assert (region.parent, region.address, first.subregions) == (second, 8, [])


def test_dropped_aliases_and_spaces_leave_nothing_behind() -> None:
    root = box()
    space = AddressSpace("test", root)
    alias = MemoryRegion.alias("alias", root, 0, 8)
    gone = weakref.ref(space), weakref.ref(alias)
    del space, alias
    gc.collect()
    assert [ref() for ref in gone] == [None, None]
    assert root.address_spaces() == []


def test_a_region_knows_the_spaces_it_is_seen_in() -> None:
    region = io("one", 8)
    direct = space_of((0, region))
    aliased = space_of((0, MemoryRegion.alias("alias", region, 0, 8)))
    assert set(region.address_spaces()) == {direct, aliased}


def test_a_ram_block_is_zeroed_aligned_and_of_its_size() -> None:
    block = RamBlock(5000)
    assert len(block.view) == 5000
    assert not any(block.view)
    assert block.address % 4096 == 0
    block.close()
    block.close()


def test_a_ram_block_closes_with_views_about() -> None:
    block = RamBlock(4096)
    kept = block.view[10:20]
    block.close()
    assert bytes(kept) == bytes(10)


def test_dirty_pages() -> None:
    block = RamBlock(0x5800)
    block.mark_dirty(0, 1)
    assert block.take_dirty() == []
    block.start_log("one")
    block.start_log("other")
    block.mark_dirty(0xFFF, 2)
    block.mark_dirty(0x5000, 1 << 40)
    block.mark_dirty(0x3000, 0)
    assert block.take_dirty(0x1000, 0x1000) == [0x1000]
    assert block.take_dirty() == [0, 0x5000]
    block.stop_log("one")
    assert block.logging
    block.stop_log("other")
    assert not block.logging


def test_regions_are_recognized_in_failures() -> None:
    assert repr(io("one", 8)) == "<MemoryRegion 'one' io size=0x8>"
    assert bell("ring", 0).name == "ring"
