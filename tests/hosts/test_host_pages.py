"""The arithmetic of the KVM host with pages of 4, 16 and 64 KiB, without a kernel that has them.

Source: Documentation/virt/kvm/api.rst 4.35 (KVM_SET_USER_MEMORY_REGION) and 4.8 (KVM_GET_DIRTY_LOG).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from devgen.hosts.kvm import memory_slots, vm
from devgen.hosts.kvm.memory_slots import MemorySlots
from devgen.hosts.kvm.vm import KvmVm
from devgen.runtime.memory.address_space import AddressSpace
from devgen.runtime.memory.memory_region import MemoryRegion
from devgen.runtime.memory.ram_block import PAGE_SIZE, RamBlock

KIB = 1024
AT = 0x4000_0000
PAGES = pytest.mark.parametrize("page", [4 * KIB, 16 * KIB, 64 * KIB])


@dataclass
class Kernel:
    """Takes slots as a kernel with pages of ``page`` bytes does, and refuses what that would refuse."""

    page: int
    slots: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    dirty: list[int] = field(default_factory=list)

    def capability(self, _number: int) -> int:
        return 32

    def set_memory(self, number: int, address: int, size: int, host: int, flags: int = 0) -> None:
        assert [value % self.page for value in (address, size)] == [0, 0]
        self.slots[number] = address, size, flags

    def dirty_log(self, number: int, size: int) -> bytes:
        assert self.slots[number][1] == size
        bitmap = bytearray(-(-(size // self.page) // 64) * 8)
        for index in self.dirty:
            bitmap[index // 8] |= 1 << index % 8
        return bytes(bitmap)


@pytest.fixture
def kernel(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Kernel:
    page = request.getfixturevalue("page")
    monkeypatch.setattr(memory_slots, "PAGE_SIZE", page)
    monkeypatch.setattr(vm, "PAGE_SIZE", page)
    return Kernel(page)


def mapped(kernel: Kernel, block: RamBlock, address: int = AT) -> tuple[AddressSpace, MemoryRegion]:
    space = AddressSpace("memory", MemoryRegion.container("root", 1 << 40))
    region = MemoryRegion.ram("ram", block.size, block)
    space.root.add_subregion(address, region)
    space.add_listener(MemorySlots(kernel))  # type: ignore[arg-type]
    return space, region


@PAGES
def test_a_slot_has_whole_pages(kernel: Kernel, page: int) -> None:
    """The part of a block from its second 4 KiB on, at an address with the same remainder."""
    block = RamBlock(4 * page + 4 * KIB)
    window = MemoryRegion.alias("window", MemoryRegion.ram("ram", block.size, block), 4 * KIB, 4 * page)
    space, _ = mapped(kernel, RamBlock(4 * page))
    space.root.add_subregion(2 * AT + 4 * KIB, window)
    wanted = (2 * AT + page, 3 * page, 0) if page > 4 * KIB else (2 * AT + page, 4 * page, 0)
    assert list(kernel.slots.values()) == [(AT, 4 * page, 0), wanted]


@PAGES
def test_memory_at_an_offset_that_is_no_page_gets_no_slot(kernel: Kernel, page: int) -> None:
    space, region = mapped(kernel, RamBlock(4 * page))
    before = len(kernel.slots)
    space.root.add_subregion(2 * AT, MemoryRegion.alias("window", region, page // 2, 2 * page))
    assert len(kernel.slots) == before


@PAGES
def test_a_dirty_page_of_the_host_is_all_of_its_pages_of_the_log(kernel: Kernel, page: int) -> None:
    block = RamBlock(4 * page)
    space, region = mapped(kernel, block)
    region.log_dirty = True
    kernel.dirty = [0, 2]
    space.sync_dirty_log()
    per_page = page // PAGE_SIZE
    wanted = [number * page + part * PAGE_SIZE for number in (0, 2) for part in range(per_page)]
    assert block.take_dirty() == wanted


@PAGES
def test_the_bitmap_has_a_bit_for_each_page(kernel: Kernel, page: int, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    machine = object.__new__(KvmVm)
    machine.fd = -1
    monkeypatch.setattr(vm, "control", lambda fd, call, argument, what: sizes.append(argument.slot))
    assert [len(machine.dirty_log(0, pages * page)) for pages in (1, 64, 65)] == [8, 8, 16]
    assert sizes == [0, 0, 0]
