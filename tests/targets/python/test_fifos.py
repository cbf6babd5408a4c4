"""FIFOs and streams with room in generated code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from generated_code import described_in, instance_of

TEXT = """\
device: dut
bus: sysbus
properties:
  depth: {type: int, default: 4, range: 2..8}
fifos:
  rx: {depth: depth, width: 9}
  kept: {depth: 2, width: 4, retain: true}
streams:
  line: {on_receive: rx.push(value), on_break: rx.push(0x100), room: rx.free}
regions:
  r:
    space: mmio
    size: 4 KiB
    registers:
      DATA: {at: 0, access: ro, read: 'rx[0][7:0]', on_read: rx.pop()}
      LEVEL: {at: 4, access: ro, read: rx.count | rx.empty << 8 | rx.full << 9, on_read: [kept.push(3)]}
      FLUSH: {at: 8, access: wo, on_write: rx.clear()}
interrupts:
  intr: {level: rx.count >= 2}
"""


@pytest.fixture
def dut(tmp_path: Path) -> Any:
    return instance_of(described_in(TEXT, tmp_path))


def test_reading_takes_an_entry_out(dut: Any) -> None:
    dut.line.receive(b"\x11\x22")
    assert (dut.read_DATA(), dut.read_DATA(), dut.rx.empty) == (0x11, 0x22, True)


def test_lines_follow_the_count(dut: Any) -> None:
    dut.line.receive(b"ab")
    assert dut.intr.level == 1
    dut.read_DATA()
    assert dut.intr.level == 0


def test_the_size_may_be_a_property(dut: Any) -> None:
    dut.line.receive(b"abcdef")
    assert dut.read_LEVEL() == 4 | 1 << 9
    dut.write_FLUSH(0)
    assert dut.read_LEVEL() == 1 << 8


def test_a_break_has_a_hook_of_its_own(dut: Any) -> None:
    dut.line.receive_break()
    assert dut.rx[0] == 0x100


def test_the_host_hears_of_room_only_while_it_waits(dut: Any) -> None:
    heard: list[int] = []
    dut.line.receive(b"abcd")
    assert dut.line.room() == 0
    dut.read_DATA()
    dut.line.on_room = lambda: heard.append(dut.line.room())
    dut.read_DATA()
    dut.write_FLUSH(0)
    assert heard == [2, 4]


def test_reset_empties_what_is_not_retained(dut: Any) -> None:
    dut.line.receive(b"ab")
    dut.read_LEVEL()
    dut.reset()
    assert (dut.rx.count, dut.kept.count, dut.intr.level) == (0, 1, 0)


def test_snapshots_hold_them(dut: Any) -> None:
    dut.line.receive(b"abc")
    dut.read_DATA()
    saved = dut.save_state()
    dut.reset()
    dut.load_state(saved)
    assert (dut.read_DATA(), dut.read_DATA(), dut.rx.empty) == (ord("b"), ord("c"), True)
