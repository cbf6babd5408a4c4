"""Bytes of strings in generated code."""

from __future__ import annotations

from pathlib import Path

import pytest
from generated_code import described_in, instance_of

TEXT = """\
device: dut
bus: sysbus
properties:
  label: {type: string, default: none}
regions:
  r:
    space: mmio
    size: 4 KiB
    width: 8
    registers:
      LABEL: {at: 0x00, count: 8, stride: 1, access: ro, read: 'label[index]'}
      MAGIC: {at: 0x10, count: 8, stride: 1, access: ro, read: '"QEMU"[index]'}
      HIGH: {at: 0x20, access: ro, read: '"Z"[0][7:4] if label == "Z" else "z"[0]'}
"""


@pytest.mark.parametrize(
    ("label", "found"),
    [("", bytes(8)), ("disk", b"disk\0\0\0\0"), ("longer than 8", b"longer t"), ("é", b"\xc3\xa9" + bytes(6))],
)
def test_a_string_is_read_byte_by_byte(tmp_path: Path, label: str, found: bytes) -> None:
    dut = instance_of(described_in(TEXT, tmp_path), label=label)
    assert bytes(dut.read_LABEL(n) for n in range(8)) == found
    assert bytes(dut.read_MAGIC(n) for n in range(8)) == b"QEMU\0\0\0\0"
    assert dut.read_HIGH() == (5 if label == "Z" else ord("z"))
