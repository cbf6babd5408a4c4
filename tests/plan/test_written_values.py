"""`write_constraint`: a write of another value is dropped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from generated_code import described_in, instance_of

from devgen.language import load_device
from devgen.language.view import view_of
from devgen.targets.register_words import reset_words

HEAD = """
device: dut
bus: sysbus
state:
  runs: {width: 8}
regions:
  registers:
    space: mmio
    size: 4 KiB
    registers:
"""
RUN = "on_write: runs = u8(runs + 1)"
LABELS = "values: {A: 1, B: 0b11x, OLD: 0}"


def dut(folder: Path, register: str) -> Any:
    return instance_of(described_in(f"{HEAD}      R: {{at: 0, {RUN}, {register}}}\n", folder))


CASES = [
    ("write_constraint: 3..9, reset: 5", [(2, 5), (3, 3), (9, 9), (10, 9)]),
    ("fields: {F: {bits: 6:4, write_constraint: 1..7, reset: 1}, G: 0}", [(0x01, 0x10), (0x71, 0x71), (0x0, 0x71)]),
    ("fields: {F: {bits: 2:0, write_constraint: 0..7}}", [(7, 7), (0, 0)]),
    (
        f"fields: {{F: {{bits: 3:1, {LABELS}, write_constraint: enumerated}}}}",
        [(2, 2), (4, 2), (12, 12), (14, 14), (0, 0)],
    ),
    ("fields: {F: {bits: 3:0, reset: 6, write_constraint: as_read}, G: 4}", [(0x11, 6), (0x16, 0x16), (0x06, 6)]),
]


@pytest.mark.parametrize(("register", "writes"), CASES, ids=[case[0] for case in CASES])
def test_a_write_of_another_value_is_dropped(tmp_path: Path, register: str, writes: list[tuple[int, int]]) -> None:
    device = dut(tmp_path, register)
    taken = 0
    for value, after in writes:
        device.write_R(value)
        assert device.read_R() == after
        taken += value == after
    assert device.runs == taken


def test_a_partial_write_is_tested_with_the_bytes_that_it_reaches(tmp_path: Path) -> None:
    device = dut(tmp_path, "fields: {F: {bits: 15:4, write_constraint: 0x10..0xfff}, G: 31:24}")
    write = device.regions["registers"].ops.resolve_write
    write(3, 1)(0x77)
    assert device.R == 0x7700_0000, "the field is not reached, though its reset is not a value that it takes"
    write(0, 1)(0xF0)
    assert device.R == 0x7700_0000
    write(0, 2)(0x1230)
    write(1, 1)(0)
    assert device.R == 0x7700_1230


@pytest.mark.parametrize(
    ("register", "shown"),
    [
        ("reset: 0x12, reset_mask: 0xff", "0xxxxxxx12"),
        ("width: 8, fields: {A: {bits: 2:1, reset: unknown}, B: {bits: 3, reset: 1}}", "0b00001xx0"),
        ("reset: 0x12", "0x00000012"),
    ],
)
def test_pages_show_which_bits_of_a_reset_are_unknown(tmp_path: Path, register: str, shown: str) -> None:
    path = tmp_path / "dut.yaml"
    path.write_text(f"{HEAD}      R: {{at: 0, {RUN}, {register}}}\n")
    (found,) = view_of(load_device(path)).registers
    assert reset_words(found) == shown
