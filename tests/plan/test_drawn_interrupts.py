"""Drawn interrupt registers against a model in plain Python: sources, edges, enables, masks, software's clears, lines.

The model is written from SystemRDL 2.0, 9.9 and 10.8, apart from the language's plan. Steps change a source, an enable
or the status; after each one status, line and halt line are compared, also on a device that is restored on the way.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from generated_code import class_of, described_in
from hypothesis import given, settings
from hypothesis import strategies as st

from devgen.hosts.bench import Bench

WIDTH = 4
ONES = (1 << WIDTH) - 1
EDGES = ("level", "posedge", "negedge", "bothedge")
LIMITS = ("", "enable", "mask")


@dataclass(frozen=True)
class Part:
    """One interrupt field of four bits."""

    edge: str
    sticky: str
    limit: str
    halt: str
    hwset: bool
    hwclr: bool

    def text(self, number: int) -> str:
        """Its line in the description; the registers beside it have its source, enables and more at the same bits."""
        bits = f"{number * WIDTH + WIDTH - 1}:{number * WIDTH}"
        keys = [f"bits: '{bits}'", f"intr: {{{self.edge}: 'SOURCE[{bits}]'}}"]
        keys += [f"sticky: {self.sticky}"] if self.sticky != "bit" else []
        keys += ["access: ro"] if self.sticky == "false" else ["write_effect: woclr"]
        keys += [f"{self.limit}: 'LIMIT[{bits}]'"] if self.limit else []
        keys += [f"halt{self.halt}: 'HALT[{bits}]'"] if self.halt else []
        keys += [f"hwset: 'SET[{number}]'"] if self.hwset else []
        keys += [f"hwclr: 'SET[{number + 8}]'"] if self.hwclr else []
        return f"F{number}: {{{', '.join(keys)}}}"


def parts() -> st.SearchStrategy[Part]:
    """Fields that the language allows: edges are kept bit by bit."""
    sticky = st.sampled_from(["bit", "field", "false"])
    halt = st.sampled_from(LIMITS)
    made = st.builds(Part, st.sampled_from(EDGES), sticky, st.sampled_from(LIMITS), halt, st.booleans(), st.booleans())
    return made.filter(lambda part: part.edge == "level" or part.sticky == "bit")


@dataclass
class Model:
    """The standard's words. Registers are whole numbers, field n is at bits 4n to 4n + 3."""

    fields: list[Part]
    stored: dict[str, int] = field(default_factory=lambda: {"SOURCE": 0, "LIMIT": 0, "HALT": 0, "SET": 0})
    values: list[int] = field(default_factory=list)
    seen: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.values, self.seen = [0] * len(self.fields), [0] * len(self.fields)

    def of(self, register: str, number: int) -> int:
        """The bits of a register at the place of a field."""
        return self.stored[register] >> number * WIDTH & ONES

    def write(self, register: str, value: int) -> None:
        """Software writes; then hardware follows."""
        if register == "STATUS":
            for number, part in enumerate(self.fields):
                if part.sticky != "false":
                    self.values[number] &= ~(value >> number * WIDTH)
        else:
            self.stored[register] = value
        for number, part in enumerate(self.fields):
            self.follow(number, part)

    def follow(self, number: int, part: Part) -> None:
        """What hardware does in one field: clear, then its source, then set; an edge does not outlast a clear."""
        source, before = self.of("SOURCE", number), self.seen[number]
        clears = part.hwclr and self.stored["SET"] >> number + 8 & 1
        if clears:
            self.values[number] = 0
        rises, falls = source & ~before, before & ~source
        new = {"level": source, "posedge": rises, "negedge": falls, "bothedge": rises | falls}[part.edge]
        if part.sticky == "false":
            self.values[number] = source
        elif part.sticky == "bit":
            self.values[number] |= new
        elif not self.values[number]:
            self.values[number] = source
        if clears and part.edge != "level":
            self.values[number] = 0
        if part.hwset and self.stored["SET"] >> number & 1:
            self.values[number] = ONES
        self.seen[number] = source

    @property
    def status(self) -> int:
        """The register."""
        return sum(value << number * WIDTH for number, value in enumerate(self.values))

    def output(self, halt: bool) -> bool:
        """The OR of the bits that reach an output; fields without a halt enable or mask do not take part in halt."""
        found = 0
        for number, part in enumerate(self.fields):
            limit, bits = (part.halt, self.of("HALT", number)) if halt else (part.limit, self.of("LIMIT", number))
            if not halt or part.halt:
                found |= self.values[number] & (bits if limit == "enable" else ~bits if limit == "mask" else ONES)
        return found != 0


def description(fields: list[Part]) -> str:
    """A device with the drawn fields."""
    halts = any(part.halt for part in fields)
    parts = ", ".join(part.text(number) for number, part in enumerate(fields))
    return "\n".join(
        [
            "device: dut\nbus: sysbus\nregions:\n  r:\n    space: mmio\n    size: 64\n    registers:",
            f"      STATUS: {{at: 0, fields: {{{parts}}}}}",
            *(f"      {name}: {{at: {4 + 4 * at}}}" for at, name in enumerate(("SOURCE", "LIMIT", "HALT", "SET"))),
            "interrupts: {irq: {level: STATUS.intr}}",
            f"gpio_out: {{halt: {{level: {'STATUS.halt' if halts else 'HALT >= 0x10000'}}}}}",
        ]
    )


STEPS = st.lists(
    st.tuples(st.sampled_from(("SOURCE", "SOURCE", "STATUS", "LIMIT", "HALT", "SET")), st.integers(0, 0xFFFF)),
    max_size=14,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("drawn")


@settings(max_examples=60, deadline=None)
@given(fields=st.lists(parts(), min_size=1, max_size=4), steps=STEPS, cut=st.integers(0, 14))
def test_drawn_interrupt_registers_do_what_the_model_does(
    folder: Path, fields: list[Part], steps: list[tuple[str, int]], cut: int
) -> None:
    device = class_of(described_in(description(fields), folder))
    model = Model(fields)
    bench = Bench(device)
    for number, (register, value) in enumerate(steps):
        if number == cut:
            saved = json.loads(json.dumps(bench.save_state()))
            bench.close()
            bench = Bench(device)
            bench.load_state(saved)
        getattr(bench.regs, register).write(value)
        model.write(register, value)
        halt = model.output(halt=True) if any(part.halt for part in fields) else False
        assert bench.regs.STATUS.read() == model.status
        assert (bench.irq(), bench.gpio("halt")) == (model.output(halt=False), halt)
    bench.close()
