"""What listeners hear, in which order, and that it is no more than what changed."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_kit import Rebuilder, bell, io, space_of

from devgen.runtime.memory.address_space import AddressSpace
from devgen.runtime.memory.event_notifier import IoEventFd
from devgen.runtime.memory.flat_view import DoorbellCollision, MemoryRegionSection
from devgen.runtime.memory.memory_listener import MemoryListener
from devgen.runtime.memory.memory_region import MemoryRegion, transaction
from devgen.runtime.memory.ram_block import RamBlock


def ram(name: str, size: int = 0x1000) -> MemoryRegion:
    return MemoryRegion.ram(name, size, RamBlock(size))


def test_only_what_changed_is_told() -> None:
    one, two = io("one", 16), io("two", 16)
    space = space_of((0, one), (16, two))
    listener = Rebuilder()
    space.add_listener(listener)
    assert listener.heard() == ["begin", "+one", "+two", "commit"]
    two.set_address(64)
    assert listener.heard() == ["begin", "-two", "+two", "commit"]
    one.set_enabled(False)
    assert listener.heard() == ["begin", "-one", "commit"]
    space.root.del_subregion(two)
    assert listener.heard() == ["begin", "-two", "commit"]


def test_a_transaction_is_told_once_and_nests() -> None:
    space = space_of()
    listener = Rebuilder()
    space.add_listener(listener)
    listener.heard()
    before = space.generation
    with transaction(space):
        with space.transaction():
            space.root.add_subregion(0, io("one", 16))
        assert listener.heard() == []
        space.root.add_subregion(16, io("two", 16))
    assert listener.heard() == ["begin", "+one", "+two", "commit"]
    assert space.generation == before + 1


def test_what_changes_back_is_not_told() -> None:
    one = io("one", 16)
    space = space_of((0, one))
    listener = Rebuilder()
    space.add_listener(listener)
    listener.heard()
    with transaction(one):
        one.set_enabled(False)
        one.set_enabled(True)
    assert listener.heard() == ["begin", "commit"]


def test_a_transaction_commits_when_its_body_fails() -> None:
    space = space_of()
    with pytest.raises(KeyError), transaction(space):
        space.root.add_subregion(0, io("one", 16))
        raise KeyError("body")
    assert [section.region.name for section in space.flat_view.sections] == ["one"]


def test_additions_rise_and_removals_fall_in_priority() -> None:
    order: list[str] = []

    class Named(MemoryListener):
        def __init__(self, name: str, priority: int) -> None:
            self.name, self.priority = name, priority

        def region_add(self, section: MemoryRegionSection) -> None:
            order.append(f"+{self.name}")

        def region_del(self, section: MemoryRegionSection) -> None:
            order.append(f"-{self.name}")

    space = space_of()
    for name, priority in (("high", 10), ("low", -10), ("mid", 0), ("mid2", 0)):
        space.add_listener(Named(name, priority))
    region = io("one", 16)
    space.root.add_subregion(0, region)
    space.root.del_subregion(region)
    assert order == ["+low", "+mid", "+mid2", "+high", "-high", "-mid2", "-mid", "-low"]


def test_two_address_spaces_each_hear_their_own() -> None:
    shared, alone = io("shared", 16), io("alone", 16)
    first, second = space_of((0, shared)), space_of((0, MemoryRegion.alias("alias", shared, 8, 8)), (32, alone))
    listeners = Rebuilder(), Rebuilder()
    first.add_listener(listeners[0])
    second.add_listener(listeners[1])
    for listener in listeners:
        listener.heard()
    alone.set_enabled(False)
    assert [listener.heard() for listener in listeners] == [[], ["begin", "-alone", "commit"]]
    shared.set_enabled(False)
    assert [listener.heard() for listener in listeners] == [["begin", "-shared", "commit"]] * 2


def test_a_removed_listener_hears_that_all_went() -> None:
    region = ram("ram")
    region.log_dirty = True
    region.ioeventfds.append(bell("ring", 0))
    region.coalesced.append((8, 8))
    space = space_of((0x1000, region))
    space.set_global_log(True)
    listener = Rebuilder()
    space.add_listener(listener)
    assert listener.global_log
    assert (listener.zones, set(listener.doorbells)) == ({(0x1008, 8)}, {(0x1000, "ring")})
    space.remove_listener(listener)
    assert not (listener.sections or listener.logged or listener.doorbells or listener.zones or listener.global_log)
    with pytest.raises(ValueError, match="not in list"):
        space.remove_listener(listener)


def test_logging_follows_the_region() -> None:
    region = ram("ram")
    space = space_of((0, region))
    listener = Rebuilder()
    space.add_listener(listener)
    listener.heard()
    region.log_dirty = True
    assert listener.heard() == ["begin", "log+ram", "commit"]
    region.set_address(0x4000)
    assert listener.heard() == ["begin", "log-ram", "-ram", "+ram", "log+ram", "commit"]
    space.sync_dirty_log()
    assert listener.heard() == ["sync ram"]
    region.log_dirty = False
    assert listener.heard() == ["begin", "log-ram", "commit"]
    space.sync_dirty_log()
    assert listener.heard() == []


def test_the_global_log_covers_memory_that_comes_later() -> None:
    space = space_of()
    space.set_global_log(True)
    region = ram("ram")
    space.root.add_subregion(0, region)
    space.write(0x10, 1, 4)
    assert region.memory is not None
    assert region.memory.take_dirty() == [0]
    space.set_global_log(False)
    space.write(0x10, 1, 4)
    assert region.memory.take_dirty() == []


def test_doorbells_and_zones_follow_a_move() -> None:
    region = io("card", 0x100)
    region.ioeventfds.append(bell("ring", 0x40))
    region.coalesced.append((0x80, 0x100))
    space = space_of((0x1000, region))
    listener = Rebuilder()
    space.add_listener(listener)
    listener.heard()
    region.set_address(0x2000)
    assert listener.heard() == [
        *["begin", "zone-0x1080", "-card", "+card", "zone+0x2080", "bell-ring", "bell+ring", "commit"],
    ]
    assert listener.zones == {(0x2080, 0x80)}
    region.clear_coalesced()
    assert listener.heard() == ["begin", "zone-0x2080", "commit"]


def test_a_covered_doorbell_is_not_in_force() -> None:
    region = io("card", 0x100)
    region.ioeventfds.append(bell("ring", 0x40))
    space = space_of((0, region))
    listener = Rebuilder()
    space.add_listener(listener)
    cover = io("cover", 4)
    space.root.add_subregion(0x40, cover, 1)
    assert not listener.doorbells
    cover.set_enabled(False)
    assert set(listener.doorbells) == {(0x40, "ring")}


def test_the_place_of_a_doorbell_is_given_up_before_another_takes_it() -> None:
    first, second = io("a", 16), io("b", 16)
    first.ioeventfds.append(bell("first", 0))
    second.ioeventfds.append(bell("second", 0))
    space = space_of((0, first), (16, second))
    listener = Rebuilder()
    space.add_listener(listener)
    listener.heard()
    with transaction(space):
        first.set_address(32)
        second.set_address(0)
    said = [each for each in listener.heard() if each.startswith("bell")]
    assert said == ["bell-first", "bell-second", "bell+second", "bell+first"]


class TestCollisions:
    """Two doorbells at one address that the kernel would answer with EEXIST."""

    @pytest.mark.parametrize(
        ("one", "two", "collide"),
        [
            ((4, None), (4, None), True),
            ((4, 1), (4, 1), True),
            ((4, 1), (4, None), True),
            ((4, None), (4, 1), True),
            ((0, None), (2, 7), True),
            ((2, 7), (0, None), True),
            ((0, None), (0, None), True),
            ((4, 1), (4, 2), False),
            ((4, None), (2, None), False),
            ((4, 1), (2, 1), False),
        ],
    )
    def test_rule_is_the_kernels(self, one: tuple[int, int | None], two: tuple[int, int | None], collide: bool) -> None:
        region = io("card", 16)
        region.ioeventfds.extend((bell("one", 8, *one), bell("two", 8, *two)))
        root = MemoryRegion.container("root", 64)
        space = AddressSpace("test", root)
        if collide:
            with pytest.raises(DoorbellCollision, match=r"test: doorbell 'two' at 0x8 collides with 'one'"):
                root.add_subregion(0, region)
        else:
            root.add_subregion(0, region)
        assert len(space.collisions) == collide

    def space(self) -> tuple[AddressSpace, MemoryRegion, Rebuilder]:
        first, second = io("a", 16), io("b", 16)
        first.ioeventfds.append(bell("first", 0))
        second.ioeventfds.append(bell("second", 0))
        space = space_of((16, first), (32, second))
        listener = Rebuilder()
        space.add_listener(listener)
        return space, second, listener

    def test_leave_the_address_space_whole(self) -> None:
        space, second, listener = self.space()
        blind = MemoryRegion.alias("window", second, 0, 16)
        with pytest.raises(DoorbellCollision):
            second.add_ioeventfd(bell("twin", 0))
        space.root.add_subregion(64, io("more", 16))
        assert {name for _, name in listener.doorbells} == {"first", "second"}
        assert space.read(64, 1) == 0
        del blind

    def test_by_a_guest_are_logged_and_the_first_one_stays(self, caplog: pytest.LogCaptureFixture) -> None:
        first, second = io("a", 16), io("b", 16)
        rung: list[str] = []
        first.ioeventfds.append(bell("first", 8, rung=rung))
        second.ioeventfds.append(bell("second", 0, rung=rung))
        window = MemoryRegion.container("window", 64)
        window.add_subregion(0, first)
        window.add_subregion(32, second)
        space = AddressSpace("test", window)
        first_half = MemoryRegion.alias("half", first, 8, 8)
        with caplog.at_level(logging.WARNING, "devgen.access"), transaction(space, guest=True):
            second.add_ioeventfd(bell("rival", 0, rung=rung))
        assert "'rival' at 0x20 collides with 'second', which was added first and stays" in caplog.text
        space.write(32, 1, 4)
        assert rung == ["second"]
        caplog.clear()
        with caplog.at_level(logging.WARNING, "devgen.access"):
            window.add_subregion(60, first_half)
        assert caplog.text == ""

    def test_end_when_the_first_one_goes(self) -> None:
        region = io("card", 16)
        one, two = bell("one", 0), bell("two", 0)
        region.ioeventfds.append(one)
        space = space_of((0, region))
        listener = Rebuilder()
        space.add_listener(listener)
        with transaction(space, guest=True):
            region.add_ioeventfd(two)
        assert set(listener.doorbells) == {(0, "one")}
        region.del_ioeventfd(one)
        assert set(listener.doorbells) == {(0, "two")}
        assert not space.collisions


bells = st.lists(st.tuples(st.integers(0, 3), st.sampled_from([(0, None), (1, None), (1, 5), (4, None), (4, 5)])))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 12), bells), max_size=8))
def test_doorbells_told_are_the_ones_in_force_and_never_collide(moves: list[tuple[int, int, list[object]]]) -> None:
    regions = io("a", 8), io("b", 8)
    space = space_of((0, regions[0]), (8, regions[1]))
    listener = Rebuilder()
    space.add_listener(listener)
    for number, (which, address, wanted) in enumerate(moves):
        with transaction(space, guest=True):
            regions[which].set_address(address)
            for n, (offset, (length, match)) in enumerate(wanted):  # type: ignore[misc]
                regions[which].add_ioeventfd(bell(f"{number}.{n}", offset, length, match))
        held: dict[int, list[IoEventFd]] = {}
        for (at, _), doorbell in listener.doorbells.items():
            held.setdefault(at, []).append(doorbell)
        for at, there in held.items():
            section = space.flat_view.find(at)
            assert section is not None
            for n, one in enumerate(there):
                assert one in section.region.ioeventfds
                for other in there[:n]:
                    assert one.length and other.length
                    assert one.length != other.length or (
                        one.match != other.match and None not in (one.match, other.match)
                    )


def test_a_listener_may_change_the_tree() -> None:
    space = space_of((0, io("one", 16)))
    extra = io("extra", 16)

    class Meddler(MemoryListener):
        def region_add(self, section: MemoryRegionSection) -> None:
            if section.region.name == "two":
                space.root.add_subregion(64, extra)

    listener = Rebuilder(priority=5)
    space.add_listener(Meddler())
    space.add_listener(listener)
    listener.heard()
    space.root.add_subregion(16, io("two", 16))
    assert listener.heard() == ["begin", "+two", "commit", "begin", "+extra", "commit"]


def test_listeners_that_never_rest_are_stopped() -> None:
    flicker = io("flicker", 16)
    space = space_of((0, flicker))

    class Toggler(MemoryListener):
        def commit(self) -> None:
            flicker.set_enabled(not flicker.enabled)

    with pytest.raises(RuntimeError, match="keep changing"):
        space.add_listener(Toggler())
