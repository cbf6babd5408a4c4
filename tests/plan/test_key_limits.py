"""Limits of key sequences (`within`, `open_for`), what a wrong one does, and keys in arrays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from generated_code import class_of, described_in

from devgen.hosts.bench import Bench

TEXT = """
device: dut
bus: sysbus
keys:
  key: {register: KEYR, values: [0xc520, 0xd928], KEYS}
state:
  opened: {width: 8}
  refused: {width: 8}
  expired: {width: 8}
regions:
  registers:
    space: mmio
    size: 4 KiB
    registers:
      KEYR: {at: 0x00, width: 16, access: wo}
      CTRL: {at: 0x04, write_enable: key}
      MODE: {at: 0x08, fields: {FREE: 3:0, HELD: {bits: 7:4, write_enable: key}}}
      SEEN: {at: 0x0c, access: ro, read: opened | refused << 8 | expired << 16}
      PORT: {at: 0x10}
gpio_out:
  unlocked: {level: key}
"""
HOOKS = "on_open: 'opened = u8(opened + 1)', on_wrong: 'refused = u8(refused + 1)'"
EXPIRY = ", on_expire: 'expired = u8(expired + 1)'"
OPENED, REFUSED, EXPIRED = 1, 0x100, 0x10000


def bench(folder: Path, keys: str) -> Bench[Any]:
    return Bench(class_of(described_in(TEXT.replace("KEYS", keys), folder)))


def dut(on: Bench[Any]) -> Any:
    return on.dut


def wait(on: Bench[Any], ns: int) -> None:
    on.clock.advance(ns)


KINETIS = f"within: 20 cycles, frequency: 50 MHz, open_for: 256 cycles, {HOOKS}{EXPIRY}"
"""The K20's watchdog: the second word at most 20 bus cycles after the first, 256 bus cycles to write the registers."""


@pytest.mark.parametrize(("gap", "opened"), [(0, 1), (400, 1), (401, 0)])
def test_the_second_value_may_come_so_many_cycles_after_the_first(tmp_path: Path, gap: int, opened: int) -> None:
    with bench(tmp_path, KINETIS) as on:
        on.regs.KEYR.write(0xC520)
        wait(on, gap)
        on.regs.KEYR.write(0xD928)
        assert on.gpio() == opened


def test_a_sequence_that_takes_too_long_is_wrong_when_the_time_has_passed(tmp_path: Path) -> None:
    with bench(tmp_path, KINETIS) as on:
        on.regs.KEYR.write(0xC520)
        wait(on, 401)
        assert on.regs.SEEN.read() == REFUSED
        on.regs.KEYR.write(0xC520)
        on.regs.KEYR.write(0xD928)
        wait(on, 401)
        assert on.regs.SEEN.read() == OPENED + REFUSED


@pytest.mark.parametrize(("delay", "written"), [(5120, 7), (5121, 0)])
def test_an_open_key_expires(tmp_path: Path, delay: int, written: int) -> None:
    with bench(tmp_path, KINETIS) as on:
        on.regs.KEYR.write(0xC520)
        on.regs.KEYR.write(0xD928)
        wait(on, delay)
        on.regs.CTRL.write(7)
        assert on.regs.CTRL.read() == written
        assert on.gpio() == bool(written)
        assert on.regs.SEEN.read() == (OPENED if written else OPENED + EXPIRED)


def test_a_key_that_was_locked_before_its_time_does_not_expire(tmp_path: Path) -> None:
    with bench(tmp_path, f"closed_by: [CTRL], {KINETIS}") as on:
        on.regs.KEYR.write(0xC520)
        on.regs.KEYR.write(0xD928)
        on.regs.CTRL.write(7)
        wait(on, 10_000)
        assert on.regs.SEEN.read() == OPENED


FEED = f"within: 1 access, {HOOKS}"
"""The LPC1768's WDFEED, and PIC32's SYSKEY: no other access of the peripheral between the two writes."""


def test_no_other_access_may_come_between_the_values(tmp_path: Path) -> None:
    with bench(tmp_path, FEED) as on:
        on.regs.KEYR.write(0xC520)
        on.regs.KEYR.write(0xD928)
        on.regs.KEYR.write(0xC520)
        assert on.regs.PORT.read() == 0
        assert on.regs.SEEN.read() == OPENED + REFUSED
        on.regs.KEYR.write(0xD928)
        assert on.regs.SEEN.read() == OPENED + 2 * REFUSED


def test_a_wrong_value_counts_once(tmp_path: Path) -> None:
    with bench(tmp_path, FEED) as on:
        on.regs.KEYR.write(0xC520)
        on.regs.KEYR.write(1)
        assert on.regs.PORT.read() == 0
        assert on.regs.SEEN.read() == REFUSED


def test_the_first_value_twice_is_a_wrong_value_and_a_new_start(tmp_path: Path) -> None:
    with bench(tmp_path, FEED) as on:
        for value in (0xC520, 0xC520, 0xD928):
            on.regs.KEYR.write(value)
        assert on.regs.SEEN.read() == OPENED + REFUSED


@pytest.mark.parametrize("access", ["read", "write", "reserved", "narrow"])
def test_each_access_of_the_device_counts(tmp_path: Path, access: str) -> None:
    with bench(tmp_path, FEED) as on:
        on.regs.KEYR.write(0xC520)
        match access:
            case "read":
                on.read(None, 0x10, 4)
            case "write":
                on.write(None, 0x10, 4, 4)
            case "reserved":
                on.read(None, 0x800, 4)
            case _:
                on.read(None, 0x11, 1)
        on.regs.KEYR.write(0xD928)
        assert on.gpio() == 0


def test_an_open_key_ends_after_its_accesses(tmp_path: Path) -> None:
    """AVR's CCP opens the protected registers for four instructions; the fourth may still write."""
    with bench(tmp_path, f"open_for: 4 accesses, {HOOKS}{EXPIRY}") as on:
        for before, written in ((3, 5), (4, 0)):
            on.regs.KEYR.write(0xC520)
            on.regs.KEYR.write(0xD928)
            for _ in range(before):
                on.regs.PORT.read()
            on.regs.CTRL.write(written or 9)
            assert dut(on).CTRL == 5
            on.regs.PORT.read()
        assert on.regs.SEEN.read() == 2 * OPENED + 2 * EXPIRED


@pytest.mark.parametrize("register", ["CTRL", "MODE"])
def test_one_write_of_what_the_key_locks_locks_again(tmp_path: Path, register: str) -> None:
    with bench(tmp_path, "open_for: 1 write") as on:
        on.regs.KEYR.write(0xC520)
        on.regs.KEYR.write(0xD928)
        on.regs.PORT.write(1)
        assert on.gpio() == 1
        on.regs[register].write(0x77)
        assert on.gpio() == 0
        assert on.regs[register].read() == 0x77
        on.regs[register].write(0)
        assert on.regs[register].read() == (0x70 if register == "MODE" else 0x77)


@pytest.mark.parametrize("keys", [KINETIS, f"{FEED}, open_for: 6 accesses", f"open_for: 1 write, {FEED}"])
def test_limits_are_saved_and_restored(tmp_path: Path, keys: str) -> None:
    """The restored device goes on exactly as the one whose state was saved, from each place of a run."""
    steps = [("KEYR", 0xC520), ("KEYR", 0xD928), ("wait", 300), ("CTRL", 1), ("KEYR", 0xC520), ("wait", 390)]
    steps += [("KEYR", 0xD928), ("PORT", 3), ("MODE", 0x33), ("wait", 9000), ("CTRL", 8)]

    def run(on: Bench[Any], steps: list[tuple[str, int]]) -> None:
        for what, value in steps:
            if what == "wait":
                wait(on, value)
            else:
                on.regs[what].write(value)

    for at in range(len(steps)):
        with bench(tmp_path, keys) as first, bench(tmp_path, keys) as other:
            run(first, steps[:at])
            other.load_state(first.save_state())
            run(first, steps[at:])
            run(other, steps[at:])
            assert first.save_state() == other.save_state(), at


def test_a_reset_ends_every_limit(tmp_path: Path) -> None:
    with bench(tmp_path, KINETIS) as on:
        on.regs.KEYR.write(0xC520)
        on.reset()
        wait(on, 10_000)
        assert on.regs.SEEN.read() == 0


def test_a_limit_may_follow_from_a_property(tmp_path: Path) -> None:
    hertz, wait_ns = "default: 1000000, range: 1..1000000000", "default: 700, range: 1..5000"
    properties = f"properties: {{hertz: {{type: int, {hertz}}}, wait: {{type: int, {wait_ns}}}}}\nkeys:"
    text = TEXT.replace("keys:", properties).replace("KEYS", "within: 2 cycles, frequency: hertz, open_for: wait * 2")
    device = class_of(described_in(text, tmp_path))
    for rate, gap, opened in ((1_000_000, 2000, 1), (1_000_000, 2001, 0), (2_000_000, 1001, 0), (3_000_000, 666, 1)):
        with Bench(device, hertz=rate) as on:
            on.regs.KEYR.write(0xC520)
            wait(on, gap)
            on.regs.KEYR.write(0xD928)
            assert on.gpio() == opened
            wait(on, 1400)
            assert on.gpio() == opened
            wait(on, 1)
            assert on.gpio() == 0


# --- arrays ------------------------------------------------------------------------------

ARRAYS = """
device: dut
bus: sysbus
properties:
  ports: {type: int, default: 3, range: 1..4}
keys:
  single:
    {register: KEYS, values: [1, 2], wrong: lock, within: 1 us, closed_by: [CLOSE, CLOSE_ALL], on_wrong: bad = index}
  member: {register: PORT.KEYR, values: [1, 2], within: 3 accesses, closed_by: [PORT.CLOSE, PORT.LANE.CTRL, CLOSE_ALL]}
  deep: {register: PORT.LANE.KEYR.CODE, values: [1, 2], open_for: 1 write, closed_by: [PORT.CLOSE]}
state:
  bad: {width: 3, reset: 7}
regions:
  registers:
    space: mmio
    size: 4 KiB
    registers:
      KEYS: {at: 0x00, count: ports, access: wo}
      CLOSE: {at: 0x20, count: ports}
      CTRL: {at: 0x40, count: ports, write_enable: 'single[index]'}
      CLOSE_ALL: {at: 0x60}
      LAST: {at: 0x64, access: ro, read: bad}
      PORT:
        at: 0x100
        count: 2
        registers:
          KEYR: {at: 0x00, access: wo}
          CLOSE: {at: 0x04}
          CTRL: {at: 0x08, write_enable: 'member[index]'}
          LANE:
            at: 0x10
            count: 3
            registers:
              KEYR: {at: 0x00, fields: {CODE: 3:0}}
              CTRL: {at: 0x04, write_enable: 'member[index1]'}
              MODE: {at: 0x08, write_enable: 'deep[index1 * 3 + index]'}
"""


def arrays(folder: Path) -> Bench[Any]:
    return Bench(class_of(described_in(ARRAYS, folder)))


def unlock(register: Any) -> None:
    register.write(1)
    register.write(2)


def test_each_element_of_an_array_has_a_key(tmp_path: Path) -> None:
    with arrays(tmp_path) as on:
        regs = on.regs
        regs.KEYS[0].write(1)
        regs.KEYS[1].write(1)
        regs.KEYS[1].write(2)
        regs.KEYS[0].write(9)
        for element in regs.CTRL:
            element.write(5)
        assert [element.read() for element in regs.CTRL] == [0, 5, 0]
        assert regs.LAST.read() == 0, "the element whose value was wrong"


def test_the_time_of_each_element_runs_by_itself(tmp_path: Path) -> None:
    with arrays(tmp_path) as on:
        on.regs.KEYS[1].write(1)
        wait(on, 600)
        on.regs.KEYS[2].write(1)
        wait(on, 600)
        assert on.regs.LAST.read() == 1
        on.regs.KEYS[2].write(2)
        assert dut(on).single == [0, 0, 1]


def test_a_write_locks_the_key_of_its_own_element(tmp_path: Path) -> None:
    with arrays(tmp_path) as on:
        for element in on.regs.KEYS:
            unlock(element)
        on.regs.CLOSE[1].write(0)
        assert dut(on).single == [1, 0, 1]
        on.regs.CLOSE_ALL.write(0)
        assert dut(on).single == [0, 0, 0]


def test_a_register_file_s_member_locks_the_keys_inside_its_element(tmp_path: Path) -> None:
    with arrays(tmp_path) as on:
        for port in on.regs.PORT:
            unlock(port.KEYR)
            for lane in port.LANE:
                unlock(lane.KEYR)
        assert (dut(on).member, dut(on).deep) == ([1, 1], [1] * 6)
        on.regs.PORT[1].LANE[2].MODE.write(3)
        assert dut(on).deep == [1, 1, 1, 1, 1, 0]
        on.regs.PORT[0].CLOSE.write(0)
        assert (dut(on).member, dut(on).deep) == ([0, 1], [0, 0, 0, 1, 1, 0])
        on.regs.PORT[1].LANE[0].CTRL.write(4)
        assert dut(on).member == [0, 0]
        assert on.regs.PORT[1].LANE[0].CTRL.read() == 4


def test_accesses_count_for_each_element(tmp_path: Path) -> None:
    with arrays(tmp_path) as on:
        on.regs.PORT[0].KEYR.write(1)
        on.regs.LAST.read()
        on.regs.PORT[1].KEYR.write(1)
        on.regs.LAST.read()
        on.regs.PORT[0].KEYR.write(2)
        on.regs.PORT[1].KEYR.write(2)
        assert dut(on).member == [0, 1]
