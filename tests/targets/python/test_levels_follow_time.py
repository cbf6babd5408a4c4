"""Levels, enables and rooms that depend on time change at the nanosecond at which their expression does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from generated_code import described_in, instance_of

HEAD = """
device: dut
bus: sysbus
properties:
  limit: {type: int, default: 7, range: 0..255}
counters:
  mtime: {clock: virtual, period: 100 ns, width: 8, phase: start}
  calendar: {clock: rtc, period: 1 s, width: 32}
  gated: {clock: virtual, period: 10 ns, width: 16, phase: start, enable: 'gated < LIMIT'}
regions:
  registers:
    space: mmio
    size: 4 KiB
    registers:
      CMP: {at: 0x00, reset: 0xff}
      LOAD: {at: 0x04, access: wo, on_write: 'mtime.load(value[7:0])'}
      STOP: {at: 0x08, access: wo, on_write: mtime.stop()}
      START: {at: 0x0c, access: wo, on_write: mtime.start()}
      COUNT: {at: 0x10, access: ro, read: mtime}
      LIMIT: {at: 0x14}
      MASK: {at: 0x18, fields: {ON: 0}, reset: 1}
      SLOT: {at: 0x20, count: 2, stride: 4, reset: 0xff}
"""
TICK = 100


class Watched:
    """A device whose line ``out`` is watched: the times at which it rose and fell."""

    def __init__(self, folder: Path, lines: str) -> None:
        self.device: Any = instance_of(described_in(HEAD + lines, folder))
        self.clock = self.device.clocks.virtual
        self.changes: list[tuple[int, int]] = []
        line = {**self.device.irqs, **self.device.gpio_out}.get("out")
        if line is not None:
            line.connect(lambda level: self.changes.append((self.clock.now(), level)))

    def until(self, time: int) -> list[tuple[int, int]]:
        """Move the clock to ``time``; (time, level) of the changes since the last call."""
        self.clock.run_until(time)
        seen, self.changes[:] = list(self.changes), []
        return seen


def level(expression: str) -> str:
    functions = "functions: {passed(t): mtime >= t}\n" if "passed" in expression else ""
    return f"{functions}interrupts: {{out: {{level: '{expression}'}}}}"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("mtime >= CMP", [(500, 1), (25_600, 0), (26_100, 1)]),
        ("mtime > CMP", [(600, 1), (25_600, 0), (26_200, 1)]),
        ("CMP < mtime", [(600, 1), (25_600, 0), (26_200, 1)]),
        ("mtime == CMP", [(500, 1), (600, 0), (26_100, 1), (26_200, 0)]),
        ("passed(CMP)", [(500, 1), (25_600, 0), (26_100, 1)]),
        ("COUNT >= CMP", [(500, 1), (25_600, 0), (26_100, 1)]),
        ("mtime >= CMP and MASK.ON", [(500, 1), (25_600, 0), (26_100, 1)]),
        ("MASK.ON and not mtime < CMP", [(500, 1), (25_600, 0), (26_100, 1)]),
        ("s8(mtime - CMP) >= 0", [(0, 0), (500, 1), (13_300, 0), (26_100, 1)]),
        ("mtime[7]", [(12_800, 1), (25_600, 0)]),
        ("now >= 12_345", [(12_345, 1)]),
        ("now % 1000 >= 990 and now < 3000", [(990, 1), (1000, 0), (1990, 1), (2000, 0), (2990, 1), (3000, 0)]),
        ("mtime >= limit", [(700, 1), (25_600, 0), (26_300, 1)]),
    ],
)
def test_a_level_changes_with_its_expression(tmp_path: Path, expression: str, expected: list[tuple[int, int]]) -> None:
    dut = Watched(tmp_path, level(expression))
    dut.device.write_CMP(5)
    assert dut.until(26_300) == expected


def test_an_output_follows_too(tmp_path: Path) -> None:
    dut = Watched(tmp_path, "gpio_out: {out: {level: 'mtime >= CMP'}}")
    dut.device.write_CMP(3)
    assert dut.until(1000) == [(300, 1)]


def test_a_write_moves_the_moment(tmp_path: Path) -> None:
    dut = Watched(tmp_path, level("mtime >= CMP"))
    dut.device.write_CMP(5)
    dut.until(450)
    dut.device.write_CMP(9)
    assert dut.until(1000) == [(900, 1)]
    dut.device.write_CMP(200)
    assert dut.until(2000) == [(1000, 0)]


def test_a_loaded_counter_moves_the_moment(tmp_path: Path) -> None:
    dut = Watched(tmp_path, level("mtime >= CMP"))
    dut.device.write_CMP(50)
    dut.until(130)
    dut.device.write_LOAD(48)
    assert dut.until(1000) == [(330, 1)]


def test_a_stopped_counter_changes_nothing_until_it_runs(tmp_path: Path) -> None:
    dut = Watched(tmp_path, level("mtime >= CMP"))
    dut.device.write_CMP(5)
    dut.until(400)
    dut.device.write_STOP(1)
    assert dut.until(10_000) == []
    dut.device.write_START(1)
    assert dut.until(20_000) == [(10_100, 1)]


def test_an_enable_stops_its_own_counter_at_the_limit(tmp_path: Path) -> None:
    dut = Watched(tmp_path, level("gated == LIMIT and LIMIT != 0"))
    dut.device.write_LIMIT(30)
    assert dut.until(5000) == [(300, 1)]
    assert dut.device.gated.read() == 30
    dut.device.write_LIMIT(40)
    assert dut.until(10_000) == [(5000, 0), (5100, 1)]


def test_the_wall_clock_is_followed_on_its_own_clock(tmp_path: Path) -> None:
    dut = Watched(tmp_path, level("calendar >= CMP"))
    start = dut.device.calendar.read()
    dut.device.write_CMP(start + 2)
    assert dut.until(3_000_000_000) == [(2_000_000_000, 1)]


def test_each_element_of_an_array_has_its_own_moment(tmp_path: Path) -> None:
    dut = Watched(tmp_path, "interrupts: {out: {count: 2, level: 'mtime >= SLOT[index]'}}")
    seen = []
    for index in range(2):
        line = dut.device.irqs[f"out[{index}]"]
        line.connect(lambda level, index=index: seen.append((dut.clock.now(), index, level)))
    dut.device.write_SLOT(0, 9)
    dut.device.write_SLOT(1, 4)
    dut.until(1000)
    assert seen == [(400, 1, 1), (900, 0, 1)]


def test_a_reset_follows_the_new_values(tmp_path: Path) -> None:
    dut = Watched(tmp_path, level("mtime >= CMP"))
    dut.device.write_CMP(5)
    dut.until(600)
    dut.device.reset()
    assert dut.changes == [(600, 0)]
    assert dut.until(600 + 255 * TICK)[-1] == (600 + 255 * TICK, 1)


def test_saved_state_holds_the_moment(tmp_path: Path) -> None:
    dut = Watched(tmp_path, level("mtime >= CMP"))
    dut.device.write_CMP(5)
    dut.until(130)
    saved = dut.device.save_state()
    dut.device.write_CMP(200)
    dut.device.load_state(saved)
    dut.changes.clear()
    assert dut.until(1000) == [(500, 1)]
    assert "out.level.virtual" in saved["state"] or "out_level_virtual" in saved["state"]


def test_an_access_that_time_does_not_concern_arms_nothing(tmp_path: Path) -> None:
    dut = Watched(tmp_path, level("mtime >= CMP"))
    armed = dut.device.clocks.virtual.next_deadline()
    dut.device.write_LIMIT(0)
    assert dut.device.clocks.virtual.next_deadline() == armed
