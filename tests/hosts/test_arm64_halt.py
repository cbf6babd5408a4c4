"""How the KVM host finds that an arm64 processor waits for nothing: its code, through the guest's own page tables."""

from __future__ import annotations

import struct

import pytest

from devgen.hosts.kvm.arm64.idle_loop import find_idle_loop, is_masked
from devgen.hosts.kvm.arm64.stage1_walk import Stage1, translate

NOP, WFE, WFI, YIELD = 0xD503201F, 0xD503205F, 0xD503207F, 0xD503203F
ISB, DSB_SY, DMB_ISH = 0xD5033FDF, 0xD5033F9F, 0xD5033BBF
TO_ITSELF, BACK_1, BACK_2, FORWARD_2 = 0x14000000, 0x17FFFFFF, 0x17FFFFFE, 0x14000002
LOAD, COMPARE, SEND_EVENT = 0xB9400020, 0x34000040, 0xD503209F
CODE = 0x1000
OFF = Stage1(0, 0, 0, 0)


class Ram:
    """Words at physical addresses; where nothing was written there is no RAM."""

    def __init__(self) -> None:
        self.data: dict[int, bytes] = {}

    def put(self, address: int, *words: int, form: str = "<I") -> None:
        for word in words:
            self.data[address] = struct.pack(form, word)
            address += struct.calcsize(form)

    def read(self, address: int, size: int) -> bytes | None:
        data = self.data.get(address)
        return data if data is not None and len(data) == size else None


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ([TO_ITSELF], CODE),
        ([WFI, BACK_1], CODE),
        ([WFE, WFI, BACK_2], CODE),
        ([NOP, YIELD, WFI, TO_ITSELF], CODE + 12),
        ([FORWARD_2, LOAD, ISB, DSB_SY, DMB_ISH, BACK_1], CODE + 16),
        ([WFI, LOAD, BACK_2], None),
        ([WFI, COMPARE, BACK_2], None),
        ([SEND_EVENT, BACK_1], None),
        ([WFI], None),
        ([NOP] * 17 + [TO_ITSELF], None),
    ],
)
def test_a_loop_of_hints_barriers_and_branches_has_no_effect(words: list[int], found: int | None) -> None:
    ram = Ram()
    ram.put(CODE, *words)
    assert find_idle_loop(CODE, OFF, ram.read) == found


@pytest.mark.parametrize("first", [0, 4, 8])
def test_the_place_of_a_loop_is_the_same_from_each_of_its_instructions(first: int) -> None:
    ram = Ram()
    ram.put(CODE, WFE, WFI, BACK_2)
    assert find_idle_loop(CODE + first, OFF, ram.read) == CODE


@pytest.mark.parametrize(
    ("pstate", "masked"), [(0x3C5, True), (0x0C5, True), (0x085, False), (0x045, False), (0x005, False), (0x1D0, False)]
)
def test_both_kinds_of_interrupts_must_be_masked(pstate: int, masked: bool) -> None:
    assert is_masked(pstate) == masked


SIZE_AND_GRANULE = [
    pytest.param(48, 12, [39, 30, 21, 12], id="4-KiB-48-bits"),
    pytest.param(39, 12, [30, 21, 12], id="4-KiB-39-bits"),
    pytest.param(52, 12, [48, 39, 30, 21, 12], id="4-KiB-52-bits"),
    pytest.param(47, 14, [36, 25, 14], id="16-KiB-47-bits"),
    pytest.param(48, 14, [47, 36, 25, 14], id="16-KiB-48-bits"),
    pytest.param(52, 16, [42, 29, 16], id="64-KiB-52-bits"),
    pytest.param(42, 16, [29, 16], id="64-KiB-42-bits"),
]
LOW_GRANULES, HIGH_GRANULES = {12: 0, 14: 2, 16: 1}, {12: 2, 14: 1, 16: 3}
TABLE, PAGE, BLOCK = 3, 3, 1


def stage1(bits: int, granule: int) -> Stage1:
    fields = (64 - bits) | LOW_GRANULES[granule] << 14
    upper = (64 - bits) | HIGH_GRANULES[granule] << 14
    return Stage1(1, fields | upper << 16, 0x1000_0000, 0xABCD << 48 | 0x1000_0001)


def map_at(ram: Ram, address: int, bits: int, shifts: list[int], target: int, kind: int) -> None:
    """Tables at 0x10000000 and above, for the levels whose lowest address bits are ``shifts``."""
    table, left = 0x1000_0000, address & (1 << bits) - 1
    for number, shift in enumerate(shifts):
        last = number == len(shifts) - 1
        following = 0x1000_0000 + (number + 1) * 0x10_0000
        entry = 1 << 54 | target | kind if last else following | TABLE
        ram.put(table + 8 * (left >> shift), entry, form="<Q")
        table, left = following, left & (1 << shift) - 1


@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize(("bits", "granule", "shifts"), SIZE_AND_GRANULE)
def test_pages_are_found_through_all_levels(bits: int, granule: int, shifts: list[int], upper: bool) -> None:
    address = (((1 << 64) - (1 << bits)) if upper else 0) + 0x1_2345_6789
    ram = Ram()
    map_at(ram, address, bits, shifts, 0x4000_0000, PAGE)
    assert translate(stage1(bits, granule), address, ram.read) == 0x4000_0000 | address & (1 << granule) - 1
    assert translate(stage1(bits, granule), address + (1 << granule), ram.read) is None


def test_a_block_ends_the_walk_early() -> None:
    ram = Ram()
    map_at(ram, 0xFFFF_8000_0812_3456, 48, [39, 30, 21], 0x8000_0000, BLOCK)
    assert translate(stage1(48, 12), 0xFFFF_8000_0812_3456, ram.read) == 0x8012_3456


def test_a_last_entry_that_is_no_page_maps_nothing() -> None:
    ram = Ram()
    map_at(ram, 0x1234, 39, [30, 21, 12], 0x8000_0000, BLOCK)
    assert translate(stage1(39, 12), 0x1234, ram.read) is None


def test_a_half_without_a_table_maps_nothing() -> None:
    ram = Ram()
    map_at(ram, 0x1234, 39, [30, 21, 12], 0x8000_0000, PAGE)
    tables = stage1(39, 12)
    assert translate(Stage1(1, tables.tcr | 1 << 7, tables.ttbr0, tables.ttbr1), 0x1234, ram.read) is None


def test_without_an_mmu_an_address_is_physical() -> None:
    assert translate(OFF, 0x4000_1234, Ram().read) == 0x4000_1234
