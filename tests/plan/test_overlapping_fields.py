"""Fields that share bits: what a read gives and what a write changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from generated_code import described_in, instance_of

from devgen.language import load_device
from devgen.language.view import view_of
from devgen.targets.register_words import drawing

HEAD = """
device: dut
bus: sysbus
regions:
  registers:
    space: mmio
    size: 4 KiB
    registers:
"""


def dut(folder: Path, registers: str) -> Any:
    return instance_of(described_in(HEAD + registers, folder))


def test_a_write_only_field_does_not_change_the_read_only_one(tmp_path: Path) -> None:
    device = dut(
        tmp_path,
        """\
      R:
        at: 0
        on_write: SEEN = value
        fields:
          COMMAND: {bits: 7:0, access: wo, singlepulse: true}
          STATUS: {bits: 3:0, access: ro, reset: 5}
          MODE: 9:8
      SEEN: {at: 4}
""",
    )
    assert (device.read_R(), device.R) == (5, 5)
    device.write_R(0xFFFF_FFFA)
    assert (device.read_R(), device.SEEN) == (0x305, 0x3FA)


def test_alternates_are_one_storage(tmp_path: Path) -> None:
    device = dut(
        tmp_path,
        """\
      R:
        at: 0
        fields:
          RATE: {bits: 7:0, reset: 0x21}
          HALF: {bits: 11:4, alternate: RATE, reset: 2}
          LOCKED: {bits: 1:0, alternate: RATE, access: ro}
      PUT: {at: 4, access: wo, on_write: 'R.HALF = value[7:0]'}
""",
    )
    assert device.read_R() == 0x21
    device.write_R(0xFFFF_FFFF)
    assert device.read_R() == 0xFFF
    device.write_PUT(0x12)
    assert device.read_R() == 0x12F


def test_the_effects_of_a_bit_are_those_of_the_first_field_that_can_be_written(tmp_path: Path) -> None:
    fields = "{A: {bits: 3:0, access: ro, reset: 15}, B: {bits: 3:0, alternate: A, write_effect: woclr}}"
    device = dut(tmp_path, f"      R: {{at: 0, fields: {fields}}}\n")
    device.write_R(0b0101)
    assert device.read_R() == 0b1010


def test_alternates_may_share_bits_with_each_other_only(tmp_path: Path) -> None:
    fields = "{A: {bits: 3:0, reset: 5}, B: {bits: 7:2, alternate: A, reset: 1}, C: {bits: 9:6, alternate: A}}"
    device = dut(tmp_path, f"      R: {{at: 0, fields: {fields}}}\n")
    assert device.read_R() == 5
    device.write_R(0xFFFF_FFFF)
    assert device.read_R() == 0x3FF


def test_an_alternate_without_a_common_bit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "dut.yaml"
    fields = "{A: 3:0, B: {bits: 9:8, alternate: A}, C: {bits: 8, alternate: A}}"
    path.write_text(f"{HEAD}      R: {{at: 0, fields: {fields}}}\n")
    found = [fault.message for fault in load_device(path).diagnostics]
    assert [text.split(":")[0] for text in found] == [
        "'B' cannot be an alternate of A",
        "'C' cannot be an alternate of A",
    ]


def test_each_field_is_in_one_layer_of_a_drawing(tmp_path: Path) -> None:
    path = tmp_path / "dut.yaml"
    fields = "{A: 7:0, B: {bits: 5:3, alternate: A}, C: {bits: 7:6, alternate: A}}"
    path.write_text(f"{HEAD}      R: {{at: 0, width: 8, fields: {fields}}}\n")
    (register,) = view_of(load_device(path)).registers
    rows = [[cell.field.name if cell.field else "" for cell in row] for row in drawing(register)]
    assert rows == [["A"], ["C", "B", ""]]
