"""Labels of several values, and of reads and writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from generated_code import class_of, described_in, instance_of

from devgen.hosts.bench import Bench
from devgen.language import load_device
from devgen.language.view import view_of

TEXT = """
device: dut
bus: sysbus
enumerations:
  onoff: {OFF: 0, ON: {value: 1, title: On, description: It runs.}}
regions:
  registers:
    space: mmio
    size: 4 KiB
    registers:
      R:
        at: 0
        fields:
          M: {bits: '4:2', values: {IDLE: 0, RUN: 1, TEST: 0b1x0, OTHER: default}}
          E: {bits: 0, values: onoff}
      W: {at: 4, fields: {F: {bits: 0, read_values: {SET: 1, UNSET: 0}, write_values: {STOP: 0, START: 1}}}}
      S: {at: 8}
      IS_TEST: {at: 0x10, access: ro, read: R.M == R.M.TEST}
      NOT_TEST: {at: 0x14, access: ro, read: R.M.TEST != R.M}
      IS_OTHER: {at: 0x18, access: ro, read: R.M == R.M.OTHER}
      NOT_OTHER: {at: 0x1c, access: ro, read: R.M != R.M.OTHER}
      WIDE: {at: 0x20, access: ro, read: S == R.M.TEST}
"""


def dut(folder: Path) -> Any:
    return instance_of(described_in(TEXT, folder))


@pytest.mark.parametrize("mode", range(8))
def test_a_pattern_and_a_default_match_each_of_their_values(tmp_path: Path, mode: int) -> None:
    device = dut(tmp_path)
    device.R = mode << 2
    test, other = mode in (4, 6), mode in (2, 3, 5, 7)
    found = [device.read_IS_TEST(), device.read_NOT_TEST(), device.read_IS_OTHER(), device.read_NOT_OTHER()]
    assert found == [test, not test, other, not other]


@pytest.mark.parametrize(
    ("value", "matched"), [(4, True), (6, True), (5, False), (0xC, False), (0x1_0000_0004 >> 4, False)]
)
def test_bits_beyond_the_field_must_be_zero(tmp_path: Path, value: int, matched: bool) -> None:
    device = dut(tmp_path)
    device.S = value
    assert device.read_WIDE() == matched


def test_a_test_reads_labels_of_reads_and_writes_labels_of_writes(tmp_path: Path) -> None:
    regs = Bench(class_of(described_in(TEXT, tmp_path))).regs
    regs.W.F = "START"
    assert regs.W.F == "SET"
    assert regs.W.F.label == "SET"


def test_the_view_has_all_of_a_label(tmp_path: Path) -> None:
    path = tmp_path / "dut.yaml"
    path.write_text(TEXT)
    fields = {field.path: field for register in view_of(load_device(path)).registers for field in register.fields}
    assert [(label.name, label.text, label.mask, label.exact) for label in fields["R.M"].values] == [
        ("IDLE", "0x0", 7, True),
        ("RUN", "0x1", 7, True),
        ("TEST", "0b1x0", 5, False),
        ("OTHER", "default", 0, False),
    ]
    assert fields["R.E"].enumeration == "onoff"
    assert [(label.name, label.title, label.description) for label in fields["R.E"].values] == [
        ("OFF", "", ""),
        ("ON", "On", "It runs."),
    ]
    assert {label.use for label in fields["W.F"].values} == {"read", "write"}
