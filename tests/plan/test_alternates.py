"""Registers that have the same bytes: which one an access reaches, and whose storage they show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from generated_code import class_of, described_in, instance_of

from devgen.hosts.bench import Bench
from devgen.hosts.bench.arguments import BenchError
from devgen.runtime.observe import Tracer

HEAD = """
device: dut
bus: sysbus
regions:
  registers:
    space: mmio
    size: 4 KiB
"""

UART = """\
    registers:
      LCR: {at: 3, width: 8, fields: {DLAB: 7}}
      RBR: {at: 0, width: 8, access: ro, reset: 0x41}
      THR: {at: 0, width: 8, access: wo, on_write: LAST = value}
      DLL: {at: 0, width: 8, when: LCR.DLAB, reset: 12}
      DLM: {at: 1, width: 8, when: LCR.DLAB, reset: 34}
      IER: {at: 1, width: 8, reset: 0x0f}
      MUTE: {at: 2, width: 8, when: LCR.DLAB, constant: 0}
      SPEAK: {at: 2, width: 8, reset: 0x55}
      LAST: {at: 8, width: 8}
"""

VIEWS = """\
    registers:
      OUT: {at: 0x18, reset: 0x31, fields: {S: 1:0, M: 6:4}, on_write: SEEN = value}
      IN: {at: 0x18, alternate: OUT, fields: {S: {bits: 1:0, access: ro}, F: 7:4, TOP: 31:16}}
      SEEN: {at: 0x1c}
      DR: {at: 0x20, reset: 0x12345678}
      DR_HIGH: {at: 0x22, width: 16, alternate: DR, fields: {LOW: 7:0, HIGH: 15:8}}
      ARRAY: {at: 0x40, count: 4, reset: 7}
      THIRD: {at: 0x48, alternate: ARRAY}
      PUT: {at: 0x30, access: wo, on_write: ['IN.TOP = value[15:0]', 'DR_HIGH.HIGH = value[7:0]', THIRD = DR_HIGH]}
"""


def dut(folder: Path, registers: str, region: str = "") -> Any:
    return instance_of(described_in(HEAD + region + registers, folder))


def write(device: Any, offset: int, size: int, value: int) -> None:
    device.regions["registers"].ops.resolve_write(offset, size)(value)


def read(device: Any, offset: int, size: int) -> int:
    value = device.regions["registers"].ops.resolve_read(offset, size)()
    assert isinstance(value, int)
    return value


DECODINGS = [f"    decode: {decode}\n" for decode in ("lanes", "exact", "word")]


@pytest.mark.parametrize("decode", DECODINGS)
def test_a_mode_chooses_the_register_of_each_access(tmp_path: Path, decode: str) -> None:
    device = dut(tmp_path, UART, decode)
    assert [read(device, at, 1) for at in range(3)] == [0x41, 0x0F, 0x55]
    write(device, 3, 1, 0x80)
    assert [read(device, at, 1) for at in range(3)] == [12, 34, 0]
    write(device, 0, 1, 0x99)
    write(device, 3, 1, 0)
    write(device, 0, 1, 0x66)
    assert [read(device, at, 1) for at in range(3)] == [0x41, 0x0F, 0x55]
    assert (device.DLL, device.LAST) == (0x99, 0x66)


def test_a_write_reaches_the_first_register_that_can_be_written(tmp_path: Path) -> None:
    device = dut(tmp_path, UART)
    write(device, 3, 1, 0x80)
    write(device, 2, 1, 0x77)
    assert (read(device, 2, 1), device.SPEAK) == (0, 0x77)


def test_conditions_are_evaluated_before_the_access(tmp_path: Path) -> None:
    device = dut(tmp_path, UART)
    assert read(device, 0, 4) == 0x0055_0F41
    write(device, 0, 4, 0x8011_2233)
    assert (device.LAST, device.IER, device.SPEAK, device.LCR) == (0x33, 0x22, 0x11, 0x80)
    assert read(device, 0, 4) == 0x8000_220C


def test_a_condition_may_name_the_element_and_its_siblings(tmp_path: Path) -> None:
    device = dut(
        tmp_path,
        """\
    registers:
      ON: {at: 0, width: 8}
      CH:
        at: 0x100
        count: 3
        when: ON
        registers:
          MODE: {at: 0}
          A: {at: 4, when: MODE == 1, reset: 1}
          B: {at: 4, when: MODE == 1 or index == 2, reset: 2}
          C: {at: 4, reset: 3}
""",
    )
    assert [read(device, 0x104 + 8 * at, 4) for at in range(3)] == [0, 0, 0]
    write(device, 0, 1, 1)
    write(device, 0x108, 4, 1)
    assert [read(device, 0x104 + 8 * at, 4) for at in range(3)] == [3, 1, 2]


def test_without_any_register_for_the_mode_the_address_is_reserved(tmp_path: Path) -> None:
    registers = "    registers: {M: {at: 0, width: 8}, A: {at: 4, when: M, reset: 5}}\n"
    device = dut(tmp_path, registers, "    reserved: ones\n")
    assert read(device, 4, 4) == 0xFFFF_FFFF
    write(device, 4, 4, 1)
    write(device, 0, 1, 1)
    assert read(device, 4, 4) == 5


def test_a_condition_without_modes_of_others_costs_nothing(tmp_path: Path) -> None:
    device = dut(tmp_path, UART)
    assert device.regions["registers"].ops.resolve_read(8, 1) == device.read_LAST


def test_views_share_bits_and_add_theirs(tmp_path: Path) -> None:
    device = dut(tmp_path, VIEWS)
    assert read(device, 0x18, 4) == 0x31
    write(device, 0x18, 4, 0xFFFF_FFFF)
    assert read(device, 0x18, 4) == 0xFFFF_00F3
    assert read(device, 0x1C, 4) == 0xFFFF_00F3, "on_write sees the bits of the views"
    write(device, 0x22, 2, 0xABCD)
    assert read(device, 0x20, 4) == 0xABCD_5678
    write(device, 0x30, 4, 0x1234)
    assert (device.OUT, device.DR, device.ARRAY) == (0x1234_00F3, 0x34CD_5678, [7, 7, 0x34CD, 7])


def test_a_view_in_a_big_endian_region_counts_from_the_other_end(tmp_path: Path) -> None:
    registers = """\
    access: {valid: 1..4, endian: big}
    registers:
      DR: {at: 0, reset: 0x11223344}
      TOP: {at: 0, width: 8, alternate: DR}
      SET: {at: 4, access: wo, on_write: TOP = 0x99}
"""
    device = dut(tmp_path, registers)
    write(device, 4, 4, 0)
    assert (read(device, 0, 1), device.DR) == (0x99, 0x99223344)


def test_a_file_is_another_view_of_a_file(tmp_path: Path) -> None:
    registers = """\
    registers:
      COUNT8: {at: 0, registers: {CTRL: {at: 0, width: 8}, COUNT: {at: 4, width: 8, reset: 9}, PER: {at: 8, width: 8}}}
      COUNT32: {at: 0, alternate: COUNT8, registers: {MODE: {at: 0, width: 8}, COUNT: {at: 4}, CC: {at: 12}}}
      PUT: {at: 0x20, access: wo, on_write: [COUNT32.MODE = 3, COUNT32.CC = 4]}
"""
    device = dut(tmp_path, registers)
    write(device, 4, 4, 0x0102_0304)
    assert read(device, 4, 4) == 0x0102_0304
    assert device.COUNT8_COUNT == 4
    write(device, 0x20, 4, 0)
    assert (device.COUNT8_CTRL, read(device, 12, 4)) == (3, 4)


def test_a_view_of_a_mode_has_its_own_fields_of_the_same_storage(tmp_path: Path) -> None:
    registers = """\
    registers:
      M: {at: 8, width: 8}
      A: {at: 0, reset: 0x0f, fields: {LOW: 7:0, HIGH: 15:8}}
      B:
        at: 0
        when: M
        alternate: A
        fields: {ONCE: {bits: 3:0, access: rw1}, LEFT: {bits: 7:4, write_effect: woset}}
"""
    device = dut(tmp_path, registers)
    write(device, 8, 1, 1)
    assert read(device, 0, 4) == 0x0F
    write(device, 0, 4, 0xFFE5)
    write(device, 0, 4, 0xFF1A)
    assert (read(device, 0, 4), device.A) == (0xF5, 0xF5)
    write(device, 8, 1, 0)
    write(device, 0, 4, 0x1234)
    assert device.A == 0x1234


def test_an_alias_may_have_fields_of_its_own(tmp_path: Path) -> None:
    registers = """\
    registers:
      A: {at: 0, reset: 0x80000005, fields: {LOW: 3:0, MID: 7:4, TOP: 31}}
      SET: {at: 4, alias: A, fields: {LOW: {bits: 3:0, write_effect: woset}, TOP: {bits: 31, access: ro}}}
      PUT: {at: 8, access: wo, on_write: 'SET.LOW = value[3:0]'}
"""
    device = dut(tmp_path, registers)
    write(device, 0, 4, 0x8000_0035)
    write(device, 4, 4, 0xFF)
    assert (read(device, 4, 4), device.A) == (0x8000_000F, 0x8000_003F)
    write(device, 4, 4, 0x0000_0000)
    assert device.A == 0x8000_003F
    write(device, 8, 4, 2)
    assert device.A == 0x8000_0032


def test_a_trace_names_the_register_of_the_mode_at_the_time_of_the_access(tmp_path: Path) -> None:
    """The second read flips the mode back after it has read."""
    registers = """\
    registers:
      FLIP: {at: 4, width: 8}
      INDEX: {at: 0, width: 8, when: FLIP == 0, on_read: FLIP = 1}
      DATA: {at: 0, width: 8, on_read: FLIP = 0, reset: 7}
"""
    device = class_of(described_in(HEAD + registers, tmp_path))
    bench, lines = Bench(device), list[str]()
    with Tracer(bench.machine, lines.append, level="access"):
        for _ in range(2):
            bench.read("registers", 0, 1)
    assert [line.split()[1] for line in lines] == ["dut.INDEX", "dut.DATA"]


def test_a_saved_state_holds_what_the_modes_hide(tmp_path: Path) -> None:
    device = dut(tmp_path, UART)
    device.DLL = 3
    other = dut(tmp_path, UART)
    other.load_state(device.save_state())
    assert other.DLL == 3


def test_a_test_uses_a_view_by_its_name(tmp_path: Path) -> None:
    regs = Bench(class_of(described_in(HEAD + VIEWS, tmp_path))).regs
    regs.IN.F = 5
    assert (regs.IN.F, regs.OUT.M, regs.IN.peek() & 0xF0) == (5, 5, 0x50)
    regs.DR_HIGH.write(3)
    assert regs.DR == 0x0003_5678
    with pytest.raises(BenchError, match="is a part of DR: peek at that"):
        regs.DR_HIGH.peek()


def test_a_read_only_and_a_write_only_member_share_an_offset(tmp_path: Path) -> None:
    registers = """\
    registers:
      OBJECT:
        at: 0
        count: 2
        registers:
          STATE: {at: 0, access: ro, reset: 3}
          COMMAND: {at: 0, access: wo, on_write: STATE = value}
"""
    device = dut(tmp_path, registers)
    write(device, 4, 4, 8)
    assert [read(device, at, 4) for at in (0, 4)] == [3, 8]
