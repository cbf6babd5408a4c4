"""A write through a window runs the hooks of the register behind it only if that takes the write."""

from __future__ import annotations

from pathlib import Path

from generated_code import described_in, instance_of

TEXT = """
device: dut
bus: sysbus
state: {runs: {width: 8}}
regions:
  ports:
    space: mmio
    size: 8
    registers:
      INDEX: {at: 0, fields: {N: 1:0}}
      DATA: {at: 4, window: {region: bank, at: INDEX.N * 4}}
  bank:
    space: indirect
    size: 16
    registers:
      ONCE: {at: 0, access: rw1, on_write: runs = u8(runs + 1)}
      PART: {at: 4, fields: {A: 7:0, B: {bits: '31:8', access: ro}}, on_write: runs = u8(runs + 1)}
"""


def test_a_second_write_of_a_write_once_register_runs_nothing(tmp_path: Path) -> None:
    device = instance_of(described_in(TEXT, tmp_path))
    for _ in range(2):
        device.regions["ports"].ops.resolve_write(4, 4)(7)
    assert device.runs == 1


def test_a_byte_of_read_only_bits_runs_nothing(tmp_path: Path) -> None:
    device = instance_of(described_in(TEXT, tmp_path))
    device.regions["ports"].ops.resolve_write(0, 4)(1)
    device.regions["ports"].ops.resolve_write(6, 1)(7)
    assert device.runs == 0
    device.regions["ports"].ops.resolve_write(4, 1)(7)
    assert device.runs == 1
