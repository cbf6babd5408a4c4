"""Small descriptions drawn at random, and what a guest and the world do to such a device.

Each description has registers of random kinds, a counter, a timer, a FIFO, an input and lines whose levels follow
registers, the counter and the FIFO. All are PCI cards with one BAR of ports, which every host has.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from hypothesis import strategies as st

from devgen.hosts.bench import Bench
from devgen.runtime.observe.journal import Output

DONE = 0x38
"""A write here ends a guest's run; drawn accesses are below."""

Step = tuple[Literal["read", "write", "advance", "drive"], int, int, int]
"""What to do, offset, bytes, value; only a value for a move of the clock (in ns) and for a level of the input."""

Outcome = list[tuple[int | None, list[Output]]]
"""Of each step: the value read, if it is a read, and the outputs (levels and events with their times) in order."""

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
counters:
  ticks: {{clock: virtual, period: {period} ns, width: {width}, phase: {phase}{enable}}}
timers:
  once: {{clock: virtual, on_expire: '{on_once}'}}
  alarm: {{counter: ticks, match: MATCH, align: {align}, due: {due}, on_expire: [NOTE(n=2), '{on_alarm}']}}
fifos:
  queue: {{depth: 3, width: 8}}
regions:
  registers:
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
gpio_in:
  button: {{on_input: [A ^= 1, '{on_button}']}}
gpio_out:
  lamp: {{level: '{lamp}'}}
interrupts:
  inta: {{intx: true, level: '{inta}'}}
events:
  NOTE: {{n: 8}}
  END: {{}}
"""

EFFECTS = [
    *(f"write_effect: {effect}" for effect in ("woclr", "woset", "wot", "wzc", "wzs", "wzt", "wclr", "wset")),
    *(f"read_effect: {effect}" for effect in ("rclr", "rset")),
    *(f"access: ro, read_effect: {effect}" for effect in ("rclr", "rset")),
    *(f"access: {access}" for access in ("rw", "ro", "wo", "w1", "rw1")),
]

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
    "NOTE(n=A[7:0])",
    "A ^= 3",
    "B = u32(B + ticks)",
    "C = u32(C + 1)",
    "D = queue.count",
]

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


@st.composite
def descriptions(draw: st.DrawFn) -> str:
    """The text of a description that `devgen check` accepts."""

    def one_of(choices: Sequence[Any]) -> Any:
        return draw(st.sampled_from(choices))

    registers = [f"      {name}: {_register(draw, 4 * number)}" for number, name in enumerate("ABCD")]
    return SKELETON.format(
        period=one_of([1, 7, 100, 1000]),
        width=one_of([8, 16, 32]),
        phase=one_of(["start", "clock"]),
        enable=one_of(["", ", enable: 'RUN[0]'"]),
        align=one_of(["edge", "now"]),
        due=one_of(["now", "tick", "wrap"]),
        decode=one_of(["exact", "word", "lanes"]),
        reserved=one_of(["zeros", "ones"]),
        registers="\n".join(registers),
        lamp=one_of(LEVELS),
        inta=one_of(LEVELS),
        **{hook: one_of(ACTIONS) for hook in ("on_go", "on_button")},
        **{hook: one_of(AFTERWARDS) for hook in ("on_once", "on_alarm")},
    )


def _register(draw: st.DrawFn, offset: int) -> str:
    """A register with one effect for all bits, or with two fields; and with hooks where it can be read or written."""
    keys = [f"at: {offset:#x}"]
    effects = [draw(st.sampled_from(EFFECTS))]
    if draw(st.booleans()):
        keys += [f"reset: {draw(st.sampled_from([0, 1, 0x8001, 0xFFFFFFFF])):#x}", *effects]
    else:
        effects.append(draw(st.sampled_from(EFFECTS)))
        pulse = draw(st.sampled_from(["", ", GO: {bits: 31, singlepulse: true}"]))
        fields = f"LOW: {{bits: '3:0', {effects[0]}}}, MIDDLE: {{bits: '17:6', {effects[1]}, reset: 5}}{pulse}"
        keys.append(f"fields: {{{fields}}}")
    if draw(st.booleans()) and not any(effect in ("access: wo", "access: w1") for effect in effects):
        keys.append(f"on_read: '{draw(st.sampled_from(ACTIONS))}'")
    if draw(st.booleans()) and not any(effect.startswith("access: ro") for effect in effects):
        keys.append(f"on_write: '{draw(st.sampled_from(ACTIONS))}'")
    return f"{{{', '.join(keys)}}}"


VALUES = st.sampled_from([0, 1, 2, 5, 0xFF, 0x8001, 0xFFFFFFFF]) | st.integers(0, 0xFFFFFFFF)


@st.composite
def accesses(draw: st.DrawFn) -> Step:
    """An aligned access of a guest to a register or to an offset without one."""
    size = draw(st.sampled_from([1, 2, 4, 4]))
    offset = draw(st.integers(0, DONE // size - 1)) * size
    if draw(st.booleans()):
        return "read", offset, size, 0
    return "write", offset, size, draw(VALUES) & (1 << 8 * size) - 1


MOVES: st.SearchStrategy[Step] = st.sampled_from([0, 1, 99, 100, 700, 1300, 10_000, 256_000]).map(
    lambda ns: ("advance", 0, 0, ns)
)
INPUTS: st.SearchStrategy[Step] = st.sampled_from([0, 1]).map(lambda level: ("drive", 0, 0, level))
ACCESSES = st.lists(accesses(), min_size=1, max_size=25)
STEPS = st.lists(accesses() | accesses() | MOVES | INPUTS, min_size=1, max_size=25)


def on_the_bench(bench: Bench, steps: list[Step]) -> Outcome:
    """What comes of the steps on a bench: the value that the other hosts are compared with."""
    return [(_bench_step(bench, step), bench.journal.take()) for step in steps]


def _bench_step(bench: Bench, step: Step) -> int | None:
    match step:
        case "read", offset, size, _:
            return bench.read(None, offset, size)
        case "write", offset, size, value:
            bench.write(None, offset, value, size)
        case "advance", _, _, ns:
            bench.advance(ns)
        case _, _, _, level:
            bench.drive("button", level)
    return None
