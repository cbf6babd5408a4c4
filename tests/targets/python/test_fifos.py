"""FIFOs and streams with room in generated code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from generated_code import class_of, described_in, instance_of

from devgen.hosts.bench import Bench
from devgen.hosts.bench.arguments import BenchError

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


PATIENT = """\
device: dut
bus: sysbus
fifos:
  tx: {depth: 4, width: 8}
actions:
  send(): |
    for n in range(4):
        if line.writable and not tx.empty:
            line.send(tx[0])
            tx.pop()
streams:
  line: {on_writable: send()}
regions:
  r:
    space: mmio
    size: 4 KiB
    registers:
      DATA: {at: 0, width: 8, access: wo, on_write: [tx.push(value), send()]}
      WRITABLE: {at: 4, access: ro, read: line.writable}
interrupts:
  intr: {level: not tx.empty}
"""


@pytest.fixture
def patient(tmp_path: Path) -> Iterator[Bench]:
    with Bench(class_of(described_in(PATIENT, tmp_path))) as bench:
        yield bench


def test_a_host_takes_any_number_of_bytes_unless_it_is_limited(patient: Bench) -> None:
    assert patient.read32(4) == 1 << 20
    patient.take_output(3)
    assert patient.read32(4) == 3
    patient.take_output(None)
    assert patient.read32(4) == 1 << 20


def test_a_device_keeps_what_the_host_does_not_take(patient: Bench) -> None:
    patient.take_output(2)
    for value in b"abcd":
        patient.write8(0, value)
    assert (patient.sent, patient.read32(4), patient.irq()) == (b"ab", 0, 1)
    patient.take_output(1)
    assert (patient.sent, patient.irq()) == (b"abc", 1)
    patient.take_output(None)
    assert (patient.sent, patient.irq()) == (b"abcd", 0)


@pytest.mark.parametrize("count", [-1, (1 << 20) + 1])
def test_a_limit_that_no_stream_has_is_refused(patient: Bench, count: int) -> None:
    with pytest.raises(BenchError, match=r"a stream takes 0 to 1048576 bytes"):
        patient.take_output(count)
