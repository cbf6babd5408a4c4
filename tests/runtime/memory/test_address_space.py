"""Single accesses, DMA, doorbells on hosts without a kernel, and what a hostile guest can do."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_kit import Recorder, bell, io, space_of

from devgen.runtime.memory import address_space as module
from devgen.runtime.memory import resolved_accesses
from devgen.runtime.memory.access import Access, CutOps
from devgen.runtime.memory.address_space import AddressSpace
from devgen.runtime.memory.memory_region import MemoryRegion, transaction
from devgen.runtime.memory.ram_block import RamBlock
from devgen.runtime.memory.register_bank import Reg, RegisterBank

TOP = 1 << 64


class Device:
    def __init__(self) -> None:
        self.R = 0x11223344

    def read_R(self) -> int:
        return self.R

    def write_R(self, value: int, mask: int = 0xFFFFFFFF) -> None:
        self.R = self.R & ~mask | value


def registers(dut: Device, offset: int = 4) -> MemoryRegion:
    bank = RegisterBank(
        "bank", 0x100, registers=(Reg("R", offset, 32, dut.read_R, dut.write_R, write_mask=True),), log=lambda _: None
    )
    return MemoryRegion.io("bank", 0x100, bank)


def test_a_register_resolves_to_the_devices_method_whatever_is_mapped() -> None:
    dut = Device()
    space = space_of(*((n * 0x1000, io(f"d{n}", 0x100)) for n in range(200)), (0x500000, registers(dut)))
    assert space.read(0x500004, 4) == 0x11223344
    assert space.reader(0x500004, 4) == dut.read_R
    space.write(0x500004, 0xAABBCCDD, 4)
    assert space.writer(0x500004, 4) == dut.write_R
    assert dut.R == 0xAABBCCDD


def test_values_are_cut_to_their_size() -> None:
    dut = Device()
    space = space_of((0, registers(dut)))
    for value in (-1, 1 << 70 | 0xFFFFFFFF):
        space.write(4, 0, 4)
        space.write(4, value, 4)
        assert dut.R == 0xFFFFFFFF


def test_unassigned_reads_ones_and_is_counted() -> None:
    space = space_of()
    assert [space.read(0x1000, size) for size in (1, 2, 4, 8)] == [0xFF, 0xFFFF, 0xFFFFFFFF, TOP - 1]
    space.write(0x1000, 1, 4)
    assert (space.unassigned_reads, space.unassigned_writes) == (4, 1)
    assert AddressSpace("zeros", MemoryRegion.container("c", 1), "zeros").read(0, 4) == 0


def test_accesses_follow_a_move() -> None:
    dut = Device()
    region = registers(dut)
    space = space_of((0x1000, region))
    reader, generation = space.reader(0x1004, 4), space.generation
    assert reader() == 0x11223344
    region.set_address(0x2000)
    assert space.generation > generation
    assert space.read(0x1004, 4) == 0xFFFFFFFF
    assert space.read(0x2004, 4) == 0x11223344


def test_an_access_over_two_regions_and_a_gap() -> None:
    space = space_of((0, io("low", 2)), (3, io("high", 8)))
    assert space.read(0, 8) == int.from_bytes(bytes([0, 1, 0xFF, 0, 1, 2, 3, 4]), "little")


def test_an_access_wraps_at_the_end() -> None:
    ram = RamBlock(0x1000)
    space = space_of((0, MemoryRegion.ram("ram", 0x1000, ram)), (TOP - 2, io("top", 2)))
    ram.view[0:2] = b"\x12\x34"
    assert space.read(TOP - 2, 4) == 0x34120100
    space.write(TOP - 2, 0x88776655, 4)
    assert bytes(ram.view[0:2]) == b"\x77\x88"
    assert space.read(-2, 4) == 0x88770100


class TestMemory:
    """RAM and ROM behind an address space."""

    def test_reads_and_writes_at_any_size(self) -> None:
        ram = RamBlock(0x2000)
        space = space_of((0x10000, MemoryRegion.ram("ram", 0x2000, ram)))
        for size in range(1, 9):
            value = int.from_bytes(bytes(range(0x81, 0x81 + size)), "little")
            space.write(0x10FFD, value, size)
            assert space.read(0x10FFD, size) == value
            assert ram.view[0xFFD : 0xFFD + size] == value.to_bytes(size, "little")

    def test_rom_keeps_its_contents(self) -> None:
        block = RamBlock(0x1000)
        block.view[0:4] = b"boot"
        space = space_of((0, MemoryRegion.rom("rom", 0x1000, block)))
        space.write(0, 0, 4)
        space.store(0, 0, 4)
        space.write_bytes(0, b"xxxx")
        assert space.read_bytes(0, 4) == b"boot"

    def test_a_read_only_alias_of_ram(self) -> None:
        ram = MemoryRegion.ram("ram", 0x1000, RamBlock(0x1000))
        shadow = MemoryRegion.alias("shadow", ram, 0, 0x1000)
        shadow.readonly = True
        space = space_of((0, ram), (0x1000, shadow))
        space.write(0x1000, 5, 1)
        assert space.read(0, 1) == 0
        space.write(0, 6, 1)
        assert space.read(0x1000, 1) == 6

    def test_writes_are_logged_when_asked(self) -> None:
        region = MemoryRegion.ram("ram", 0x4000, RamBlock(0x4000))
        space = space_of((0x8000, region))
        region.log_dirty = True
        assert region.memory is not None
        space.write(0x8FFF, 0xFFFF, 2)
        space.write_bytes(0xB000, b"x")
        assert region.memory.take_dirty() == [0, 0x1000, 0x3000]
        assert region.memory.take_dirty() == []

    def test_dma_crosses_memory_registers_and_gaps(self) -> None:
        recorder = Recorder(Access((1, 4)))
        block = RamBlock(0x1000)
        space = space_of((0, MemoryRegion.ram("ram", 0x1000, block)), (0x1000, MemoryRegion.io("io", 6, recorder.ops)))
        block.view[0xFFE:0x1000] = b"\xaa\xbb"
        assert space.read_bytes(0xFFE, 10) == b"\xaa\xbb\0\1\2\3\4\5\xff\xff"
        assert recorder.log == [("r", 0, 4, 0), ("r", 4, 2, 0)]
        recorder.log.clear()
        space.write_bytes(0xFFF, bytes(range(1, 10)))
        assert block.view[0xFFF] == 1
        assert recorder.log == [("w", 0, 4, 0x05040302), ("w", 4, 2, 0x0706)]
        assert (space.unassigned_reads, space.unassigned_writes) == (1, 1)

    def test_dma_is_bounded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "DMA_LIMIT", 64)
        monkeypatch.setattr(module, "DMA_IO_LIMIT", 8)
        recorder = Recorder()
        space = space_of((0, MemoryRegion.io("io", 0x1000, recorder.ops)))
        assert space.read_bytes(0, 1 << 60) == bytes(range(8)) + b"\xff" * 56
        recorder.log.clear()
        space.write_bytes(0, bytes(100))
        assert [entry[:3] for entry in recorder.log] == [("w", 0, 4), ("w", 4, 4)]
        assert space.read_bytes(0, -5) == b""

    def test_load_and_store(self) -> None:
        dut = Device()
        space = space_of((0, MemoryRegion.ram("ram", 0x1000, RamBlock(0x1000))), (0x1000, registers(dut)))
        space.store(0x10, 0x1234, 4)
        space.store(0x1004, 0x5678, 4)
        assert (space.load(0x10, 2), space.load(0x1004, 4), space.load(0x8000, 2)) == (0x1234, 0x5678, 0xFFFF)

    def test_devices_cannot_ping_each_other_for_ever(self) -> None:
        calls: list[int] = []

        def write(offset: int, value: int, size: int) -> None:
            calls.append(value)
            space.store(offset, value + 1, size)
            space.write_bytes(offset, b"\7\0\0\0")

        space = space_of((0, MemoryRegion.io("loop", 16, CutOps(None, write))))
        space.write(0, 1, 4)
        assert calls == [1, 2, 7]

    def test_a_device_reached_by_dma_still_reaches_memory(self) -> None:
        def write(offset: int, value: int, size: int) -> None:
            space.store(0xFFE, value, size)
            seen.append(space.load(0xFFE, size))

        seen: list[int] = []
        space = space_of(
            (0, MemoryRegion.ram("ram", 0x1801, RamBlock(0x1801))),
            (0x2000, MemoryRegion.io("b", 16, CutOps(None, write))),
        )
        space.store(0x2000, 0x12345678, 4)
        space.write_bytes(0x2000, b"\1\2\3\4")
        assert seen == [0x12345678, 0x04030201]

    def test_a_read_that_reads_itself_ends(self) -> None:
        def read(offset: int, size: int) -> int:
            return space.load(offset, size) - 1

        space = space_of((0, MemoryRegion.io("loop", 16, CutOps(read, None))))
        assert space.read(0, 4) == 0xFFFFFFFD


class TestDoorbells:
    """Matched by `write` itself, as the kernel would."""

    @pytest.mark.parametrize(
        ("length", "match", "size", "value", "rings"),
        [
            (4, None, 4, 99, True),
            (4, None, 2, 99, False),
            (4, 7, 4, 7, True),
            (4, 7, 4, 8, False),
            (4, 7, 8, 7, False),
            (0, None, 1, 3, True),
            (0, None, 3, 3, True),
            (0, None, 8, 3, True),
        ],
    )
    def test_match(self, length: int, match: int | None, size: int, value: int, rings: bool) -> None:
        rung: list[str] = []
        recorder = Recorder()
        region = MemoryRegion.io("card", 64, recorder.ops)
        region.ioeventfds.append(bell("ring", 16, length, match, rung))
        space = space_of((0x1000, region))
        for _ in range(2):
            space.write(0x1010, value, size)
        assert rung == ["ring"] * 2 * rings
        assert bool(recorder.log) is not rings

    def test_several_values_at_one_address(self) -> None:
        rung: list[str] = []
        region = io("card", 64)
        region.ioeventfds.extend(bell(f"ring{n}", 0, 4, n, rung) for n in range(3))
        region.ioeventfds.append(bell("short", 0, 2, None, rung))
        space = space_of((0, region))
        for value, size in ((2, 4), (0, 4), (3, 4), (1, 2)):
            space.write(0, value, size)
        assert rung == ["ring2", "ring0", "short"]

    def test_are_the_kernels_business_on_kvm(self) -> None:
        rung: list[str] = []
        recorder = Recorder()
        region = MemoryRegion.io("card", 64, recorder.ops)
        region.ioeventfds.append(bell("ring", 0, rung=rung))
        space = space_of((0, region))
        space.write(0, 1, 4)
        space.kernel_ioeventfd = True
        space.write(0, 1, 4)
        assert (rung, len(recorder.log)) == (["ring"], 1)


class Ear:
    def __init__(self) -> None:
        self.heard: list[tuple[Any, ...]] = []

    def before(self, write: bool, offset: int, size: int, value: int) -> None:
        if write:
            self.heard.append(("w", offset, size, value))

    def after(self, write: bool, offset: int, size: int, value: int) -> None:
        if not write:
            self.heard.append(("r", offset, size, value))


def test_an_observer_can_come_and_go() -> None:
    dut = Device()
    region = registers(dut)
    space = space_of((0x1000, region))
    assert space.read(0x1004, 4) == 0x11223344
    ear = Ear()
    space.observer = ear
    for _ in range(2):
        space.write(0x1004, 5, 4)
    assert space.read(0x1004, 4) == 5
    assert space.read(0x9000, 1) == 0xFF
    assert ear.heard == [("w", 0x1004, 4, 5), ("w", 0x1004, 4, 5), ("r", 0x1004, 4, 5), ("r", 0x9000, 1, 0xFF)]
    space.observer = None
    assert space.reader(0x1004, 4) == dut.read_R


def test_assigning_ops_forgets_the_old_ones() -> None:
    dut, other = Device(), Device()
    region = registers(dut)
    space = space_of((0, region))
    space.read(4, 4)
    other.R = 9
    ops = registers(other).ops
    assert ops is not None
    region.ops = ops
    assert space.read(4, 4) == 9


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolved_accesses, "LIMIT", 100)
    monkeypatch.setattr(module, "PAGE_CACHE_LIMIT", 4)
    space = space_of((0, io("io", 0x1000)), (0x100000, MemoryRegion.ram("ram", 1 << 20, RamBlock(1 << 20))))
    generation = space.generation
    for at in range(0x1000):
        space.read(at, 1 + at % 4)
        space.write(at, 0, 1 + at % 4)
        space.read(0x100000 + at * 256, 1)
    kept = sum(map(len, space._readers.values())) + sum(map(len, space._writers.values()))
    assert kept == len(space._resolved) == 100
    assert len(space._pages) <= 4
    assert space.generation == generation


def test_the_oldest_resolved_access_leaves_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolved_accesses, "LIMIT", 3)
    space = space_of((0, io("io", 0x1000)))
    for at in (0, 4, 8, 0, 12):
        space.read(at, 4)
    assert list(space._readers[4]) == [4, 8, 12]


DISABLED, READONLY = 0x3000, 0x4000


def space_with_holes(log: list[str]) -> tuple[AddressSpace, MemoryRegion, Device]:
    """A register at 4 of 0..0xff, a region that is disabled, a ROM; nothing elsewhere."""
    dut = Device()
    bank = RegisterBank(
        "bank", 0x100, registers=(Reg("R", 4, 32, dut.read_R, dut.write_R, write_mask=True),), log=log.append
    )
    disabled = io("disabled", 0x100)
    disabled.set_enabled(False)
    rom = MemoryRegion.rom("rom", 0x1000, RamBlock(0x1000))
    return space_of((0, MemoryRegion.io("bank", 0x100, bank)), (DISABLED, disabled), (READONLY, rom)), disabled, dut


@pytest.mark.parametrize(
    ("address", "size", "value"),
    [
        (0x40, 4, 0),  # no register
        (0x05, 4, 0x112233),  # unaligned: a part of one and what follows
        (0x44, 3, 0),  # no size of a register
        (0xFE, 4, 0xFFFF0000),  # the region's end and nothing
        (0x2000, 4, 0xFFFFFFFF),  # nothing
        (DISABLED, 4, 0xFFFFFFFF),
        (READONLY, 4, 0),
        (READONLY - 2, 4, 0xFFFF),
        (TOP - 2, 4, 0x3344FFFF & 0xFFFF),  # round the end of the space
    ],
)
def test_an_access_that_meets_no_single_register_is_resolved_once(address: int, size: int, value: int) -> None:
    space, disabled, _ = space_with_holes([])
    assert space.read(address, size) == value
    space.write(address, 0xFF, size)
    reader, writer = space.reader(address, size), space.writer(address, size)
    assert space.read(address, size) == space.read(address, size)
    assert (space.reader(address, size), space.writer(address, size)) == (reader, writer)
    disabled.set_enabled(True)
    assert space.reader(address, size) is not reader


def test_a_region_that_is_enabled_answers_where_nothing_did() -> None:
    space, disabled, _ = space_with_holes([])
    assert [space.read(DISABLED + 1, 2) for _ in range(2)] == [0xFFFF, 0xFFFF]
    disabled.set_enabled(True)
    assert space.read(DISABLED + 1, 2) == 0x0201
    disabled.set_enabled(False)
    assert space.read(DISABLED + 1, 2) == 0xFFFF


def test_remembered_accesses_are_counted_and_logged_as_before() -> None:
    log: list[str] = []
    space, _, _ = space_with_holes(log)
    for _ in range(3):
        space.read(0x40, 4)
        space.write(0x40, 1, 4)
        space.read(0x2000, 4)
        space.write(0x2000, 1, 4)
    assert log == ["bank: read of reserved offset: bank+0x40", "bank: write to reserved offset: bank+0x40"]
    assert (space.unassigned_reads, space.unassigned_writes) == (3, 3)


def test_an_observer_hears_remembered_accesses_that_meet_no_register() -> None:
    space, _, _ = space_with_holes([])
    space.read(0x40, 4)
    heard: list[tuple[bool, int, int, int]] = []

    class Observer:
        def before(self, write: bool, offset: int, size: int, value: int) -> None:
            pass

        def after(self, write: bool, offset: int, size: int, value: int) -> None:
            heard.append((write, offset, size, value))

    space.observer = Observer()
    for _ in range(2):
        space.read(0x40, 4)
        space.write(READONLY, 7, 4)
    assert heard == [(False, 0x40, 4, 0), (True, READONLY, 4, 7)] * 2


def hostile_space() -> AddressSpace:
    dut = Device()
    shared = registers(dut, 2)
    shared.ioeventfds.append(bell("ring", 8, 0))
    big = Recorder(Access((2, 4), (4, 8), "big", unaligned=True))
    return space_of(
        (0, MemoryRegion.ram("ram", 0x1003, RamBlock(0x1003))),
        (0x1003, shared),
        (0x1080, MemoryRegion.io("big", 0x33, big.ops)),
        (TOP - 0x80, MemoryRegion.alias("top", shared, 0x10, 0x80)),
    )


edges = st.sampled_from([0, 0x1000, 0x1003, 0x1080, 0x10B3, 0x1103, TOP - 0x80, TOP])
addresses = st.one_of(st.builds(lambda e, d: e + d, edges, st.integers(-9, 9)), st.integers(-TOP, 2 * TOP))


@settings(max_examples=400, deadline=None)
@given(addresses, st.one_of(st.integers(1, 8), st.integers(-3, 20)), st.integers(-(1 << 70), 1 << 70))
def test_no_access_raises(address: int, size: int, value: int) -> None:
    space = hostile_space()
    for _ in range(2):
        space.write(address, value, size)
        bits = 8 * min(max(size, 0), 8)
        assert 0 <= space.read(address, size) < 1 << bits or bits == 0
        space.store(address, value, size)
        space.load(address, size)
        space.write_bytes(address, bytes(max(size, 0)))
        assert len(space.read_bytes(address, size)) == max(size, 0)
        reader, writer = space.reader(address, size), space.writer(address, size)
        reader()
        writer(value % (1 << bits))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(-16, 0x1120), st.integers(1, 8), st.integers(0, TOP - 1)), max_size=10))
def test_memory_is_a_byte_array(uses: list[tuple[int, int, int]]) -> None:
    block = RamBlock(0x1100)
    space = space_of((0, MemoryRegion.ram("ram", 0x1100, block)))
    model = bytearray(0x1100) + bytearray(b"\xff" * 0x40)
    for address, size, value in uses:
        if address < 0:
            continue
        space.write(address, value, size)
        data = value.to_bytes(8, "little")[:size]
        for n in range(size):
            if address + n < 0x1100:
                model[address + n] = data[n]
        assert space.read(address, size) == int.from_bytes(model[address : address + size], "little")
        assert space.read_bytes(address, size) == model[address : address + size]
    assert bytes(block.view) == bytes(model[:0x1100])


def test_a_register_may_change_the_topology_under_itself() -> None:
    def write(offset: int, value: int, size: int) -> None:
        with transaction(region, guest=True):
            region.set_address(value)

    region = MemoryRegion.io("bar", 16, CutOps(None, write))
    space = space_of((0, region))
    space.write(0, 0x4000, 8)
    assert space.flat_view.find(0x4000) is not None or space.flat_view.find(0) is not None
    assert len(space.flat_view.sections) == 1
