"""A write that a register does not take is visible in traces."""

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
device: dut
bus: sysbus
regions:
  registers:
    space: mmio
    size: 4 KiB
    registers:
      LOCK: {at: 0x00, fields: {OPEN: 0}}
      CH: {at: 0x10, count: 2, index_names: [A, B], write_enable: LOCK.OPEN}
      V: {at: 0x20, write_constraint: 0..3}
"""


@pytest.fixture
def device(tmp_path: Path) -> type[Any]:
    return class_of(described_in(TEXT, tmp_path))


@pytest.mark.parametrize("level", ["access", "field", "all"])
def test_a_trace_says_which_register_did_not_take_a_write(device: type[Any], level: str) -> None:
    lines: list[str] = []
    with Bench(device) as dev, dev.trace(lines.append, level):  # type: ignore[arg-type]
        dev.write32(0x14, 5)
        dev.write32(0x20, 4)
    said = [line.split(maxsplit=1)[1] for line in lines]
    assert said == [
        "dut.CH[B] write 5",
        "dut.CH[B] write dropped: it is locked",
        "dut.V write 4",
        "dut.V write dropped: it does not take this value",
    ]


def test_a_json_trace_has_the_registers_that_did_not_take_a_write(device: type[Any]) -> None:
    out = io.StringIO()
    with Bench(device) as dev, JsonTrace(dev.machine, out):
        dev.write32(0x10, 5)
        dev.write32(0x20, 1)
    writes = [line for line in map(json.loads, out.getvalue().splitlines()) if line.get("op") == "write"]
    assert [(line["register"], line.get("dropped")) for line in writes] == [("CH[A]", "CH[A]"), ("V", None)]
