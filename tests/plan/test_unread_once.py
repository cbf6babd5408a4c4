"""Write-once bits that nothing can read: `on_write` runs at their first write only."""

from __future__ import annotations

from pathlib import Path

import pytest
from generated_code import class_of, described_in

from devgen.hosts.bench import Bench

DESCRIPTION = """
device: unread
title: Write-once bits without storage
bus: sysbus
regions:
  registers:
    space: mmio
    size: 16
    access: {{valid: 1..4, implemented: 1..4}}
    registers:
      R: {{at: 0, {keys}, on_write: [COUNT = u32(COUNT + 1), LAST = value]}}
      COUNT: {{at: 4, access: ro}}
      LAST: {{at: 8, access: ro}}
"""


@pytest.mark.parametrize("keys", ["access: w1", "access: rw1, read: COUNT"])
def test_the_hook_runs_once(tmp_path: Path, keys: str) -> None:
    with Bench(class_of(described_in(DESCRIPTION.format(keys=keys), tmp_path))) as bench:
        for value in (5, 6):
            bench.write32(0, value)
        assert (bench.read32(4), bench.read32(8)) == (1, 5)


def test_other_fields_run_it_again_with_their_bits_only(tmp_path: Path) -> None:
    keys = "fields: {LOW: {bits: '3:0', access: wo}, ONCE: {bits: '7:4', access: w1}}"
    with Bench(class_of(described_in(DESCRIPTION.format(keys=keys), tmp_path))) as bench:
        for value in (0x55, 0x66):
            bench.write32(0, value)
        assert (bench.read32(4), bench.read32(8)) == (2, 0x06)
