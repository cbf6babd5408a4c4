"""An alternate without `when` has no storage of its own, and its name is in traces all the same."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from generated_code import class_of, described_in

from devgen import Bench
from devgen.runtime.observe.json_trace import JsonTrace

TEXT = """
device: tim
bus: sysbus
regions:
  registers:
    space: mmio
    size: 4 KiB
    registers:
      OUT: {at: 0x18, fields: {CC1S: 1:0, OC1M: 6:4}}
      IN: {at: 0x18, alternate: OUT, fields: {CC1S: 1:0, IC1F: 7:4}}
      DR: {at: 0x20}
      DR_HIGH: {at: 0x22, width: 16, alternate: DR}
      CH: {at: 0x40, count: 2, fields: {A: 7:0}}
      VIEW: {at: 0x40, count: 2, alternate: CH, fields: {B: 3:0}}
"""


@pytest.fixture
def device(tmp_path: Path) -> type[Any]:
    return class_of(described_in(TEXT, tmp_path))


def lines_of(
    device: type[Any], accesses: list[tuple[int, int, int]], only: str = "*", level: str = "field"
) -> list[str]:
    lines: list[str] = []
    with Bench(device) as dev, dev.trace(lines.append, level, only=[only]):  # type: ignore[arg-type]
        for offset, size, value in accesses:
            dev.write(None, offset, value, size)
    return [line.split(maxsplit=1)[1] for line in lines if " write " in line]


def test_the_names_and_fields_of_alternates_follow_those_of_the_register(device: type[Any]) -> None:
    assert lines_of(device, [(0x18, 4, 0x71), (0x20, 4, 0x12345678), (0x44, 4, 0x3)]) == [
        "tim.OUT write 0x71 (CC1S=1, OC1M=7) also IN (CC1S=1, IC1F=7)",
        "tim.DR write 0x12345678 also DR_HIGH",
        "tim.CH[1] write 3 (A=3) also VIEW[1] (B=3)",
    ]


def test_only_the_alternates_that_an_access_covers_are_named(device: type[Any]) -> None:
    assert lines_of(device, [(0x20, 2, 1), (0x22, 2, 2), (0x23, 1, 3)]) == [
        "tim.DR[15:0] write 1",
        "tim.DR[31:16] write 2 also DR_HIGH",
        "tim.DR[31:24] write 3 also DR_HIGH[15:8]",
    ]


def test_a_filter_can_name_an_alternate(device: type[Any]) -> None:
    assert lines_of(device, [(0x18, 4, 0x71), (0x20, 4, 1)], "tim.IN") == ["tim.IN write 0x71 (CC1S=1, IC1F=7)"]
    assert lines_of(device, [(0x18, 4, 0x71)], "tim.OUT", "access") == ["tim.OUT write 0x71"]


def test_a_json_trace_has_the_alternates(device: type[Any]) -> None:
    out = io.StringIO()
    with Bench(device) as dev, JsonTrace(dev.machine, out):
        dev.write32(0x18, 1)
        dev.write32(0x20, 1)
    writes = [line for line in map(json.loads, out.getvalue().splitlines()) if line.get("op") == "write"]
    assert [line.get("alternates") for line in writes] == ["IN", "DR_HIGH"]
