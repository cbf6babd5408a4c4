"""The order of an access's parts, and which writes run hooks, as a guest sees them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from generated_code import described_in, instance_of

HEAD = """
device: dut
bus: sysbus
state:
  runs: {width: 8}
  given: {width: 32}
  lanes: {width: 32}
regions:
  registers:
    space: mmio
    size: 4 KiB
    registers:
"""
NOTE = "on_write: ['runs = u8(runs + 1)', 'given = value', 'lanes = mask']"


def dut(folder: Path, *registers: str) -> Any:
    text = HEAD + "".join(f"      {register}\n" for register in registers)
    return instance_of(described_in(text, folder))


def write(device: Any, name: str, value: int, mask: int = 0xFFFF_FFFF) -> None:
    getattr(device, f"write_{name}")(value & mask, mask)


def test_a_read_effect_comes_before_on_read(tmp_path: Path) -> None:
    device = dut(
        tmp_path,
        "EV: {at: 0, access: ro, reset: 1, fields: {NEW: {bits: 0, read_effect: rclr}}, on_read: 'EV.NEW = MORE[0]'}",
        "MORE: {at: 4, reset: 1}",
    )
    assert device.read_EV() == 1
    assert device.EV == 1  # on_read has set it again, behind the effect


def test_a_guest_gets_the_value_before_effect_and_hook(tmp_path: Path) -> None:
    device = dut(tmp_path, "R: {at: 0, access: ro, reset: 5, read_effect: rclr, on_read: R = 9}")
    assert (device.read_R(), device.read_R()) == (5, 9)


@pytest.mark.parametrize(
    ("register", "writes", "expected"),
    [
        pytest.param(
            f"R: {{at: 0, access: rw1, {NOTE}}}",
            [(0x11, 0xFFFF_FFFF), (0x22, 0xFFFF_FFFF)],
            (1, 0x11, 0xFFFF_FFFF),
            id="a second write of a write-once register",
        ),
        pytest.param(
            f"R: {{at: 0, access: rw1, {NOTE}}}",
            [(0x11, 0xFF), (0x2233, 0xFFFF)],
            (2, 0x2200, 0xFF00),
            id="the byte that is written for the first time",
        ),
        pytest.param(
            f"R: {{at: 0, fields: {{A: 3:0, B: {{bits: '7:4', access: ro}}}}, {NOTE}}}",
            [(0xFFFF, 0xFFFF_FFFF)],
            (1, 0x0F, 0x0F),
            id="bits of fields that can be written",
        ),
        pytest.param(
            f"R: {{at: 0, fields: {{A: 3:0, B: {{bits: '15:8', access: ro}}}}, {NOTE}}}",
            [(0xFF00, 0xFF00)],
            (0, 0, 0),
            id="a byte with read-only fields alone",
        ),
        pytest.param(
            f"R: {{at: 0, fields: {{A: 3:0, ONCE: {{bits: '15:8', access: rw1}}}}, {NOTE}}}",
            [(0x5500, 0xFFFF_FFFF), (0xAA07, 0xFFFF_FFFF)],
            (2, 0x07, 0x0F),
            id="a write-once field beside another",
        ),
        pytest.param(
            f"R: {{at: 0, access: wo, {NOTE}}}", [(7, 0xFF)], (1, 7, 0xFF), id="a register that is stored nowhere"
        ),
    ],
)
def test_on_write_gets_the_bits_that_took_the_write(
    tmp_path: Path, register: str, writes: list[tuple[int, int]], expected: tuple[int, int, int]
) -> None:
    device = dut(tmp_path, register)
    for value, mask in writes:
        write(device, "R", value, mask)
    assert (device.runs, device.given, device.lanes) == expected


@pytest.mark.parametrize(
    ("registers", "offset", "size", "runs"),
    [
        pytest.param([f"R: {{at: 0, sizes: 4..4, {NOTE}}}"], 0, 2, 0, id="a size that the register does not answer"),
        pytest.param([f"R: {{at: 0, sizes: 4..4, {NOTE}}}"], 0, 4, 1, id="the size that it answers"),
        pytest.param(
            ["A: {at: 0, fields: {X: {bits: 0, access: rw}}}", f"R: {{at: 4, alias: A, {NOTE}}}"],
            5, 1, 0, id="a byte of an alias without fields",
        ),
        pytest.param(
            [f"R: {{at: 0, decode: word, fields: {{X: 0}}, {NOTE}}}"], 2, 1, 1, id="a narrow write that reaches all"
        ),
    ],
)  # fmt: skip
def test_on_write_runs_only_where_the_register_is_reached(
    tmp_path: Path, registers: list[str], offset: int, size: int, runs: int
) -> None:
    device = dut(tmp_path, *registers)
    device.regions["registers"].ops.resolve_write(offset, size)(1)
    assert device.runs == runs
