"""Windows and properties of bytes, from the description to what an access does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from generated_code import class_of, described_in

from devgen.hosts.bench import Bench
from devgen.runtime.base.faults import DeviceError

PORTS = """\
device: dut
bus: sysbus
properties:
  image: {type: bytes, size: 4, default: 0a0b}
regions:
  ports:
    space: mmio
    size: 64
    registers:
      INDEX: {at: 0x00, width: 8, fields: {N: 3:0}}
      DATA: {at: 0x04, window: {region: bank, at: INDEX.N * 4}, on_write: INDEX.N = u4(INDEX.N + 1)}
      LOOK: {at: 0x08, access: ro, window: {region: bank, at: INDEX.N * 4}}
      POKE: {at: 0x0c, access: wo, window: {region: bank, at: INDEX.N * 4}}
  bank:
    space: indirect
    size: 64
    registers:
      A: {at: 0x00, fields: {LEVEL: 0}}
      B: {at: 0x04, before_read: B = u32(B + 1), read_effect: rclr}
      C: {at: 0x08, count: 2, reset: 'image[index] << 8'}
interrupts:
  irq: {level: A.LEVEL}
"""


@pytest.fixture
def dut(tmp_path: Path) -> Any:
    return class_of(described_in(PORTS, tmp_path))


def test_what_is_behind_is_selected_by_the_index(dut: Any) -> None:
    bench = Bench(dut)
    bench.write8(0, 2)
    assert (bench.read32(4), bench.read32(8)) == (0x0A00, 0x0A00)
    bench.write8(0, 3)
    assert bench.read32(8) == 0x0B00


def test_hooks_and_lines_of_the_register_behind_take_part(dut: Any) -> None:
    bench = Bench(dut)
    bench.write32(4, 1)
    assert bench.irq("irq") == 1
    assert bench.read32(4) == 1  # the index has moved on to B, which counts reads
    assert bench.dut.B == 0


def test_a_narrow_write_touches_its_lanes_behind_the_window(dut: Any) -> None:
    bench = Bench(dut)
    bench.write8(0, 2)
    bench.write8(0x0C + 3, 0xEE)
    assert bench.dut.C == [0xEE000A00, 0x0B00]
    assert bench.read8(8 + 3) == 0xEE


def test_a_window_may_be_one_way(dut: Any) -> None:
    bench = Bench(dut)
    bench.write8(0, 2)
    bench.write32(8, 0)
    assert (bench.dut.C[0], bench.read32(0x0C)) == (0x0A00, 0)


def test_the_indirect_region_is_on_no_bus(dut: Any) -> None:
    assert list(Bench(dut).dut.regions) == ["ports"]


def test_bytes_are_given_as_hexadecimal_text(dut: Any) -> None:
    assert Bench(dut, image="01 02 03 04").dut.C == [0x100, 0x200]


@pytest.mark.parametrize(("given", "why"), [("0102030405", "5 bytes"), ("xy", "two digits a byte"), (7, "hexadecimal")])
def test_other_bytes_are_refused(dut: Any, given: str | int, why: str) -> None:
    with pytest.raises(DeviceError, match=why):
        Bench(dut, image=given)


MAPPED = """\
device: dut
bus: sysbus
regions:
  ports:
    space: mmio
    size: 8
    registers:
      INDEX: {at: 0, fields: {N: 2:0}}
      DATA: {at: 4, window: {region: bank, at: INDEX.N}}
  bank:
    space: mmio
    size: 16
    registers:
      A: {at: 0}
      RUNG: {at: 4, on_write: A = 2}
    doorbells:
      BELL: {at: 4, length: 4, on_ring: A = 1}
"""


def test_a_region_on_a_bus_can_be_reached_through_a_window_too_but_not_its_doorbells(tmp_path: Path) -> None:
    bench = Bench(class_of(described_in(MAPPED, tmp_path)))
    bench.write32(0, 1, "ports")
    bench.write8(4, 0x12, "ports")
    assert bench.read32(0, "bank") == 0x1200
    bench.write32(4, 9, "bank")
    assert bench.read32(0, "bank") == 1
    bench.write32(0, 4, "ports")
    bench.write32(4, 9, "ports")
    assert bench.read32(0, "bank") == 2
