"""`keys`: values that software writes to a register, in order, unlock something."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from generated_code import described_in, instance_of

TEXT = """
device: dut
bus: sysbus
keys:
  key: {KEY}
regions:
  registers:
    space: mmio
    size: 4 KiB
    registers:
      KEYR: {at: 0x00, fields: {CODE: 15:0, REST: 31:16}}
      CTRL: {at: 0x04, write_enable: key, fields: {LOCK: 7, MODE: 3:0}, on_write: 'if CTRL.LOCK: key = 0'}
      STATUS: {at: 0x08, access: ro, read: not key}
"""


def dut(folder: Path, key: str) -> Any:
    return instance_of(described_in(TEXT.replace("{KEY}", f"{{{key}}}"), folder))


def open_after(device: Any, *values: int) -> bool:
    for value in values:
        device.write_KEYR(value)
    opened = not device.read_STATUS()
    device.write_CTRL(5)
    assert (5 if opened else 0) == device.CTRL, "the status and the lock agree"
    return bool(opened)


STM32_FLASH = "register: KEYR, values: [0x45670123, 0xcdef89ab], wrong: until_reset"
STM32_RTC = "register: KEYR, values: [0xca, 0x53], wrong: lock"
SP805 = "register: KEYR, values: [0x1acce551], wrong: lock"
RESTART = "register: KEYR, values: [1, 2, 3]"
ONE_TRY = "register: KEYR, values: [7], wrong: until_reset"
FIELD = "register: KEYR.CODE, values: [0x5555, 0xaaaa]"


@pytest.mark.parametrize(
    ("key", "values", "opened"),
    [
        (STM32_FLASH, [], False),
        (STM32_FLASH, [0x45670123, 0xCDEF89AB], True),
        (STM32_FLASH, [0x45670123, 0x45670123, 0xCDEF89AB], False),
        (STM32_FLASH, [0xCDEF89AB, 0x45670123, 0xCDEF89AB], False),
        (STM32_FLASH, [0x45670123, 0xCDEF89AB, 1], False),
        (STM32_RTC, [0xCA, 0x53], True),
        (STM32_RTC, [0xCA, 1, 0x53], False),
        (STM32_RTC, [0xCA, 0x53, 0xFF], False),
        (STM32_RTC, [0xCA, 0x53, 0xFF, 0xCA, 0x53], True),
        (STM32_RTC, [0xCA, 0xCA, 0x53], True),
        (SP805, [0x1ACCE551], True),
        (SP805, [0x1ACCE551, 0x1ACCE551], True),
        (SP805, [0x1ACCE551, 0], False),
        (RESTART, [1, 2, 3], True),
        (RESTART, [1, 2, 2, 3], False),
        (RESTART, [1, 2, 1, 2, 3], True),
        (RESTART, [1, 2, 3, 9], True),
        (ONE_TRY, [7], True),
        (ONE_TRY, [8, 7], False),
        (FIELD, [0x1_5555, 0xF_AAAA], True),
    ],
)
def test_a_key_opens_after_its_values_in_order(tmp_path: Path, key: str, values: list[int], opened: bool) -> None:
    assert open_after(dut(tmp_path, key), *values) == opened


def test_a_reset_locks_and_ends_the_state_of_a_wrong_value(tmp_path: Path) -> None:
    device = dut(tmp_path, STM32_FLASH)
    assert not open_after(device, 5)
    device.reset()
    assert open_after(device, 0x45670123, 0xCDEF89AB)
    device.reset()
    assert device.read_STATUS() == 1


def test_behaviour_can_lock_again(tmp_path: Path) -> None:
    device = dut(tmp_path, SP805)
    assert open_after(device, 0x1ACCE551)
    device.write_CTRL(0x80)
    device.write_CTRL(3)
    assert device.CTRL == 0x80


def test_a_write_of_a_register_of_closed_by_locks_after_it_was_done(tmp_path: Path) -> None:
    device = dut(tmp_path, "register: KEYR, values: [0xd8], closed_by: [CTRL]")
    device.write_KEYR(0xD8)
    device.write_CTRL(1)
    device.write_CTRL(2)
    assert (device.CTRL, device.read_STATUS()) == (1, 1)


def test_a_narrow_write_is_one_value(tmp_path: Path) -> None:
    device = dut(tmp_path, RESTART)
    write = device.regions["registers"].ops.resolve_write
    for value in (1, 2, 3):
        write(0, 1)(value)
    assert device.read_STATUS() == 0


def test_a_key_in_the_middle_of_its_sequence_is_saved_and_restored(tmp_path: Path) -> None:
    device, other = dut(tmp_path, STM32_FLASH), dut(tmp_path, STM32_FLASH)
    device.write_KEYR(0x45670123)
    other.load_state(device.save_state())
    assert open_after(other, 0xCDEF89AB)


def test_a_keyword_of_python_can_be_the_name_of_a_key(tmp_path: Path) -> None:
    text = TEXT.replace("{KEY}", f"{{{RESTART}, closed_by: [CTRL]}}").replace("  key: {", "  class: {")
    for old, new in ((": key,", ": '`class`',"), ("not key", "not `class`"), ("key = 0", "`class` = 0")):
        text = text.replace(old, new)
    device = instance_of(described_in(text, tmp_path))
    for value in (1, 2, 3):
        device.write_KEYR(value)
    assert device.read_STATUS() == 0
