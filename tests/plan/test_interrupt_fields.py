"""Interrupt fields and what else hardware does to fields: each case is a sentence of SystemRDL 2.0, with its clause.

A case is a field, and steps with the value of the register after each. ``a`` and ``b`` are inputs of one bit that a
step drives; ``write`` and ``read`` are software's accesses; ``X`` is a register beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from generated_code import class_of, described_in

from devgen.hosts.bench import Bench

TEXT = """
device: dut
bus: sysbus
gpio_in: {{a: {{}}, b: {{}}}}
regions:
  registers:
    space: mmio
    size: 4 KiB
    registers:
      R: {{at: 0x0, fields: {{F: {{{field}}}}}}}
      X: {{at: 0x4}}
      PULSE: {{at: 0x8, access: wo, on_write: '{pulse}'}}
interrupts:
  irq: {{level: {level}}}
"""
STEPS = {
    "a up": lambda bench: bench.drive("a", 1),
    "a down": lambda bench: bench.drive("a", 0),
    "b up": lambda bench: bench.drive("b", 1),
    "b down": lambda bench: bench.drive("b", 0),
}


@dataclass(frozen=True)
class Case:
    """One sentence of the standard. ``steps``: a step and the register's value after it."""

    clause: str
    says: str
    field: str
    steps: tuple[tuple[str, int], ...]


ONE, FOUR = "bits: 0, write_effect: woclr", "bits: 7:4, write_effect: woclr"
CASES = (
    Case(
        "9.9", "an interrupt is sensitive to the level by default, and a set bit stays", f"{ONE}, intr: a",
        (("a up", 1), ("a down", 1), ("write 1", 0)),
    ),
    Case(
        "9.9", "a level that is still high sets a bit again that software has cleared", f"{ONE}, intr: a",
        (("a up", 1), ("write 1", 1), ("a down", 1), ("write 1", 0)),
    ),
    Case(
        "9.9", "posedge: when the source changes from 0 to 1", f"{ONE}, intr: {{posedge: a}}",
        (("a up", 1), ("write 1", 0), ("a up", 0), ("a down", 0), ("a up", 1)),
    ),
    Case(
        "9.9", "negedge: when the source changes from 1 to 0", f"{ONE}, intr: {{negedge: a}}",
        (("a up", 0), ("a down", 1), ("write 1", 0), ("a up", 0), ("a down", 1)),
    ),
    Case(
        "9.9", "bothedge: when the source changes", f"{ONE}, intr: {{bothedge: a}}",
        (("a up", 1), ("write 1", 0), ("a down", 1), ("write 1", 0), ("a down", 0)),
    ),
    Case(
        "9.9", "nonsticky: the field follows its source", "bits: 0, access: ro, intr: a, sticky: false",
        (("a up", 1), ("write 1", 1), ("a down", 0)),
    ),
    Case(
        "9.9", "stickybit: each bit is kept by itself", f"{FOUR}, intr: 'X[3:0]'",
        (("X 5", 0x50), ("X 2", 0x70), ("write 0x30", 0x60), ("X 0", 0x60), ("write 0xf0", 0x00)),
    ),
    Case(
        "9.9", "sticky: a value that is not 0 is kept as a whole", f"{FOUR}, intr: 'X[3:0]', sticky: field",
        (("X 5", 0x50), ("X 2", 0x50), ("write 0x10", 0x40), ("write 0x40", 0x20), ("X 0", 0x20), ("write 0x20", 0)),
    ),
    Case(
        "9.9", "edges are those of each bit", f"{FOUR}, intr: {{posedge: 'X[3:0]'}}",
        (("X 5", 0x50), ("write 0xf0", 0x00), ("X 7", 0x20), ("X 8", 0xA0), ("X 9", 0xB0)),
    ),
    Case(
        "9.9", "an interrupt without a source is set by the design", f"{FOUR}, intr: true",
        (("PULSE 3", 0x30), ("PULSE 0", 0x00), ("PULSE 3", 0x30), ("write 0x10", 0x20)),
    ),
    Case(
        "9.6", "onread = rclr clears a sticky interrupt", "bits: 0, access: ro, read_effect: rclr, intr: {posedge: a}",
        (("a up", 1), ("read", 0)),
    ),
    Case(
        "9.7", "hwset: the design sets the field", f"{FOUR}, hwset: a",
        (("a up", 0xF0), ("write 0xf0", 0xF0), ("a down", 0xF0), ("write 0x30", 0xC0)),
    ),
    Case(
        "9.7", "hwclr: the design clears the field", "bits: 3:0, hwclr: b",
        (("write 5", 5), ("b up", 0), ("write 5", 0), ("b down", 0), ("write 5", 5)),
    ),
    Case(
        "9.7", "hwset and hwclr together: the field is set", f"{ONE}, hwset: a, hwclr: b",
        (("b up", 0), ("a up", 1), ("a down", 0)),
    ),
    Case(
        "9.7", "hwclr takes away what a sticky interrupt kept", f"{ONE}, intr: {{posedge: a}}, hwclr: b",
        (("a up", 1), ("b up", 0), ("b down", 0)),
    ),
    Case(
        "9.5", "next: the value of the field at each clock", "bits: 3:0, access: ro, next: 'X[5:2]'",
        (("X 0x14", 5), ("write 1", 5), ("X 0", 0)),
    ),
    Case(
        "9.7", "we: the field takes its next only while the design enables it", "bits: 3:0, next: 'X[3:0]', we: a",
        (("X 5", 0), ("a up", 5), ("X 6", 6), ("a down", 6), ("X 7", 6), ("write 3", 3), ("a up", 7)),
    ),
    Case(
        "9.9", "stickybit holds for a field that is no interrupt too", "bits: 3:0, next: 'X[3:0]', sticky: bit",
        (("X 1", 1), ("X 2", 3), ("X 0", 3), ("write 0", 0)),
    ),
)  # fmt: skip


def step(bench: Bench, words: str) -> None:
    """Do one step of a case."""
    name, _, value = words.partition(" ")
    if words in STEPS:
        STEPS[words](bench)
    elif name == "write":
        bench.regs.R.write(int(value, 0))
    elif name == "read":
        bench.regs.R.read()
    else:
        getattr(bench.regs, name).write(int(value, 0))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.clause} {case.says}")
def test_a_field_does_what_the_standard_says(tmp_path: Path, case: Case) -> None:
    level = "R.intr" if "intr:" in case.field else "a"
    pulse = "R.F = value[3:0]" if "intr: true" in case.field else "X = X"
    device = class_of(described_in(TEXT.format(field=case.field, level=level, pulse=pulse), tmp_path))
    with Bench(device) as bench:
        for words, after in case.steps:
            step(bench, words)
            assert bench.regs.R.peek() == after, words
            if level == "R.intr":
                assert bench.irq("irq") == (after != 0), words


def test_a_pulse_that_software_writes_is_seen_by_what_follows_it(tmp_path: Path) -> None:
    text = """
device: dut
bus: sysbus
regions:
  registers:
    space: mmio
    size: 4 KiB
    registers:
      TRIGGER: {at: 0x0, fields: {A: {bits: 0, singlepulse: true}, B: {bits: 1, singlepulse: true}}}
      R:
        at: 0x4
        write_effect: woclr
        fields:
          A: {bits: 0, intr: TRIGGER.A}
          B: {bits: 1, intr: {posedge: TRIGGER.B}}
      N: {at: 0x8, fields: {COUNT: {bits: 7:0, counter: {incr: R.A}}, PULSES: {bits: 15:8, counter: {incr: TRIGGER.B}}}}
interrupts:
  irq: {level: R.intr}
"""
    with Bench(class_of(described_in(text, tmp_path))) as bench:
        for written, after, counted in ((1, 1, 0x001), (3, 3, 0x101), (2, 3, 0x201), (0, 3, 0x201)):
            bench.regs.TRIGGER.write(written)
            assert (bench.regs.R.read(), bench.regs.N.read(), bench.irq("irq")) == (after, counted, 1)
        bench.regs.R.write(3)
        assert (bench.regs.R.read(), bench.irq("irq")) == (0, 0)
