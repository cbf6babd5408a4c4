"""`write_enable`: software writes are taken only while the lock is open (SystemRDL 2.0, 9.6: `swwe`, `swwel`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from generated_code import class_of, described_in, instance_of

from devgen.runtime.base.guest_log import AccessLog
from devgen.runtime.device.environment import Environment
from devgen.runtime.time.clock import Clocks

HEAD = """
device: dut
bus: sysbus
state:
  runs: {width: 8}
regions:
  registers:
    space: mmio
    size: 4 KiB
"""
LOCK = "LOCK: {at: 0x80, fields: {OPEN: 0, SHUT: 1}}"
RUN = "on_write: runs = u8(runs + 1)"


def dut(folder: Path, register: str, region: str = "") -> Any:
    registers = "".join(f"      {line}\n" for line in (LOCK, *register.splitlines()))
    if region:
        registers = registers.replace("LOCK: {", "LOCK: {write_enable: true, ")
    return instance_of(described_in(f"{HEAD}{region}    registers:\n{registers}", folder))


def write(device: Any, offset: int, size: int, value: int) -> None:
    device.regions["registers"].ops.resolve_write(offset, size)(value)


def read(device: Any, offset: int, size: int = 4) -> int:
    value: int = device.regions["registers"].ops.resolve_read(offset, size)()
    return value


def test_swwe_a_register_is_writable_while_its_lock_is_not_0(tmp_path: Path) -> None:
    device = dut(tmp_path, f"R: {{at: 0, write_enable: LOCK.OPEN, {RUN}}}")
    for open_, value, stored, runs in ((0, 1, 0, 0), (1, 2, 2, 1), (0, 3, 2, 1)):
        write(device, 0x80, 4, open_)
        write(device, 0, 4, value)
        assert (device.R, device.runs) == (stored, runs)


def test_swwel_is_the_same_with_not(tmp_path: Path) -> None:
    device = dut(tmp_path, "R: {at: 0, write_enable: not LOCK.SHUT}")
    write(device, 0, 4, 1)
    write(device, 0x80, 4, 2)
    write(device, 0, 4, 3)
    assert device.R == 1


def test_swwe_overrides_the_access_of_one_field_only(tmp_path: Path) -> None:
    fields = "fields: {A: {bits: 7:0, write_enable: LOCK.OPEN}, B: 15:8}"
    device = dut(tmp_path, f"R: {{at: 0, {RUN}, {fields}}}")
    write(device, 0, 4, 0x1234)
    assert (device.R, device.runs) == (0x1200, 1)
    write(device, 0x80, 4, 1)
    write(device, 0, 4, 0x5678)
    assert (device.R, device.runs) == (0x5678, 2)


def test_a_write_of_locked_fields_alone_runs_nothing(tmp_path: Path) -> None:
    fields = "fields: {A: {bits: 7:0, write_enable: LOCK.OPEN}, B: 15:8}"
    device = dut(tmp_path, f"R: {{at: 0, {RUN}, {fields}}}")
    write(device, 0, 1, 0x12)
    assert (device.R, device.runs) == (0, 0)


@pytest.mark.parametrize("hook", ["write", "on_write"])
def test_hooks_see_only_the_bits_that_took_the_write(tmp_path: Path, hook: str) -> None:
    fields = "fields: {A: {bits: 7:0, write_enable: LOCK.OPEN}, B: 15:8}"
    body = f"{hook}: 'SEEN = value[15:0] | mask[15:0] << 16'"
    device = dut(tmp_path, f"SEEN: {{at: 4, access: ro}}\nR: {{at: 0, {body}, {fields}}}")
    write(device, 0, 2, 0x1234)
    assert device.SEEN == 0xFF00_1200


@pytest.mark.parametrize(
    ("effect", "start", "value"),
    [
        ("woclr", 0x0F, 0x05),
        ("woset", 0, 5),
        ("wot", 3, 7),
        ("wzc", 15, 0),
        ("wzs", 0, 0),
        ("wzt", 0, 0),
        ("wclr", 9, 1),
        ("wset", 0, 1),
    ],
)
def test_a_lock_stops_every_write_effect(tmp_path: Path, effect: str, start: int, value: int) -> None:
    fields = f"fields: {{A: {{bits: 3:0, reset: {start}, write_effect: {effect}, write_enable: LOCK.OPEN}}, B: 4}}"
    device = dut(tmp_path, f"R: {{at: 0, {fields}}}")
    write(device, 0, 4, value)
    assert start == device.R
    write(device, 0x80, 4, 1)
    write(device, 0, 4, value)
    assert start != device.R & 15


def test_a_refused_write_is_not_the_first_one_of_a_write_once_register(tmp_path: Path) -> None:
    device = dut(
        tmp_path,
        "R: {at: 0, access: rw1, write_enable: LOCK.OPEN}\n"
        "F: {at: 4, fields: {X: {bits: 7:0, access: rw1, write_enable: LOCK.OPEN}}}",
    )
    for offset in (0, 4):
        write(device, 0x80, 4, 0)
        write(device, offset, 4, 1)
        write(device, 0x80, 4, 1)
        write(device, offset, 4, 2)
        write(device, offset, 4, 3)
        assert read(device, offset) == 2


def test_a_lock_that_locks_itself_stays_locked_until_reset(tmp_path: Path) -> None:
    device = dut(tmp_path, "L: {at: 0, fields: {LOCK: {bits: 0, write_enable: not L.LOCK}, X: 1}}")
    write(device, 0, 4, 3)
    write(device, 0, 4, 0)
    assert device.L == 1
    device.reset()
    assert device.L == 0


def test_regwen_is_cleared_by_writing_0_and_locks_until_reset(tmp_path: Path) -> None:
    """OpenTitan: REGWEN is rw0c; a multi-bit one is a comparison."""
    device = dut(
        tmp_path,
        "REGWEN: {at: 0, write_effect: wzc, reset: 6, fields: {EN: 3:0}}\nR: {at: 4, write_enable: REGWEN.EN == 6}",
    )
    write(device, 4, 4, 1)
    write(device, 0, 4, 9)
    write(device, 4, 4, 2)
    write(device, 0, 4, 6)
    write(device, 4, 4, 3)
    assert (device.REGWEN, device.R) == (0, 1)


def test_the_lock_of_a_region_is_that_of_all_registers_that_do_not_say_otherwise(tmp_path: Path) -> None:
    registers = (
        "A: {at: 0}\nB: {at: 4, write_enable: true}\nC: {at: 8, write_enable: not LOCK.OPEN}\nD: {at: 12, access: ro}\n"
        "F: {at: 0x10, write_enable: EN, count: 2, stride: 8, registers: {EN: {at: 0, write_enable: true}, V: {at: 4}}}"
    )
    device = dut(tmp_path, registers, "    write_enable: LOCK.OPEN\n")
    for offset in range(0, 0x20, 4):
        write(device, offset, 4, offset + 1)
    assert [read(device, offset) for offset in range(0, 0x20, 4)] == [0, 5, 9, 0, 0x11, 0x15, 0x19, 0x1D]
    write(device, 0x80, 4, 1)
    write(device, 0x18, 4, 0)
    for offset in (0, 4, 8, 0x14, 0x1C):
        write(device, offset, 4, 0xFF)
    assert [read(device, offset) for offset in (0, 4, 8, 0x14, 0x1C)] == [0xFF, 0xFF, 9, 0xFF, 0x1D]


def test_an_alias_has_the_locks_of_the_fields_and_none_of_the_register(tmp_path: Path) -> None:
    fields = "fields: {A: {bits: 7:0, write_enable: LOCK.OPEN}, B: 15:8}"
    device = dut(tmp_path, f"R: {{at: 0, write_enable: LOCK.OPEN, {fields}}}\nS: {{at: 4, alias: R}}")
    write(device, 0, 4, 0x1234)
    write(device, 4, 4, 0x1234)
    assert device.R == 0x1200


def test_a_locked_window_reaches_nothing(tmp_path: Path) -> None:
    text = (
        f"{HEAD}    registers:\n      {LOCK}\n"
        "      DATA: {at: 0, write_enable: LOCK.OPEN, window: {region: bank, at: 0}}\n"
        "  bank:\n    space: indirect\n    size: 4\n    registers: {X: {at: 0}}\n"
    )
    device = instance_of(described_in(text, tmp_path))
    write(device, 0, 4, 1)
    assert device.X == 0
    write(device, 0x80, 4, 1)
    write(device, 0, 4, 2)
    assert device.X == 2


def test_refused_writes_are_logged_once_by_the_registers_name(tmp_path: Path) -> None:
    registers = (
        "CH: {at: 0, count: 2, stride: 4, write_enable: LOCK.OPEN}\n"
        "R: {at: 8, fields: {A: {bits: 7:0, write_enable: LOCK.OPEN}, B: 15:8}}\nV: {at: 12, write_constraint: 0..3}"
    )
    text = HEAD + "    registers:\n" + "".join(f"      {line}\n" for line in (LOCK, *registers.splitlines()))
    lines: list[str] = []
    env = Environment(Clocks.manual(), log=AccessLog("dut", sink=lines.append))
    device = class_of(described_in(text, tmp_path))(env)
    write(device, 8, 4, 0x1200)  # writes back what the locked field holds
    assert lines == []
    for offset, value in ((0, 1), (4, 1), (0, 1), (8, 1), (12, 4)):
        write(device, offset, 4, value)
    assert lines == [
        "dut: write to CH dropped: it is locked",
        "dut: write to R dropped: it is locked",
        "dut: write to V dropped: it does not take this value",
    ]


def test_devgens_own_behaviour_is_not_locked(tmp_path: Path) -> None:
    device = dut(tmp_path, "R: {at: 0, write_enable: LOCK.OPEN}\nGO: {at: 4, access: wo, on_write: R = value}")
    write(device, 4, 4, 7)
    assert device.R == 7
