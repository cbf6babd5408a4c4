"""RAM and ROM as memory slots of the kernel, and the dirty log."""

import pytest
from kvm_code import finish, load_eax, store32, store_eax
from kvm_parts import Recorder, Rig, rig

from devgen.hosts.kvm import KvmHost
from devgen.hosts.kvm.memory_slots import MemorySlots, SlotNumbers, dirty_pages
from devgen.runtime.memory.memory_region import MemoryRegion
from devgen.runtime.memory.ram_block import PAGE_SIZE, RamBlock

AT = 0xC0000000


def slots_of(host: KvmHost) -> MemorySlots:
    return next(listener for listener in host.listeners if isinstance(listener, MemorySlots))


def run(made: Rig, host: KvmHost) -> None:
    result = host.run(10)
    assert result.ok, result


def test_ram_needs_no_exit() -> None:
    made = rig(store32(AT, 0x12345678) + load_eax(AT) + store_eax(AT + 4) + finish(), mode="protected")
    block = RamBlock(0x2000)
    made.machine.memory.root.add_subregion(AT, MemoryRegion.ram("extra", 0x2000, block))
    with KvmHost(made.machine, count_exits=True) as host:
        run(made, host)
        assert bytes(block.view[:8]) == b"\x78\x56\x34\x12" * 2
        assert not [place for place in host.exits if place[0] == "mmio"]


def test_a_device_over_ram_cuts_the_slot_in_two() -> None:
    code = store32(AT + 0xFFC, 1) + store32(AT + 0x1000, 2) + store32(AT + 0x2000, 3) + finish()
    made = rig(code, mode="protected")
    block, ops = RamBlock(0x3000), Recorder()
    made.machine.memory.root.add_subregion(AT, MemoryRegion.ram("extra", 0x3000, block))
    made.map_mmio(AT + 0x1000, 0x1000, ops, priority=1)
    with KvmHost(made.machine) as host:
        run(made, host)
        sizes = {slot.address: slot.size for slot in slots_of(host).slots.values()}
    assert sizes[AT] == 0x1000
    assert sizes[AT + 0x2000] == 0x1000
    assert ops.log == [(0, 4, 2)]
    assert block.view[0xFFC] == 1
    assert block.view[0x2000] == 3


def test_memory_that_fills_no_page_is_served_by_exits() -> None:
    code = store32(AT + 0x10, 7) + store32(AT + 0x1000, 8) + load_eax(AT + 0x10) + store_eax(0x9000) + finish()
    made = rig(code, mode="protected")
    block, ops = RamBlock(0x2000), Recorder()
    made.machine.memory.root.add_subregion(AT, MemoryRegion.ram("extra", 0x2000, block))
    made.map_mmio(AT, 8, ops, priority=1)  # leaves 0xff8 bytes of the first page
    with KvmHost(made.machine, count_exits=True) as host:
        run(made, host)
        assert host.exits["mmio", AT + 0x10] == 2
        assert host.exits["mmio", AT + 0x1000] == 0
    assert (block.view[0x10], block.view[0x1000]) == (7, 8)
    assert made.machine.memory.read(0x9000, 4) == 7


def test_memory_at_an_unaligned_offset_is_served_by_exits() -> None:
    made = rig(store32(AT, 9) + finish(), mode="protected")
    block = RamBlock(0x3000)
    target = MemoryRegion.ram("extra", 0x3000, block)
    made.machine.memory.root.add_subregion(AT, MemoryRegion.alias("window", target, 0x804, 0x1000))
    with KvmHost(made.machine, count_exits=True) as host:
        run(made, host)
        assert host.exits["mmio", AT] == 1
    assert block.view[0x804] == 9


def test_unmapping_frees_the_slot_for_another() -> None:
    made = rig()
    region = MemoryRegion.ram("extra", 0x1000, RamBlock(0x1000))
    with KvmHost(made.machine) as host:
        before = {slot.number for slot in slots_of(host).slots.values()}
        for turn in range(20):
            made.machine.memory.root.add_subregion(AT + turn * 0x1000, region)
            assert len(slots_of(host).slots) == len(before) + 1
            assert max(slot.number for slot in slots_of(host).slots.values()) == len(before)
            made.machine.memory.root.del_subregion(region)


def test_slot_numbers_run_out_and_come_back() -> None:
    numbers = SlotNumbers(2)
    assert [numbers.take(), numbers.take(), numbers.take()] == [0, 1, None]
    numbers.give_back(0)
    assert [numbers.take(), numbers.take()] == [0, None]


def test_no_slot_left_means_exits_not_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    made = rig(store32(AT, 5) + finish(), mode="protected")
    block = RamBlock(0x1000)
    region = MemoryRegion.ram("extra", 0x1000, block)
    with KvmHost(made.machine, count_exits=True) as host:
        monkeypatch.setattr(slots_of(host), "_numbers", SlotNumbers(0))
        made.machine.memory.root.add_subregion(AT, region)
        run(made, host)
        assert host.exits["mmio", AT] == 1
    assert block.view[0] == 5


# --- the dirty log ---


def pages(block: RamBlock) -> list[int]:
    return [offset // PAGE_SIZE for offset in block.take_dirty()]


def test_writes_of_the_guest_show_in_the_dirty_log() -> None:
    made = rig(store32(AT + 0x1000, 1) + store32(AT + 0x5004, 1) + finish(), mode="protected")
    block = RamBlock(0x8000)
    region = MemoryRegion.ram("vram", 0x8000, block)
    region.log_dirty = True
    made.machine.memory.root.add_subregion(AT, region)
    with KvmHost(made.machine) as host:
        run(made, host)
        made.machine.memory.sync_dirty_log()
        assert pages(block) == [1, 5]
        made.machine.memory.sync_dirty_log()
        assert pages(block) == []


def test_logging_starts_and_stops_on_a_mapped_region() -> None:
    made = rig(store32(AT, 1) + finish(), mode="protected")
    block = RamBlock(0x2000)
    region = MemoryRegion.ram("vram", 0x2000, block)
    made.machine.memory.root.add_subregion(AT, region)
    with KvmHost(made.machine) as host:
        slot = next(slot for slot in slots_of(host).slots.values() if slot.memory is block)
        assert not slot.logged
        region.log_dirty = True
        assert slot.logged
        run(made, host)
        made.machine.memory.sync_dirty_log()
        assert pages(block) == [0]
        region.log_dirty = False
        assert not slot.logged


def test_unmapping_keeps_what_was_dirtied() -> None:
    made = rig(store32(AT + 0x1000, 1) + finish(), mode="protected")
    block = RamBlock(0x2000)
    region = MemoryRegion.ram("vram", 0x2000, block)
    region.log_dirty = True
    made.machine.memory.root.add_subregion(AT, region)
    with KvmHost(made.machine) as host:
        run(made, host)
        made.machine.memory.root.del_subregion(region)
        assert pages(block) == [1]


def test_all_memory_can_be_logged() -> None:
    made = rig(store32(0x9000, 1) + finish(), mode="protected")
    assert made.machine.ram is not None
    with KvmHost(made.machine) as host:
        made.machine.memory.set_global_log(True)
        run(made, host)
        made.machine.memory.sync_dirty_log()
        assert 9 in pages(made.machine.ram)
        made.machine.memory.set_global_log(False)
        assert all(slot.flags(False) == 0 for slot in slots_of(host).slots.values())


def test_a_devices_write_and_a_guests_write_are_in_one_log() -> None:
    made = rig(store32(AT, 1) + finish(), mode="protected")
    block = RamBlock(0x3000)
    region = MemoryRegion.ram("vram", 0x3000, block)
    region.log_dirty = True
    made.machine.memory.root.add_subregion(AT, region)
    with KvmHost(made.machine) as host:
        run(made, host)
        made.machine.memory.write_bytes(AT + 0x2000, b"dma")
        made.machine.memory.sync_dirty_log()
    assert pages(block) == [0, 2]


@pytest.mark.parametrize(
    ("bitmap", "expected"), [(b"", []), (b"\x01", [0]), (b"\x00\x80\x81", [15, 16, 23]), (bytes(8), [])]
)
def test_bits_of_the_bitmap(bitmap: bytes, expected: list[int]) -> None:
    assert list(dirty_pages(bitmap)) == expected
