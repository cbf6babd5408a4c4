"""Vendor-specific capabilities, from a description to what a guest reads: constant bytes and own registers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from generated_code import class_of, described_in

from devgen.hosts.bench import Bench

# Shaped as a virtio 1.x device has them: places in BAR 0, and a window onto them whose address the driver writes.
TEXT = """\
device: dut
bus: pci
pci:
  vendor: 1
  device: 2
  class: 0xff0000
  bars: {0: {type: mem32, size: 4 KiB}}
  capabilities:
    msi: {}
    vendor:
      common: {contents: 01 00 00 00 00 00000000 38000000}
      notify: {contents: 02 00 00 00 00 00100000 04000000 02000000}
      window: {at: 0x90, size: 20, contents: 05 00 ab}
      long: {size: 72, contents: LONG}
regions:
  r: {bar: 0, registers: {A: {at: 0x0}}}
  config:
    space: config
    registers:
      WINDOW_BAR: {at: 0x94, width: 8}
      WINDOW_OFFSET: {at: 0x98}
      WINDOW_DATA: {at: 0xa0, read: u32(WINDOW_OFFSET + 1), write: A = value}
""".replace("LONG", "".join(f"{value:02x}" for value in range(69)))


@pytest.fixture
def bench(tmp_path: Path) -> Any:
    with Bench(class_of(described_in(TEXT, tmp_path))) as made:
        yield made


def test_they_stand_in_the_list_in_their_order(bench: Bench) -> None:
    found, at = [], bench.read("cfg", 0x34, 1)
    while at:
        found.append((at, bench.read("cfg", at, 1), bench.read("cfg", at + 2, 1)))
        at = bench.read("cfg", at + 1, 1)
    assert found == [(0x40, 0x05, 0x80), (0x50, 9, 16), (0x60, 9, 20), (0x90, 9, 20), (0xA4, 9, 72)]


def test_contents_follow_the_length_and_cannot_be_written(bench: Bench) -> None:
    bench.write("cfg", 0x68, 0xFFFFFFFF, 4)
    assert [bench.read("cfg", at, 4) for at in range(0x60, 0x74, 4)] == [0x02149009, 0, 0x1000, 4, 2]


def test_long_contents_arrive_whole(bench: Bench) -> None:
    assert bytes(bench.read("cfg", 0xA7 + at, 1) for at in range(69)) == bytes(range(69))


def test_registers_of_the_device_answer_inside(bench: Bench) -> None:
    bench.write("cfg", 0x98, 0x1234, 4)
    bench.write("cfg", 0xA0, 0x55, 4)
    assert (bench.read("cfg", 0xA0, 4), bench.read("r", 0, 4)) == (0x1235, 0x55)


def test_an_access_may_cover_a_register_and_constant_bytes(bench: Bench) -> None:
    bench.write("cfg", 0x94, 0x07060504, 4)
    assert (bench.read("cfg", 0x90, 4), bench.read("cfg", 0x94, 4)) == (0x0514A409, 0xAB04)


def test_a_snapshot_holds_what_was_written(bench: Bench) -> None:
    bench.write("cfg", 0x98, 0x1234, 4)
    saved = bench.save_state()
    bench.reset()
    assert bench.read("cfg", 0x98, 4) == 0
    bench.load_state(saved)
    assert bench.read("cfg", 0x98, 4) == 0x1234
