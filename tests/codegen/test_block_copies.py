"""Blocks of guest memory to and from arrays of bytes, in generated code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from generated_code import class_of

from devgen.runtime.bench import Bench
from devgen.spec import load_device

TEXT = """\
device: dut
bus: pci
pci: {vendor: 1, device: 2, class: 0xff0000, bars: {0: {type: mem32, size: 256}}}
state:
  buffer: {width: 8, count: 64}
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
      WINDOW: {at: 0x40, count: 64, stride: 1, width: 8, access: ro, read: 'buffer[index]'}
"""
START, LENGTH, FETCH, DELIVER, WINDOW = 0x0, 0x4, 0x8, 0xC, 0x40


@pytest.fixture
def bench(tmp_path: Path) -> Any:
    path = tmp_path / "dut.yaml"
    path.write_text(TEXT)
    result = load_device(path)
    assert [str(one) for one in result.diagnostics] == []
    assert result.device is not None
    with Bench(class_of(result.device)) as made:
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
    assert bench.dut.buffer[49:] == [0, *range(1, 15)]
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
    assert bench.dut.buffer[:4] == [0xFF, 0xFF, 0xFF, 0]
    assert bench.load(0x1000, 3) == b"abc"


def test_a_block_of_its_own_registers_ends(bench: Bench) -> None:
    base = bench.dut.config.bar_address(bench.dut.BARS[0])
    command(bench, FETCH, 0, 64, base)
    command(bench, DELIVER, 0, 64, base)
    assert len(bench.dut.buffer) == 64
