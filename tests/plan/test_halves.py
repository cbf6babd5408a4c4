"""A register that a guest reaches in parts: when its hooks run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from findings import UNUSED
from generated_code import described_in, instance_of

from devgen.language import load_device

HEAD = """
device: dut
bus: sysbus
state:
  runs: {width: 8}
  given: {width: 64}
  lanes: {width: 64}
regions:
  registers:
    space: mmio
    size: 4 KiB
"""
NOTE = "on_write: ['runs = u8(runs + 1)', 'given = value']"
LOW, HIGH = 0x5566_7788, 0x1122_3344
WHOLE = HIGH << 32 | LOW
BUS_OF_4 = "    access: {valid: 1..4}\n"


def text(register: str, access: str = "") -> str:
    return f"{HEAD}{access}    registers:\n      R: {{at: 0, width: 64, {register}}}\n"


def dut(folder: Path, register: str, access: str = "") -> Any:
    return instance_of(described_in(text(register, access), folder))


def bank(device: Any) -> Any:
    return device.regions["registers"].ops


def write(device: Any, offset: int, size: int, value: int) -> None:
    bank(device).resolve_write(offset, size)(value)


def read(device: Any, offset: int, size: int) -> int:
    value = bank(device).resolve_read(offset, size)()
    assert isinstance(value, int)
    return value


WAYS = {
    "one access of 8 bytes": [(0, 8, WHOLE)],
    "the low half first": [(0, 4, LOW), (4, 4, HIGH)],
    "bytes": [(at, 1, WHOLE >> 8 * at & 0xFF) for at in range(8)],
}


@pytest.mark.parametrize("access", ["", BUS_OF_4], ids=["bus of 8", "bus of 4"])
@pytest.mark.parametrize("kind", ["", "access: wo, "], ids=["rw", "wo"])
@pytest.mark.parametrize("way", WAYS)
def test_on_write_runs_once_with_the_whole_value(tmp_path: Path, way: str, kind: str, access: str) -> None:
    device = dut(tmp_path, kind + NOTE, access)
    for offset, size, value in WAYS[way]:
        write(device, offset, size, value)
    assert (device.runs, device.given) == (1, WHOLE)


def test_halves_each_runs_with_each_part(tmp_path: Path) -> None:
    device = dut(tmp_path, "halves: each, " + NOTE)
    write(device, 0, 4, LOW)
    assert (device.runs, device.given) == (1, LOW)
    write(device, 4, 4, HIGH)
    assert (device.runs, device.given) == (2, HIGH << 32)


def test_a_write_of_the_low_half_alone_waits(tmp_path: Path) -> None:
    device = dut(tmp_path, NOTE)
    write(device, 0, 4, LOW)
    assert (device.runs, device.R) == (0, LOW)


def test_the_highest_byte_that_is_writable_decides(tmp_path: Path) -> None:
    """Bits 39:32 lie in byte 4; the read-only bits above do not count."""
    device = dut(tmp_path, "fields: {A: 39:4, B: {bits: '63:40', access: ro}}, " + NOTE)
    write(device, 5, 1, 0xFF)
    assert device.runs == 0
    write(device, 0, 4, 0xFFFF_FFFF)
    assert device.runs == 0
    write(device, 4, 1, 0x12)
    assert (device.runs, device.given) == (1, 0x12_FFFF_FFF0)


def test_halves_last_gives_a_hook_the_mask_of_all_writable_bits(tmp_path: Path) -> None:
    device = dut(tmp_path, "halves: last, fields: {A: 39:4}, on_write: ['lanes = mask']")
    write(device, 4, 4, 0xFFFF_FFFF)
    assert device.lanes == 0xFF_FFFF_FFF0


def test_before_read_runs_with_the_low_part_and_on_read_with_the_high_one(tmp_path: Path) -> None:
    hooks = "access: ro, before_read: ['R = 0x1111111122222222 + runs'], on_read: ['runs = u8(runs + 1)']"
    device = dut(tmp_path, hooks)
    assert (read(device, 0, 4), device.runs) == (0x2222_2222, 0)
    assert (read(device, 4, 4), device.runs) == (0x1111_1111, 1)
    assert (read(device, 0, 8), device.runs) == (0x1111_1111_2222_2223, 2)


def test_hooks_of_one_half_run_with_that_half(tmp_path: Path) -> None:
    device = dut(
        tmp_path, "fields: {A: 7:0, B: {bits: '63:32', access: ro}}, on_write: ['runs = u8(runs + 1)', 'lanes = mask']"
    )
    write(device, 4, 4, HIGH)
    assert device.runs == 0
    write(device, 0, 4, LOW)
    assert (device.runs, device.lanes) == (1, 0xFF)


def codes(folder: Path, register: str, access: str = "") -> list[str]:
    path = folder / "dut.yaml"
    path.write_text(text(register, access))
    return [one.code for one in load_device(path).diagnostics if one.code not in UNUSED]


WARNED = [
    "on_write: given = value & mask",
    "on_write: given = value ^ old",
    "write: R = value",
    "read: given, on_write: given = value",
    "write_effect: woclr, on_write: given = value",
    "fields: {A: 31:0, B: {bits: '63:32', singlepulse: true}}, on_write: given = value",
    "access: rw1, on_write: given = value",
]


@pytest.mark.parametrize("register", WARNED)
def test_a_hook_that_needs_the_parts_is_warned_of_until_it_says_so(tmp_path: Path, register: str) -> None:
    assert codes(tmp_path, register) == ["DG0417"]
    assert codes(tmp_path, "halves: each, " + register) == []
    assert codes(tmp_path, register, "    access: {valid: 8..8}\n") == []


REFUSED = [
    ("halves: last, write: R = value", "DG0208"),
    ("halves: last, write_effect: woclr, on_write: given = value", "DG0208"),
    ("halves: last, read: given, on_write: given = value", "DG0208"),
    ("halves: each", "DG0209"),
    ("halves: sometimes, on_write: given = value", "DG0204"),
]


@pytest.mark.parametrize(("register", "code"), REFUSED)
def test_halves_is_refused_where_it_cannot_be_or_decides_nothing(tmp_path: Path, register: str, code: str) -> None:
    assert codes(tmp_path, register) == [code]


def test_halves_is_refused_where_every_access_is_whole(tmp_path: Path) -> None:
    assert codes(tmp_path, "halves: last, " + NOTE, "    access: {valid: 8..8}\n") == ["DG0209"]
