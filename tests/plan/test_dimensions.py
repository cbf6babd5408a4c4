"""Arrays and register files inside register files, several dimensions, and names of elements."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from generated_code import class_of, described_in

from devgen.hosts.bench import Bench
from devgen.hosts.bench.register_values import UnknownName
from devgen.language import load_device
from devgen.language.view import view_of
from devgen.runtime.observe import Tracer
from devgen.targets.register_words import names_words, place_words

FILE_KEYS = """
device: dut
bus: sysbus
regions:
  registers:
    space: mmio
    size: 4 KiB
    registers:
      MODE: {at: 0x00, count: 2}
      LOCK: {at: 0x10, count: 2}
      PORT:
        at: 0x100
        count: 2
        stride: 0x80
        when: 'MODE[index] == 1'
        write_enable: 'not LOCK[index] and OPEN'
        registers:
          OPEN: {at: 0x0, reset: 1, write_enable: true}
          LIST: {at: 0x4, count: 3}
          LANE:
            at: 0x20
            count: [2, 2]
            registers: {R: {at: 0}, S: {at: 4, when: 'LIST[0] == 0'}}
"""


def test_the_lock_and_the_condition_of_a_file_are_those_of_its_element_in_arrays_inside(tmp_path: Path) -> None:
    """They name the file's `index`, while the arrays inside count more elements."""
    with Bench(class_of(described_in(FILE_KEYS, tmp_path))) as bench:
        regs = bench.regs
        regs.MODE[1].write(1)
        _write_all(regs)
        assert (_written(bench, "PORT_LIST"), _written(bench, "PORT_LANE_R")) == ([0, 0, 0, 1, 1, 1], [0] * 4 + [1] * 4)
        assert _written(bench, "PORT_LANE_S") == [0] * 8, "LIST[0] of their port is not 0"
        regs.MODE[0].write(1)
        regs.LOCK[1].write(1)
        regs.PORT[1].OPEN.write(0)
        _write_all(regs, 2)
        assert (_written(bench, "PORT_LIST"), _written(bench, "PORT_LANE_R")) == ([2, 2, 2, 1, 1, 1], [2] * 4 + [1] * 4)


def _write_all(regs: Any, value: int = 1) -> None:
    for port in regs.PORT:
        for element in port.LIST:
            element.write(value)
        for row in port.LANE:
            for lane in row:
                lane.R.write(value)
                lane.S.write(value)


def _written(bench: Any, attribute: str) -> list[int]:
    found: list[int] = getattr(bench.dut, attribute)
    return found


TEXT = """
device: dut
bus: sysbus
regions:
  registers:
    space: mmio
    size: 4 KiB
    registers:
      GRID: {at: 0x000, count: [3, 4], reset: 'index1 * 16 + index'}
      ONE:
        at: 0x040
        registers:
          LIST: {at: 0, count: 2, reset: [3, 4]}
      CH:
        at: 0x100
        count: 2
        stride: 0x80
        index_names: [A, B]
        registers:
          MODE: {at: 0, on_write: 'BUF[1] = MODE'}
          BUF: {at: 4, count: 4, index_names: 1..4, reset: [1, 2, 3, 4], on_write: 'MODE = index1 * 100 + index'}
          Q:
            at: 0x20
            count: 3
            when: MODE != 0xdead
            registers:
              HEAD: {at: 0, on_write: ['TAIL = HEAD', 'BUF[index] = 7', 'GRID[index1][index] = 9']}
              TAIL: {at: 4, reset: 5}
      PUT: {at: 0x400, access: wo, on_write: ['CH[1].BUF[2] = value', 'CH[0].Q[value[1:0] % 3].TAIL = 8']}
"""


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(class_of(described_in(TEXT, tmp_path)))


def test_each_element_has_its_offset_and_reset(bench: Bench) -> None:
    read = bench.read
    assert [read(None, 4 * at, 4) for at in range(12)] == [16 * (at // 4) + at % 4 for at in range(12)]
    assert [read(None, 0x104 + 0x80 * ch + 4 * at, 4) for ch in range(2) for at in range(4)] == [1, 2, 3, 4] * 2
    assert [read(None, 0x124 + 0x80 * ch + 8 * at, 4) for ch in range(2) for at in range(3)] == [5] * 6
    assert [read(None, 0x40 + 4 * at, 4) for at in range(2)] == [3, 4]


def test_hooks_know_the_element_of_each_dimension(bench: Bench) -> None:
    regs: Any = bench.regs
    bench.write(None, 0x180 + 0x20 + 16, 42, 4)  # CH[B].Q[2].HEAD
    assert (regs.CH["B"].Q[2].TAIL, regs.CH[1].BUF[2], regs.GRID[1][2]) == (42, 7, 9)
    assert (regs.CH["A"].Q[2].TAIL, regs.CH[0].BUF["3"]) == (5, 3)
    regs.CH[1].BUF["4"] = 1
    assert regs.CH["B"].MODE == 103
    regs.CH["B"].MODE = 6
    assert regs.CH[1].BUF[1] == 6
    regs.PUT.write(1)
    assert (regs.CH[1].BUF[2], regs.CH[0].Q[1].TAIL) == (1, 8)


def test_a_number_that_was_meant_as_a_name_is_refused(bench: Bench) -> None:
    regs: Any = bench.regs
    with pytest.raises(UnknownName, match=r"elements 0 to 3, named 1, 2, 3, 4: a number counts from 0, .* text, '4'"):
        regs.CH["A"].BUF[4].read()


def test_a_condition_of_an_inner_file_names_the_outer_element(bench: Bench) -> None:
    regs: Any = bench.regs
    regs.CH["A"].MODE = 0xDEAD
    assert [regs.CH[ch].Q[0].TAIL.read() for ch in (0, 1)] == [0, 5]


def test_a_trace_has_the_names_of_the_elements(bench: Bench) -> None:
    lines: list[str] = []
    with Tracer(bench.machine, lines.append):
        bench.write(None, 0x104 + 0x80 + 8, 0x99, 4)
        bench.read(None, 0x14, 4)
        bench.read(None, 0x44, 4)
    assert [line.split()[1] for line in lines] == [
        "dut.CH[B].BUF[3]",
        "dut.CH[B].MODE",
        "dut.CH[B].BUF[3]",
        "dut.GRID[1][1]",
        "dut.ONE.LIST[1]",
    ]


def test_wrong_names_of_elements_are_told(bench: Bench) -> None:
    regs: Any = bench.regs
    for array, wrong in ((regs.CH, "C"), (regs.CH, 2), (regs.GRID[1], 4), (regs.CH[0], "NONE")):
        with pytest.raises(UnknownName):
            array[wrong]


def test_a_saved_state_has_all_elements(bench: Bench, tmp_path: Path) -> None:
    bench.regs.GRID[2][3].write(77)
    other = Bench(class_of(described_in(TEXT, tmp_path)))
    other.load_state(bench.save_state())
    assert other.regs.GRID[2][3] == 77


def test_the_view_has_each_dimension(tmp_path: Path) -> None:
    path = tmp_path / "dut.yaml"
    path.write_text(TEXT)
    device = view_of(load_device(path))
    assert [file.name for file in device.files] == ["ONE", "CH", "CH.Q"]
    found = {register.path: register for register in device.registers}
    head = found["CH.Q.HEAD"]
    assert (head.offset, head.end, place_words(head)) == (0x120, 0x1B4, "0x120 + index1 × 0x80 + index × 0x8")
    assert names_words(found["CH.BUF"]) == "index1 is A, B; index is 1, 2, 3, 4"
    assert [(part.name, [dim.count.greatest for dim in part.dimensions]) for part in head.parts] == [
        ("CH", [2]),
        ("Q", [3]),
        ("HEAD", []),
    ]
    assert (found["CH.BUF"].count.text, found["GRID"].count.greatest) == ("2 × 4", 12)  # type: ignore[union-attr]
