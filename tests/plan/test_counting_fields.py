"""Fields that count: each case is a sentence of SystemRDL 2.0, 9.8 (9.8.1: counting, 9.8.2: saturation, thresholds).

A case is a counter of four bits, and steps with the values of the register and of the field that it sets when it
wraps. A step drives the inputs ``up`` and ``down`` high and low again, writes the register, or calls the behaviour.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from generated_code import class_of, described_in

from devgen.hosts.bench import Bench
from devgen.language import load_device

TEXT = """
device: dut
bus: sysbus
gpio_in: {{up: {{on_input: STEP = STEP}}, down: {{on_input: STEP = STEP}}}}
regions:
  registers:
    space: mmio
    size: 4 KiB
    registers:
      R: {{at: 0x0, fields: {{N: {{bits: 3:0, reset: 1, {field}}}}}}}
      FLAGS: {{at: 0x4, fields: {{WRAP: 0, BORROW: 1, NEXT: {{bits: 7:4, counter: true}}}}}}
      STEP: {{at: 0x8, reset: 3, fields: {{N: 3:0}}}}
      COUNT: {{at: 0xc, access: wo, on_write: ['if value: R.N.incr(value[3:0])', 'if not value: R.N.decr()']}}
      SEEN: {{at: 0x10, access: ro, read: '{seen}'}}
"""


@dataclass(frozen=True)
class Case:
    """One sentence of the standard. ``steps``: a step, and R and ``seen`` (by default FLAGS) after it."""

    clause: str
    says: str
    field: str
    steps: tuple[tuple[str, int, int], ...]
    seen: str = "FLAGS"


CASES = (
    Case(
        "9.8.1", "a counter counts when incr is asserted", "counter: {incr: up}",
        (("up", 2, 0), ("up", 3, 0), ("write 9", 9, 0), ("up", 10, 0)),
    ),
    Case("9.8.1", "it wraps after its greatest value", "counter: {incr: up}", (("write 15", 15, 0), ("up", 0, 0))),
    Case(
        "9.8.1", "overflow: it has wrapped", "counter: {incr: up, overflow: FLAGS.WRAP}",
        (("write 14", 14, 0), ("up", 15, 0), ("up", 0, 1), ("up", 1, 1)),
    ),
    Case(
        "9.8.1", "underflow: it has wrapped downwards", "counter: {decr: down, underflow: FLAGS.BORROW}",
        (("down", 0, 0), ("down", 15, 2), ("down", 14, 2)),
    ),
    Case(
        "9.8.1", "a counter may count up and down", "counter: {incr: up, decr: down}",
        (("up", 2, 0), ("down", 1, 0), ("down", 0, 0)),
    ),
    Case("9.8.1", "incrvalue: what it counts up by", "counter: {incr: up, incrvalue: 3}", (("up", 4, 0), ("up", 7, 0))),
    Case(
        "9.8.1", "incrvalue may be another field", "counter: {incr: up, incrvalue: STEP.N}",
        (("up", 4, 0), ("step 5", 4, 0), ("up", 9, 0)),
    ),
    Case("9.8.1", "decrvalue: what it counts down by", "counter: {decr: down, decrvalue: 4}", (("down", 13, 0),)),
    Case(
        "9.8.1", "the overflow of one counter may be the incr of another", "counter: {incr: up, overflow: FLAGS.NEXT}",
        (("write 15", 15, 0), ("up", 0, 0x10), ("write 15", 15, 0x10), ("up", 0, 0x20)),
    ),
    Case(
        "9.8.1", "the amount may come from the design (incrwidth)", "counter: true",
        (("count 5", 6, 0), ("count 0", 5, 0)),
    ),
    Case(
        "9.8.2", "incrsaturate: it stops at its greatest value", "counter: {incr: up, incrsaturate: true}",
        (("write 14", 14, 0), ("up", 15, 0), ("up", 15, 0)),
    ),
    Case(
        "9.8.2", "incrsaturate may be a value", "counter: {incr: up, incrvalue: 4, incrsaturate: 10}",
        (("up", 5, 0), ("up", 9, 0), ("up", 10, 0), ("up", 10, 0)),
    ),
    Case(
        "9.8.2", "decrsaturate: it stops at 0, or at a value", "counter: {decr: down, decrvalue: 3, decrsaturate: 2}",
        (("write 9", 9, 0), ("down", 6, 0), ("down", 3, 0), ("down", 2, 0)),
    ),
    Case(
        "9.8.2", "incrthreshold: the counter has reached or passed it", "counter: {incr: up, incrthreshold: 3}",
        (("up", 2, 0), ("up", 3, 1), ("up", 4, 1)), "R.N.incrthreshold",
    ),
    Case(
        "9.8.2", "decrthreshold: it is at it or below", "counter: {decr: down, decrthreshold: STEP.N}",
        (("write 5", 5, 0), ("down", 4, 0), ("down", 3, 1), ("step 2", 3, 0)), "R.N.decrthreshold",
    ),
    Case(
        "9.8.2", "the saturated counter is an output too", "counter: {incr: up, incrsaturate: 2}",
        (("write 1", 1, 0), ("up", 2, 1), ("write 0", 0, 0)), "R.N.incrsaturate",
    ),
    Case(
        "9.7", "hwclr clears a counter", "counter: {incr: up}, hwclr: down",
        (("up", 2, 0), ("down", 0, 0), ("up", 1, 0)),
    ),
)  # fmt: skip


def step(bench: Bench, words: str) -> None:
    """Do one step of a case."""
    name, _, value = words.partition(" ")
    if name in ("up", "down"):
        bench.drive(name, 1)
        bench.drive(name, 0)
    else:
        register = {"write": "R", "step": "STEP", "count": "COUNT"}[name]
        getattr(bench.regs, register).write(int(value))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.clause} {case.says}")
def test_a_counter_does_what_the_standard_says(tmp_path: Path, case: Case) -> None:
    with Bench(class_of(described_in(TEXT.format(field=case.field, seen=case.seen), tmp_path))) as bench:
        for words, count, seen in case.steps:
            step(bench, words)
            assert (bench.regs.R.read(), bench.regs.SEEN.read()) == (count, seen), words


def test_a_chain_of_counters_in_elements_of_an_array(tmp_path: Path) -> None:
    text = """
device: dut
bus: sysbus
gpio_in: {tick: {count: 3}}
regions:
  registers:
    space: mmio
    size: 4 KiB
    registers:
      C:
        at: 0
        count: 3
        registers:
          LOW:
            at: 0
            width: 8
            fields: {N: {bits: 7:0, counter: {incr: 'tick[index]', incrvalue: 0x80, overflow: HIGH.N}}}
          HIGH: {at: 1, width: 8, fields: {N: {bits: 7:0, counter: {incrsaturate: 2}}}}
"""
    with Bench(class_of(described_in(text, tmp_path))) as bench:
        for times, element in ((3, 0), (4, 1), (9, 2)):
            for _ in range(times):
                bench.drive(f"tick[{element}]", 1)
                bench.drive(f"tick[{element}]", 0)
        assert [(bench.regs.C[n].LOW.read(), bench.regs.C[n].HIGH.read()) for n in range(3)] == [
            (128, 1),
            (0, 2),
            (128, 2),
        ]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ("N: {bits: 3:0, counter: {incrsaturate: 16}}", "DG0535"),
        ("N: {bits: 3:0, counter: {incrthreshold: 99}}", "DG0535"),
        ("N: {bits: 3:0, counter: {saturate: true}}", "DG0201"),
        ("N: {bits: 3:0, counter: {incrsaturate: true, overflow: R.M}}, M: 4", "DG0208"),
        ("N: {bits: 3:0, counter: {decrsaturate: true, underflow: R.M}}, M: 4", "DG0208"),
        ("N: {bits: 3:0, counter: {overflow: R}}, M: 4", "DG0463"),
        ("N: {bits: 3:0, access: wo, counter: true}", "DG0208"),
        ("N: {bits: 3:0, counter: true, intr: true}", "DG0208"),
        ("N: {bits: 3:0, counter: true, next: R.M}, M: 7:4", "DG0208"),
        ("N: {bits: 3:0, counter: {overflow: R.M}}, M: {bits: 7:4, counter: {overflow: R.N}}", "DG0464"),
        ("N: {bits: 3:0, counter: {incr: R.M, overflow: R.M}}, M: 4", "DG0462"),
        ("N: {bits: 3:0, counter: {incr: R.N.incrthreshold, incrthreshold: 4}}", "DG0462"),
    ],
)
def test_what_a_counter_cannot_be(tmp_path: Path, fields: str, code: str) -> None:
    path = tmp_path / "dut.yaml"
    path.write_text(
        "device: dut\nbus: sysbus\nregions:\n  r:\n    space: mmio\n    size: 16\n    registers:\n"
        f"      R: {{at: 0, fields: {{{fields}}}}}\n"
    )
    assert code in [one.code for one in load_device(path).diagnostics if one.severity == "error"]
