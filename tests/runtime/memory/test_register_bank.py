"""Register banks: lanes against a plain byte array, exact and word decoding case by case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devgen.runtime.memory.access import Access
from devgen.runtime.memory.register_bank import Reg, RegisterBank


class Store:
    """Plain registers and arrays as generated code writes them; keeps the calls."""

    def __init__(self) -> None:
        self.values: dict[str, list[int]] = {}
        self.calls: list[tuple[Any, ...]] = []

    def reg(self, name: str, offset: int, width: int, *, count: int = 1, stride: int = 0, **more: Any) -> Reg:
        full = (1 << width) - 1
        cells = self.values[name] = [0] * max(count, 1)

        def read_element(index: int) -> int:
            return cells[index]

        def write_element(index: int, value: int, mask: int = full) -> None:
            assert 0 <= value <= mask <= full and value & ~mask == 0
            self.calls.append((name, index, value, mask))
            cells[index] = cells[index] & ~mask | value

        def read() -> int:
            return cells[0]

        def write(value: int, mask: int = full) -> None:
            write_element(0, value, mask)

        if stride:
            return Reg(
                name, offset, width, read_element, write_element, count=count, stride=stride, write_mask=True, **more
            )
        return Reg(name, offset, width, read, write, write_mask=True, **more)

    def __getitem__(self, name: str) -> int:
        return self.values[name][0]

    def __setitem__(self, name: str, value: int) -> None:
        self.values[name][0] = value


@dataclass
class Layout:
    """Registers of random widths with gaps, some of them arrays; ``cells`` are (name, index, offset, bytes)."""

    store: Store = field(default_factory=Store)
    regs: list[Reg] = field(default_factory=list)
    cells: list[tuple[str, int, int, int]] = field(default_factory=list)
    end: int = 0


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    layout = Layout()
    for n in range(draw(st.integers(0, 6))):
        layout.end += draw(st.sampled_from([0, 0, 1, 2, 3, 4]))
        size = draw(st.sampled_from([1, 2, 4, 8]))
        count, gap = draw(st.sampled_from([(1, 0), (1, 0), (2, 0), (3, 1)]))
        stride = (size + gap) if count > 1 else 0
        layout.regs.append(layout.store.reg(f"R{n}", layout.end, size * 8, count=count, stride=stride))
        for index in range(count):
            layout.cells.append((f"R{n}", index, layout.end, size))
            layout.end += stride or size
    return layout


accesses = st.builds(
    Access,
    st.sampled_from([(1, 1), (1, 2), (1, 4), (1, 8)]),
    st.sampled_from([(1, 1), (1, 4), (1, 8), (2, 4), (4, 4), (8, 8)]),
    st.sampled_from(["little", "big"]),
    st.booleans(),
)
uses = st.lists(
    st.tuples(st.booleans(), st.integers(0, 60), st.integers(1, 8), st.integers(0, (1 << 64) - 1)), max_size=20
)


@settings(max_examples=400, deadline=None)
@given(layouts(), accesses, st.sampled_from(["zeros", "ones"]), uses)
def test_lanes_are_a_byte_array(layout: Layout, access: Access, reserved: Any, steps: list[tuple[Any, ...]]) -> None:
    bank = RegisterBank("bank", 80, access, "lanes", reserved, layout.regs, log=lambda line: None)
    memory = bytearray((b"\xff" if reserved == "ones" else b"\0") * 80)
    declared = set()
    for _, _, offset, size in layout.cells:
        memory[offset : offset + size] = bytes(size)
        declared.update(range(offset, offset + size))
    for write, offset, size, value in steps:
        if write:
            data = value.to_bytes(8, "little")[:size]
            bank.resolve_write(offset, size)(int.from_bytes(data, "little"))
            for n, byte in enumerate(data):
                if offset + n in declared:
                    memory[offset + n] = byte
        else:
            assert bank.resolve_read(offset, size)() == int.from_bytes(memory[offset : offset + size], "little")
    for name, index, offset, size in layout.cells:
        assert layout.store.values[name][index] == int.from_bytes(memory[offset : offset + size], access.endian)


@settings(max_examples=300, deadline=None)
@given(
    layouts(),
    accesses,
    st.sampled_from(["lanes", "exact", "word"]),
    st.lists(st.tuples(st.integers(0, 90), st.integers(1, 8), st.integers(0, (1 << 64) - 1)), max_size=30),
)
def test_no_access_raises_or_leaves_its_size(layout: Layout, access: Access, decode: Any, steps: list[Any]) -> None:
    bank = RegisterBank("bank", 80, access, decode, "zeros", layout.regs, log=lambda line: None)
    for offset, size, value in steps:
        bank.resolve_write(offset, size)(value % (1 << size * 8))
        assert 0 <= bank.resolve_read(offset, size)() < 1 << size * 8
        assert bank.cacheable(offset, size) == any(
            offset < at + n and at < offset + size for _, _, at, n in layout.cells
        )


def bank_of(*regs: Reg, access: Access | None = None, decode: Any = "exact", **more: Any) -> RegisterBank:
    return RegisterBank("bank", 0x100, access, decode, registers=regs, **more)


def test_a_whole_register_is_the_devices_own_method() -> None:
    class Device:
        def read_CR(self) -> int:
            return 7

        def write_CR(self, value: int, mask: int = 0xFFFFFFFF) -> None:
            pass

    dut = Device()
    for decode in ("lanes", "exact", "word"):
        bank = bank_of(Reg("CR", 0x10, 32, dut.read_CR, dut.write_CR), decode=decode)
        assert bank.resolve_read(0x10, 4) == dut.read_CR
        assert bank.resolve_write(0x10, 4) == dut.write_CR


@pytest.mark.parametrize(
    ("decode", "offset", "size", "value"),
    [
        ("exact", 0x10, 4, 0x44332211),
        ("exact", 0x10, 2, 0x2211),
        ("exact", 0x10, 1, 0x11),
        ("exact", 0x11, 1, 0),
        ("exact", 0x12, 2, 0),
        ("word", 0x11, 1, 0x11),
        ("word", 0x13, 1, 0x11),
        ("word", 0x12, 2, 0x2211),
        ("lanes", 0x11, 1, 0x22),
        ("lanes", 0x12, 2, 0x4433),
        ("lanes", 0x0E, 4, 0x22110000),
    ],
)
def test_narrow_reads(decode: Any, offset: int, size: int, value: int) -> None:
    store = Store()
    bank = bank_of(store.reg("R", 0x10, 32), decode=decode, access=Access(unaligned=decode == "lanes"))
    store["R"] = 0x44332211
    assert bank.resolve_read(offset, size)() == value


@pytest.mark.parametrize(
    ("decode", "offset", "size", "after"),
    [
        ("exact", 0x10, 1, 0xAB),
        ("exact", 0x10, 2, 0xCDAB),
        ("exact", 0x11, 1, 0x44332211),
        ("word", 0x13, 1, 0xAB),
        ("lanes", 0x10, 1, 0x443322AB),
        ("lanes", 0x13, 1, 0xAB332211),
        ("lanes", 0x12, 2, 0xCDAB2211),
    ],
)
def test_narrow_writes(decode: Any, offset: int, size: int, after: int) -> None:
    store = Store()
    bank = bank_of(store.reg("R", 0x10, 32), decode=decode)
    store["R"] = 0x44332211
    bank.resolve_write(offset, size)(0xCDAB & (1 << size * 8) - 1)
    assert store["R"] == after


def test_a_wide_exact_access_meets_the_register_at_its_offset_alone() -> None:
    store = Store()
    bank = bank_of(store.reg("A", 0, 8), store.reg("B", 1, 8))
    store["A"], store["B"] = 0x11, 0x22
    assert bank.resolve_read(0, 4)() == 0x11
    bank.resolve_write(0, 4)(0x99887766)
    assert (store["A"], store["B"]) == (0x66, 0x22)


class TestHalves:
    """A 64-bit register behind a 32-bit bus, as in HPET (valid and implemented 4..4)."""

    def bank(self, store: Store, **more: Any) -> RegisterBank:
        return bank_of(store.reg("CMP", 0x08, 64), access=Access((4, 4), (4, 4), **more))

    def test_are_read_one_by_one(self) -> None:
        store = Store()
        bank = self.bank(store)
        store["CMP"] = 0x88776655_44332211
        assert bank.resolve_read(0x08, 4)() == 0x44332211
        assert bank.resolve_read(0x0C, 4)() == 0x88776655
        assert bank.resolve_read(0x08, 8)() == 0x88776655_44332211
        assert bank.resolve_read(0x0A, 2)() == 0

    def test_are_written_low_first_with_their_mask(self) -> None:
        store = Store()
        bank = self.bank(store)
        bank.resolve_write(0x08, 8)(0x88776655_44332211)
        assert store.calls == [
            ("CMP", 0, 0x44332211, 0x00000000_FFFFFFFF),
            ("CMP", 0, 0x88776655_00000000, 0xFFFFFFFF_00000000),
        ]

    def test_of_a_big_endian_device_come_high_first(self) -> None:
        store = Store()
        bank = self.bank(store, endian="big")
        store["CMP"] = 0x88776655_44332211
        assert bank.resolve_read(0x08, 4)() == 0x55667788
        assert bank.resolve_read(0x0C, 4)() == 0x11223344

    def test_are_none_where_the_bus_is_wide(self) -> None:
        store = Store()
        bank = bank_of(store.reg("CMP", 0, 64), access=Access((1, 8), (1, 8)), reserved="ones")
        bank.resolve_write(0, 8)(0x0102030405060708)
        bank.resolve_write(4, 4)(0xAABBCCDD)
        assert (store["CMP"], bank.resolve_read(4, 4)()) == (0x0102030405060708, 0xFFFFFFFF)
        bank.resolve_write(0, 4)(0xAABBCCDD)
        assert (store["CMP"], bank.resolve_read(0, 4)()) == (0xAABBCCDD, 0xAABBCCDD)


def test_arrays_and_interleaved_files() -> None:
    store = Store()
    bank = bank_of(
        store.reg("CONFIG", 0x00, 64, count=3, stride=0x20),
        store.reg("CMP", 0x08, 64, count=3, stride=0x20),
        access=Access((4, 4), (4, 4)),
    )
    bank.resolve_write(0x48, 4)(5)
    bank.resolve_write(0x24, 4)(6)
    assert store.values == {"CONFIG": [0, 6 << 32, 0], "CMP": [0, 0, 5]}
    assert bank.resolve_read(0x60, 4)() == 0


def test_an_array_of_one_element_is_an_array_still() -> None:
    store = Store()
    bank = bank_of(store.reg("T", 0, 32, count=1, stride=4))
    bank.resolve_write(0, 4)(9)
    assert store.calls == [("T", 0, 9, 0xFFFFFFFF)]


def test_identification_bytes_answer_at_any_byte_of_their_word() -> None:
    values = (0x31, 0x10, 0x14, 0x00, 0x0D, 0xF0, 0x05, 0xB1)
    ids = Reg("ID", 0xE0, 32, lambda index: values[index], None, count=8, stride=4, decode="word")
    bank = bank_of(ids)
    assert [bank.resolve_read(0xE0 + 4 * n + n % 4, 1)() for n in range(8)] == list(values)
    bank.resolve_write(0xE0, 4)(0)
    assert bank.resolve_read(0xE0, 4)() == 0x31


def test_one_offset_may_hold_a_register_to_read_and_one_to_write() -> None:
    store = Store()
    rbr, thr = store.reg("RBR", 0, 8), store.reg("THR", 0, 8)
    reads = Reg("RBR", 0, 8, rbr.read, None)
    writes = Reg("THR", 0, 8, None, thr.write)
    for decode in ("lanes", "exact"):
        for regs in ((reads, writes), (writes, reads)):
            bank = bank_of(*regs, decode=decode)
            store["RBR"], store["THR"] = 0x55, 0
            bank.resolve_write(0, 1)(0xAA)
            assert (bank.resolve_read(0, 1)(), store["THR"], store["RBR"]) == (0x55, 0xAA, 0x55)


def test_a_constant_to_read_may_share_its_offset_with_a_register_to_write() -> None:
    store = Store()
    reads = Reg("ID", 0, 8, None, None, reset=0x5C)
    writes = Reg("COMMAND", 0, 8, None, store.reg("COMMAND", 0, 8).write)
    for decode in ("lanes", "exact"):
        for regs in ((reads, writes), (writes, reads)):
            bank = bank_of(*regs, decode=decode)
            bank.resolve_write(0, 1)(0xAA)
            assert (bank.resolve_read(0, 1)(), store["COMMAND"]) == (0x5C, 0xAA)


@pytest.mark.parametrize("decode", ["lanes", "exact", "word"])
def test_a_register_may_answer_some_sizes_only(decode: Any) -> None:
    store = Store()
    bank = bank_of(store.reg("A", 0, 32, sizes=(4, 4)), decode=decode, reserved="ones")
    for offset, size in ((0, 1), (0, 2), (2, 2), (3, 1)):
        bank.resolve_write(offset, size)(0)
        assert bank.resolve_read(offset, size)() == (1 << 8 * size) - 1
    assert store.calls == []
    bank.resolve_write(0, 4)(0x12345678)
    assert bank.resolve_read(0, 4)() == 0x12345678


def test_registers_may_take_turns_by_size() -> None:
    store = Store()
    narrow = store.reg("NARROW", 0, 16, sizes=(2, 2))
    wide = store.reg("WIDE", 0, 32, sizes=(4, 4))
    bank = bank_of(narrow, wide)
    bank.resolve_write(0, 2)(0x1111)
    bank.resolve_write(0, 4)(0x22222222)
    assert (bank.resolve_read(0, 2)(), bank.resolve_read(0, 4)()) == (0x1111, 0x22222222)


def test_write_only_reads_zero_even_among_ones() -> None:
    bank = bank_of(Reg("ICR", 0, 8, None, lambda value: None), decode="lanes", reserved="ones")
    assert bank.resolve_read(0, 4)() == 0xFFFFFF00


def test_reads_with_side_effects_learn_which_bits() -> None:
    masks: list[int] = []

    def read(mask: int) -> int:
        masks.append(mask)
        return 0x12345678

    reg = Reg("ISR", 0, 32, read, None, read_mask=True)
    bank = bank_of(reg, decode="lanes")
    assert bank.resolve_read(1, 1)() == 0x56
    assert bank.resolve_read(0, 4)() == 0x12345678
    assert masks == [0xFF00, 0xFFFFFFFF]


@pytest.mark.parametrize("decode", ["lanes", "exact", "word"])
def test_intent_is_said_once_by_name(decode: Any) -> None:
    lines: list[str] = []
    bank = bank_of(Reg("TCR", 0x80, 32, None, None, intent="unimplemented", reset=5), decode=decode, log=lines.append)
    for _ in range(3):
        assert bank.resolve_read(0x80, 4)() == 5
        bank.resolve_write(0x80, 4)(1)
        assert bank.resolve_read(0x40, 4)() == 0
    assert len(lines) == 3
    assert "TCR" in lines[0] and "not implemented" in lines[0] and "read" in lines[0]
    assert "write" in lines[1]
    assert "reserved" in lines[2] and "bank+0x40" in lines[2]


def test_thousands_of_registers_are_found_by_bisection() -> None:
    reads: list[Callable[[], int]] = [lambda n=n: n for n in range(5000)]  # type: ignore[misc]
    bank = RegisterBank(
        "big", 20000, registers=[Reg(f"R{n}", 4 * n, 32, reads[n], None) for n in reversed(range(5000))]
    )
    assert [bank.resolve_read(4 * n, 4)() for n in (0, 1, 2499, 4999)] == [0, 1, 2499, 4999]


def test_an_unknown_decode_is_refused() -> None:
    with pytest.raises(ValueError, match="decode"):
        RegisterBank("bank", 4, decode="bytes")  # type: ignore[arg-type]
