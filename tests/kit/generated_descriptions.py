"""Small descriptions drawn at random: PCI cards with a BAR of ports and a BAR of memory, which every host has.

Each has registers of random kinds, a counter, two timers, a FIFO, a stream, an input, and lines whose levels follow
registers, the counter and the FIFO. tests/kit/generated_steps.py draws what a guest and the world do to such a card,
tests/kit/described_model.py says independently what comes of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

DONE = 0x38
"""A write here ends a guest's run."""

MARK = 0x3C
"""A write of a byte here is the event MARKED: it shows which outputs came before it."""

SKELETON = """
device: drawn
title: A description drawn at random
bus: pci
pci:
  vendor: 0x1b36
  device: 0x00f8
  class: 0xff0000
  interrupt_pin: A
  bars:
    0: {{type: io, size: 256}}
    1: {{type: mem32, size: 8 KiB}}
counters:
  ticks: {{clock: {clock}, period: {period} ns, width: {width}, phase: {phase}{enable}}}
timers:
  once: {{clock: virtual, on_expire: [NOTE(n=3), '{on_once}']}}
  alarm: {{counter: ticks, match: MATCH, align: {align}, due: {due}, on_expire: [NOTE(n=2), '{on_alarm}']}}
fifos:
  queue: {{depth: 3, width: 8}}
streams:
  line: {{on_receive: [queue.push(value), '{on_receive}'], room: queue.free, on_writable: NOTE(n=4)}}
regions:
  ports:
    bar: 0
    size: 0x40
    access: {{valid: 1..4, implemented: 1..4}}
    decode: {decode}
    reserved: {reserved}
    registers:
{registers}
      TICKS: {{at: 0x20, access: ro, read: ticks}}
      MATCH: {{at: 0x24, width: {width}, on_write: alarm.arm()}}
      GO: {{at: 0x28, access: wo, on_write: ['{on_go}', NOTE(n=1)]}}
      DATA: {{at: 0x2c, width: 8, read: 'queue[0]', on_read: queue.pop(), write: queue.push(value)}}
      LEVEL: {{at: 0x30, width: 8, access: ro, read: queue.count}}
      RUN: {{at: 0x34, width: 8, reset: 1}}
      DONE: {{at: 0x38, access: wo, on_write: END()}}
      MARK: {{at: 0x3c, width: 8, access: wo, on_write: MARKED(n=value)}}
  bank:
    bar: 1
    size: 0x40
    access: {{valid: 1..8, implemented: {implemented}, endian: {endian}}}
    registers:
      WIDE: {{at: 0x00, width: 64, halves: {halves}, on_write: ['NOTE(n=WIDE[39:32])', '{on_wide}']}}
      TIME: {{at: 0x08, width: 64, access: ro, before_read: TIME = now}}
      SHORT: {{at: 0x10, width: 16, write_effect: {short}}}
      SEND: {{at: 0x14, width: 8, access: wo, on_write: 'if line.writable: line.send(value)'}}
      LOG: {{at: 0x18, access: wo{coalesce}, on_write: ['LAST = value', '{on_log}']}}
      LAST: {{at: 0x1c, access: ro}}
  store: {{bar: 1, at: 0x1000, size: 4 KiB, ram: true}}
gpio_in:
  button: {{on_input: [A ^= 1, '{on_button}']}}
gpio_out:
  lamp: {{level: '{lamp}'}}
interrupts:
  inta: {{intx: true, level: '{inta}'}}
events:
  NOTE: {{n: 8}}
  MARKED: {{n: 8}}
  END: {{}}
on_reset: '{on_reset}'
"""

WRITE_EFFECTS = ("woclr", "woset", "wot", "wzc", "wzs", "wzt", "wclr", "wset")
ACCESSES = ("rw", "ro", "wo", "w1", "rw1")

ACTIONS = [
    "once.arm_in(0)",
    "once.arm_in(700)",
    "once.arm_at(2000)",
    "once.cancel()",
    "alarm.arm()",
    "alarm.cancel()",
    "ticks.load(A[7:0])",
    "queue.push(B[7:0])",
    "queue.clear()",
    "line.send(C[7:0])",
    "NOTE(n=A[7:0])",
    "A ^= 3",
    "B = u32(B + ticks)",
    "C = u32(C + 1)",
    "D = queue.count",
]

OWN = {"A": "A ^= 3", "B": "B = u32(B + ticks)", "C": "C = u32(C + 1)", "D": "D = queue.count"}
"""What changes the register itself, so that the order of a hook and an effect shows."""

AFTERWARDS = [action for action in ACTIONS if ".arm" not in action or action == "once.arm_in(700)"]
"""What a timer does when it fires. It arms none for now: hosts differ in when such a timer fires for the 65th time."""

LEVELS = [
    "A[0] & B[1]",
    "A > 5",
    "A == B",
    "not queue.empty",
    "queue.count >= 2 and C[0]",
    "ticks >= MATCH",
    "ticks >= 5",
    "D[31] or once.armed",
]


@dataclass(frozen=True, slots=True)
class Span:
    """Bits of a register that behave alike."""

    msb: int
    lsb: int
    access: str = "rw"
    write_effect: str | None = None
    read_effect: str | None = None
    reset: int = 0
    pulse: bool = False

    def keys(self) -> str:
        """The keys of the description, without bits and reset."""
        pairs = {"access": self.access, "write_effect": self.write_effect, "read_effect": self.read_effect}
        pulse = ["singlepulse: true"] if self.pulse else []
        return ", ".join([f"{key}: {value}" for key, value in pairs.items() if value is not None] + pulse)


@dataclass(frozen=True, slots=True)
class DrawnRegister:
    """One of A to D."""

    name: str
    offset: int
    spans: tuple[Span, ...]
    on_read: str | None
    on_write: str | None

    @property
    def text(self) -> str:
        """Its line of the description."""
        keys = [f"at: {self.offset:#x}"]
        if len(self.spans) == 1:
            keys += [f"reset: {self.spans[0].reset:#x}", self.spans[0].keys()]
        else:
            fields = [
                f"F{span.lsb}: {{bits: '{span.msb}:{span.lsb}', reset: {span.reset}, {span.keys()}}}"
                for span in self.spans
            ]
            keys.append(f"fields: {{{', '.join(fields)}}}")
        keys += [f"{hook}: '{action}'" for hook, action in self.hooks().items()]
        return f"      {self.name}: {{{', '.join(keys)}}}"

    def hooks(self) -> dict[str, str]:
        """The hooks that it has."""
        both = {"on_read": self.on_read, "on_write": self.on_write}
        return {hook: action for hook, action in both.items() if action is not None}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A description: ``text`` is the YAML, which `devgen check` accepts without a word."""

    registers: tuple[DrawnRegister, ...]
    choices: dict[str, Any]

    @property
    def text(self) -> str:
        """The device file."""
        return SKELETON.format(registers="\n".join(register.text for register in self.registers), **self.choices)

    def __getitem__(self, key: str) -> Any:
        """A choice of the skeleton."""
        return self.choices[key]

    def __repr__(self) -> str:
        """What a failing example shows."""
        return self.text


CHOICES: dict[str, Sequence[Any]] = {
    "clock": ["virtual", "virtual", "rtc", "host"],
    "period": [1, 7, 100, 1000],
    "width": [8, 16, 32],
    "phase": ["start", "clock"],
    "enable": ["", ", enable: 'RUN[0]'"],
    "align": ["edge", "now"],
    "due": ["now", "tick", "wrap"],
    "decode": ["lanes", "exact", "word"],
    "reserved": ["zeros", "ones"],
    "implemented": ["1..8", "1..4", "2..2"],
    "endian": ["little", "little", "big"],
    "halves": ["last", "last", "each"],
    "short": WRITE_EFFECTS,
    "coalesce": ["", ", coalesce: true"],
    "lamp": LEVELS,
    "inta": LEVELS,
    "on_go": ["once.arm_in(0)", "once.arm_in(0)", "once.arm_in(700)", "once.arm_in(700)", "alarm.arm()"],
    **dict.fromkeys(("on_button", "on_receive", "on_wide", "on_log", "on_reset"), ACTIONS),
    **dict.fromkeys(("on_once", "on_alarm"), AFTERWARDS),
}

PLAIN: dict[str, Sequence[Any]] = {
    **CHOICES,
    "clock": ["virtual"],
    "enable": [""],
    "decode": ["lanes"],
    "implemented": ["1..8", "1..4", "1..4"],
    "endian": ["little"],
}
"""What tests/kit/described_model.py can follow."""


@st.composite
def descriptions(draw: st.DrawFn, choices: dict[str, Sequence[Any]] = CHOICES) -> Drawn:
    """A description."""
    registers = tuple(draw(_registers(name, 4 * number)) for number, name in enumerate("ABCD"))
    return Drawn(registers, {key: draw(st.sampled_from(values)) for key, values in choices.items()})


@st.composite
def _registers(draw: st.DrawFn, name: str, offset: int) -> DrawnRegister:
    """A register with one effect for all bits, or with two or three fields; with hooks where it has such accesses."""
    if draw(st.booleans()):
        spans = [draw(_spans(31, 0, [0, 1, 0x8001, 0xFFFFFFFF]))]
    else:
        spans = [draw(_spans(3, 0, [0, 5])), draw(_spans(17, 6, [0, 5]))]
        if draw(st.booleans()):
            spans.append(Span(31, 31, pulse=True))
    read = any(span.access in ("rw", "ro", "rw1") for span in spans)
    written = any(span.access != "ro" for span in spans)
    hooks = [
        draw(st.sampled_from([*[None] * 4, *[OWN[name]] * 8, *ACTIONS])) if possible else None
        for possible in (read, written)
    ]
    return DrawnRegister(name, offset, tuple(spans), *hooks)


@st.composite
def _spans(draw: st.DrawFn, msb: int, lsb: int, resets: list[int]) -> Span:
    """Bits with at most one side effect."""
    reset = draw(st.sampled_from(resets))
    match draw(st.sampled_from(["access", "write", "read", "read only"])):
        case "write":
            return Span(msb, lsb, "rw", write_effect=draw(st.sampled_from(WRITE_EFFECTS)), reset=reset)
        case "read":
            return Span(msb, lsb, "rw", read_effect=draw(st.sampled_from(["rclr", "rset"])), reset=reset)
        case "read only":
            return Span(msb, lsb, "ro", read_effect=draw(st.sampled_from(["rclr", "rset"])), reset=reset)
        case _:
            return Span(msb, lsb, draw(st.sampled_from(ACCESSES)), reset=reset)
