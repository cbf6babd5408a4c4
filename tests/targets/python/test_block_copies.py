"""Blocks of guest memory to and from arrays of bytes, in generated code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from generated_code import class_of, described_in

from devgen.hosts.bench import Bench
from devgen.runtime.base.faults import StateError

TEXT = """\
device: dut
bus: pci
pci: {vendor: 1, device: 2, class: 0xff0000, bars: {0: {type: mem32, size: 256}}}
state:
  buffer: {width: 8, count: 64}
  filled: {width: 8, count: 8, reset: 0xa0 + index}
interrupts:
  full: {level: 'buffer[0] != 0'}
regions:
  r:
    bar: 0
    registers:
      START: {at: 0x0, width: 8, fields: {NUMBER: 5:0}}
      LENGTH: {at: 0x4}
      FETCH: {at: 0x8, access: wo, on_write: 'load_bytes(value, buffer[START.NUMBER], LENGTH)'}
      DELIVER: {at: 0xc, access: wo, on_write: 'store_bytes(value, buffer[START.NUMBER], LENGTH)'}
      FILL: {at: 0x10, access: wo, on_write: 'fill_bytes(buffer[START.NUMBER], LENGTH, value[7:0])'}
      WINDOW: {at: 0x40, count: 64, stride: 1, width: 8, access: ro, read: 'buffer[index]'}
"""
START, LENGTH, FETCH, DELIVER, FILL, WINDOW = 0x0, 0x4, 0x8, 0xC, 0x10, 0x40


@pytest.fixture
def bench(tmp_path: Path) -> Any:
    with Bench(class_of(described_in(TEXT, tmp_path))) as made:
        yield made


def command(bench: Bench, register: int, start: int, length: int, address: int) -> None:
    bench.write8(START, start)
    bench.write32(LENGTH, length)
    bench.write32(register, address)


def test_a_block_is_fetched_and_delivered(bench: Bench) -> None:
    bench.store(0x1234, b"hello")
    command(bench, FETCH, 3, 5, 0x1234)
    assert [bench.read8(WINDOW + n) for n in range(10)] == [0, 0, 0, *b"hello", 0, 0]
    command(bench, DELIVER, 2, 4, 0x4321)
    assert bench.load(0x4320, 6) == b"\0\0hel\0"


@pytest.mark.parametrize("length", [14, 15, 64, 0xFFFFFFFF])
def test_what_reaches_past_the_end_is_not_copied(bench: Bench, length: int) -> None:
    bench.store(0x1000, bytes(range(1, 101)))
    command(bench, FETCH, 50, length, 0x1000)
    assert len(bench.dut.buffer) == 64
    assert list(bench.dut.buffer[49:]) == [0, *range(1, 15)]
    command(bench, DELIVER, 50, length, 0x2000)
    assert bench.load(0x2000, 16) == bytes([*range(1, 15), 0, 0])


def test_lines_follow_what_is_fetched(bench: Bench) -> None:
    bench.store(0x1000, b"\1")
    command(bench, FETCH, 0, 1, 0x1000)
    assert bench.irq("full") == 1


def test_a_function_that_is_no_bus_master_reads_ones_and_writes_nothing(bench: Bench) -> None:
    bench.write("cfg", 4, 2, 2)
    bench.store(0x1000, b"abc")
    command(bench, FETCH, 0, 3, 0x1000)
    command(bench, DELIVER, 0, 3, 0x1000)
    assert list(bench.dut.buffer[:4]) == [0xFF, 0xFF, 0xFF, 0]
    assert bench.load(0x1000, 3) == b"abc"


def test_a_block_of_its_own_registers_ends(bench: Bench) -> None:
    base = bench.dut.config.bar_address(bench.dut.BARS[0])
    command(bench, FETCH, 0, 64, base)
    command(bench, DELIVER, 0, 64, base)
    assert len(bench.dut.buffer) == 64


@pytest.mark.parametrize(("length", "filled"), [(0, 0), (3, 3), (14, 14), (15, 14), (0xFFFFFFFF, 14)])
def test_a_block_is_filled_as_far_as_the_array_reaches(bench: Bench, length: int, filled: int) -> None:
    command(bench, FILL, 50, length, 0x5A)
    assert bench.dut.buffer == bytes(50) + b"\x5a" * filled + bytes(14 - filled)


def test_bytes_start_at_their_reset_values(bench: Bench) -> None:
    assert bench.dut.filled == bytes(range(0xA0, 0xA8))


def test_a_snapshot_holds_bytes_as_one_text(bench: Bench) -> None:
    command(bench, FILL, 0, 64, 0x5A)
    saved = bench.save_state()
    command(bench, FILL, 0, 64, 0)
    assert isinstance(saved["state"]["buffer"], str)
    bench.load_state(saved)
    assert bench.dut.buffer == b"\x5a" * 64


def test_bytes_of_another_number_are_no_snapshot_of_it(bench: Bench) -> None:
    saved = bench.save_state()
    saved["state"]["buffer"] = saved["state"]["filled"]
    with pytest.raises(StateError, match="must unpack to 64 bytes"):
        bench.load_state(saved)
