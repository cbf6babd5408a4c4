"""PCI Express, power management and extended capabilities, from a description to what a guest finds and does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from generated_code import class_of, described_in

from devgen.hosts.bench import Bench

TEXT = """\
device: dut
bus: pci
pci:
  vendor: 1
  device: 2
  class: 0xff0000
  bars: {0: {type: mem32, size: 4 KiB}}
  capabilities:
    pm: {d2: true, pme: [D0, D3hot]}
    express: {type: legacy, max_payload: 512, speed: 8 GT/s, width: 4, flr: true}
  extended_capabilities:
    serial_number: {number: serial | 0x0011223300000000}
    vendor:
      trace: {id: 0xabcd, revision: 2, contents: 01 02 03 04, size: 24}
properties:
  serial: {type: int, default: 0x44556677, range: 0..0xffffffff}
regions:
  r: {bar: 0, registers: {A: {at: 0x0}, RESETS: {at: 0x4, retain: true}}}
  config:
    space: config
    registers:
      TRACE_CONTROL: {at: 0x118}
      FAR: {at: 0xffc}
interrupts:
  wake: {pme: true, level: A}
on_reset: RESETS = u32(RESETS + 1)
"""
PM, EXPRESS = 0x40, 0x48
DEVICE_CONTROL, LINK_CONTROL = EXPRESS + 0x08, EXPRESS + 0x10


@pytest.fixture
def device(tmp_path: Path) -> Any:
    return class_of(described_in(TEXT, tmp_path))


@pytest.fixture
def bench(device: Any) -> Any:
    with Bench(device) as made:
        yield made


def test_the_list_holds_both(bench: Bench) -> None:
    assert bench.read("cfg", 0x34, 1) == PM
    assert (bench.read("cfg", PM, 4), bench.read("cfg", EXPRESS, 4)) == (0x4C034801, 0x00120010)


def test_what_the_function_can_do(bench: Bench) -> None:
    registers = {at: bench.read("cfg", EXPRESS + at, 4) for at in range(4, 0x3C, 4)}
    assert {at: value for at, value in registers.items() if value} == {
        0x04: 0x10008002,  # FLR, role-based error reporting, payload of 512 bytes
        0x08: 0x00002810,  # read requests of 512 bytes, no snoop, relaxed ordering
        0x0C: 0x00400043,  # x4, 8 GT/s
        0x10: 0x10430000,  # slot clock, x4, 8 GT/s
        0x24: 0x00000010,  # completion timeouts can be turned off
        0x2C: 0x0000000E,  # 2.5, 5 and 8 GT/s
        0x30: 0x00000003,  # target: 8 GT/s
    }


@pytest.mark.parametrize(
    ("register", "written", "found"),
    [
        (0x04, 0xFFFF, 0x8002),
        (0x08, 0x7FFF, 0x78FF),
        (0x08, 0x0000, 0x0000),
        (0x0A, 0xFFFF, 0x0000),
        (0x0C, 0xFFFF, 0x0043),
        (0x10, 0xFFFF, 0x00CB),
        (0x12, 0xFFFF, 0x1043),
        (0x28, 0xFFFF, 0x0010),
        (0x30, 0xFFFF, 0x000F),
    ],
)
def test_what_a_driver_may_set(bench: Bench, register: int, written: int, found: int) -> None:
    bench.write("cfg", EXPRESS + register, written, 2)
    assert bench.read("cfg", EXPRESS + register, 2) == found


def test_a_function_level_reset(bench: Bench) -> None:
    bench.write32(0, 5)
    bench.write("cfg", DEVICE_CONTROL, 0x0040, 2)  # payload of 512 bytes
    bench.write("cfg", LINK_CONTROL, 0x0040, 2)  # common clock
    resets = bench.read32(4)
    bench.write("cfg", DEVICE_CONTROL, 0x8040, 2)
    assert (bench.read("cfg", 4, 2), bench.read("cfg", 0x10, 4)) == (0, 0)
    assert (bench.read("cfg", DEVICE_CONTROL, 2), bench.read("cfg", LINK_CONTROL, 2)) == (0x2850, 0x0040)
    bench.place_bars()
    assert (bench.read32(0), bench.read32(4)) == (0, resets + 1)


def test_the_way_from_d3hot_to_d0_is_a_reset(bench: Bench) -> None:
    resets = bench.read32(4)
    bench.write("cfg", PM + 4, 3, 2)
    bench.write("cfg", PM + 4, 0, 2)
    bench.place_bars()
    assert bench.read32(4) == resets + 1


def test_an_interrupt_wakes(bench: Bench) -> None:
    bench.write("cfg", PM + 4, 0x100, 2)
    bench.write32(0, 1)
    assert (bench.irq("wake"), bench.read("cfg", PM + 4, 2)) == (1, 0x8100)
    bench.write("cfg", PM + 4, 0x8100, 2)
    assert bench.irq("wake") == 0


def test_the_extended_list(bench: Bench) -> None:
    found = [bench.read("cfg", at, 4) for at in range(0x100, 0x124, 4)]
    assert found == [
        0x10C10003, 0x44556677, 0x00112233,
        0x0001000B, 0x0182ABCD, 0x04030201, 0, 0, 0,
    ]  # fmt: skip


def test_the_serial_number_follows_a_property(device: Any) -> None:
    with Bench(device, properties={"serial": 0x99}) as bench:
        assert (bench.read("cfg", 0x104, 4), bench.read("cfg", 0x108, 4)) == (0x99, 0x00112233)


def test_registers_lie_in_all_of_configuration_space(bench: Bench) -> None:
    bench.write("cfg", 0xFFC, 0x12345678, 4)
    bench.write("cfg", 0x118, 0x55, 4)
    found = [bench.read("cfg", at, 4) for at in (0xFFC, 0x118, 0x114)]
    assert found == [0x12345678, 0x55, 0x04030201]


def test_beyond_the_end_there_are_ones(bench: Bench) -> None:
    bench.write("cfg", 0x1000, 0, 4)
    assert bench.read("cfg", 0x1000, 4) == 0xFFFFFFFF
