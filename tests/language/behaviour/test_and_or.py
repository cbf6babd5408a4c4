"""``and`` and ``or`` where a number is wanted give what Python gives; where only truth counts, a truth value."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest
from behaviour_bench import hook, small
from generated_code import described_in, instance_of

from devgen.language.ir import Conditional, FirstNonzero, Logic, Range

HEAD = """
device: dut
bus: sysbus
regions:
  registers:
    space: mmio
    size: 4 KiB
    registers:
      A: {at: 0, width: 8}
      B: {at: 4, width: 8}
      C: {at: 8, width: 8}
"""
TEXTS = [
    "A or 256",
    "A or B",
    "A and B",
    "A or B or C",
    "A and B and C",
    "A and B or C",
    "(A or B) and C",
    "(A or B) + 1",
    "not (A or B)",
    "bool(A and B)",
    "bool(A or B) + 2",
    "(A == 1) or C",
    "(A == 1) and C",
    "A == 1 or B == 1",
    "7 if A and B else 9",
    "A or 0",
    "0 or A",
    "max(A or 3, B and 5)",
    "100 // (A or 1)",
    "A > 0 and 100 // A",
    "((A or B) + 1 or C) + (A and 2)",
]


@pytest.mark.parametrize("source", TEXTS)
def test_gives_what_python_gives(tmp_path: Path, source: str) -> None:
    device = instance_of(described_in(f"{HEAD}      R: {{at: 16, access: ro, read: '{source}'}}\n", tmp_path))
    for a, b, c in product((0, 1, 2, 200), repeat=3):
        device.A, device.B, device.C = a, b, c
        given = device.read_R()
        assert (given, type(given)) == (int(eval(source, {}, {"A": a, "B": b, "C": c})), int), (source, a, b, c)


KINDS: list[tuple[str, type[Any], Range]] = [
    ("CR.ENABLE or MR == 3", Logic, Range(0, 1)),
    ("CR.ENABLE and not MR", Logic, Range(0, 1)),
    ("MR or 256", FirstNonzero, Range(1, 2**32 - 1)),
    ("CR.ENABLE or 256", FirstNonzero, Range(1, 256)),
    ("CR.MODE and 256", Conditional, Range(0, 256)),
    ("0 or CR.MODE", FirstNonzero, Range(0, 7)),
    ("-CR.MODE or -9", FirstNonzero, Range(-9, -1)),
]


@pytest.mark.parametrize(("source", "kind", "bounds"), KINDS, ids=[source for source, *_ in KINDS])
def test_range_is_exact(source: str, kind: type[Any], bounds: Range) -> None:
    bench = small()
    value = bench.expression(source, hook(bench))
    assert value is not None, bench.told()
    assert (type(value), value.range) == (kind, bounds)


@pytest.mark.parametrize("source", ["MR or RIS", "MR and RIS", "(MR or RIS) and CR.MODE"])
def test_a_level_is_a_truth_value(source: str) -> None:
    bench = small()
    assert isinstance(bench.expression(source, expect="bool"), Logic), bench.told()


def test_a_number_does_not_fit_in_a_bit_and_the_message_says_bool() -> None:
    bench = small()
    bench.statements("CR.ENABLE = MR or RIS", hook(bench))
    assert "`bool(...)`" in bench.told()


def test_an_operand_is_computed_once(tmp_path: Path) -> None:
    """Guest memory may be a device whose reads have effects."""
    text = f"{HEAD}      R: {{at: 16, access: ro, read: 'load8(0x1000) or load8(0x2000) or 7'}}\n"
    device = instance_of(described_in(text, tmp_path))
    asked: list[int] = []

    def load(address: int, size: int) -> int:
        asked.append(address)
        return 5 if address == 0x2000 else 0

    device.load_memory = load
    assert (device.read_R(), asked) == (5, [0x1000, 0x2000])


def test_an_operand_knows_how_those_before_it_went() -> None:
    bench = small()
    assert bench.expression("MR < 4 and DATA[MR]", hook(bench)) is not None, bench.told()
    assert bench.expression("MR >= 4 or DATA[MR]", hook(bench)) is not None, bench.told()
    assert bench.expression("MR < 5 and DATA[MR]", hook(bench)) is None
