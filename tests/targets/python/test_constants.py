"""Constants of a description, in generated code."""

from __future__ import annotations

from pathlib import Path

from generated_code import class_of, described_in

from devgen.hosts.bench import Bench

TEXT = """\
device: dut
bus: sysbus
constants: {COUNT: 3, FIRST: 0x40, NAME: 7}
state: {element: {width: 8, count: COUNT, reset: FIRST + index}}
regions:
  r:
    space: mmio
    size: 16
    registers:
      R: {at: 0x0, on_write: 'element[1] = NAME if value > FIRST else COUNT'}
"""


def test_a_constant_is_a_size_a_start_value_and_an_operand(tmp_path: Path) -> None:
    device = class_of(described_in(TEXT, tmp_path))
    with Bench(device) as bench:
        assert bench.dut.element == b"\x40\x41\x42"
        bench.write32(0, 0x41)
        assert bench.dut.element[1] == 7
        bench.write32(0, 0x40)
        assert bench.dut.element[1] == 3
    assert (device.COUNT, device.FIRST, device.NAME) == (3, 0x40, "dut")
