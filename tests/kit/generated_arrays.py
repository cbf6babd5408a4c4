"""The arrays of generated_hardware.py: registers and register files whose elements have interrupts, counters and keys.

CHANNEL and its neighbours are arrays in the BAR of ports; UNIT is a register file of one or two dimensions in the BAR
of memory, with a key for each element, registers that share bytes, an array and a file inside.
"""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

CHANNELS = """
      CHANNEL: {{at: 0x10, count: 2, width: 16, fields: {{I: {{bits: '3:0', {intr}}}, H: {{bits: 8, {hw}}}}}}}
      LINES: {{at: 0x14, count: 2, width: 16, write_enable: '{lines_lock}'}}
      TALLY:
        at: 0x18
        count: 2
        width: 16
        fields: {{N: {{bits: '7:0', {counter}}}, W: {{bits: 15, write_effect: woclr}}}}
      WORD: {{at: 0x1c, count: 2, width: 16, write_enable: 'not WORD[index][0]', on_write: 'NOTE(n=WORD[index][7:0])'}}
"""

UNITS = """
      UNIT:
        at: 0x20
        count: {count}
        stride: {stride}
        {file_lock}
        registers:
          EVENT:
            at: 0
            width: 16
            write_enable: true
            fields:
              E: {{bits: '3:0', intr: {{{edge}: 'SOURCE[3:0]'}}, {effect}, {limit}: 'SOURCE[7:4]'}}
              N: {{bits: '11:8', counter: {{incr: 'SOURCE[8]', {end}}}}}
              O: {{bits: 12, write_effect: wzc}}
          AGAIN: {{at: 0, width: 16, alternate: EVENT, fields: {{LOW: 7:0, HIGH: 15:8}}}}
          SOURCE: {{at: 2, width: 16, write_enable: true}}
          VIEW: {{at: 2, width: 16, alternate: SOURCE, fields: {{UPPER: 15:8}}}}
          CODE: {{at: 4, width: 8, write_enable: true, on_write: 'NOTE(n=CODE)'}}
          ONE:
            at: 6
            width: 16
            when: '{when}'
            write_enable: '{member_lock}'
            fields:
              P: {{bits: 0, {one}}}
              C: {{bits: '4:1', counter: {{incr: EVENT.O, overflow: ONE.P}}}}
              REST: 15:5
          OTHER: {{at: 6, width: 16, write_effect: wot}}
          LIST: {{at: 8, count: 2, width: 16, write_enable: '{list_lock}'}}
          SUB:
            at: 12
            count: 2
            registers:
              S: {{at: 0, width: 16, fields: {{N: {{bits: '3:0', hwclr: 'SOURCE[9]'}}, F: {{bits: 4, {sub}}}}}}}
"""


@dataclass(frozen=True, slots=True)
class Shape:
    """The dimensions of UNIT.

    ``member`` and ``inner``: the number of its element in a member, and in an array inside.
    """

    count: str
    stride: str
    element: str
    member: str
    inner: str


SHAPES = (
    Shape("2", "0x10", "[{}]", "index", "index1"),
    Shape("[2, 1]", "[0x10, 0x10]", "[{}][0]", "index1 * 1 + index", "index2 * 1 + index1"),
    Shape("[1, 2]", "[0x20, 0x10]", "[0][{}]", "index1 * 2 + index", "index2 * 2 + index1"),
)

EFFECTS = ["write_effect: woclr", "write_effect: wzc", "read_effect: rclr"]
TIMES = ["", ", open_for: 1 write", ", open_for: 1 us", ", within: 700 ns, open_for: 5 us", ", within: 1 us"]
ACCESSES = [", within: 1 access", ", within: 3 accesses, open_for: 1 write", ", open_for: 4 accesses"]
"""Limits that only tests without accesses of their own, such as marks, can follow."""


@dataclass(frozen=True, slots=True)
class DrawnArrays:
    """Pieces of the description: registers, the key, and lines that follow the elements."""

    channels: str
    units: str
    key: str
    outputs: str
    levels: list[str]


@st.composite
def limits(draw: st.DrawFn, values: str, accesses: bool, locks: bool) -> str:
    """The limits of a key with these values. ``locks``: a lock names it, so that one write can close it."""
    found = draw(st.sampled_from(TIMES + ACCESSES if accesses else TIMES))
    fits = ("," in values or "within" not in found) and (locks or "1 write" not in found)
    return found if fits else ""


@st.composite
def arrays(draw: st.DrawFn, accesses: bool = False) -> DrawnArrays:
    """The arrays of one description."""

    def one(values: list[str]) -> str:
        return draw(st.sampled_from(values))

    shape = draw(st.sampled_from(SHAPES))
    edge = one(["level", "posedge", "negedge", "bothedge"])
    sticky = one(["", ", sticky: field"]) if edge == "level" else ""
    channels = CHANNELS.format(
        intr=f"intr: {{{edge}: 'LINES[index][3:0]'}}{sticky}, {one(EFFECTS)}, {one(['enable', 'mask'])}: "
        f"'LINES[index][7:4]', haltenable: 'LINES[index][11:8]'",
        hw=one(["hwset: 'SET[index]'", "hwclr: 'SET[index]'", "next: 'SET[index]', access: ro"]),
        lines_lock=one(["not WORD[index]", "key", "not CHANNEL[index].H", "not unit[index]"]),
        counter=one(
            [
                "counter: {incr: 'LINES[index][12]', overflow: 'TALLY[index].W', incrvalue: 'LIMIT[7:0]'}",
                "counter: {incr: 'CHANNEL[index].I', incrsaturate: 3, incrthreshold: 2}, hwclr: 'SET[index + 8]'",
                "counter: {decr: button, decrsaturate: true, incr: 'LINES[index][0]'}",
            ]
        ),
    )
    own = f"unit[{shape.member}]"
    sub = one(["intr: 'SOURCE[10]', write_effect: woclr", "hwset: 'EVENT.intr', write_effect: woclr"])
    units = UNITS.format(
        count=shape.count,
        stride=shape.stride,
        file_lock=f"write_enable: '{one([own, f'{own} or SOURCE[0]', f'{own} and not SOURCE[1] or key'])}'",
        edge=edge,
        effect=one(EFFECTS),
        limit=one(["enable", "mask"]),
        end=one(["overflow: 'EVENT.O'", "incrsaturate: true", "incrsaturate: 'SOURCE[15:12]'"]),
        when=one(["SOURCE[0]", own, "EVENT.E != 0"]),
        member_lock=one([own, "EVENT.intr", "not SOURCE[2]"]),
        one=one(["hwset: 'SOURCE[11]', write_effect: woclr", "hwclr: 'SOURCE[11]'", "write_effect: wot"]),
        list_lock=one([f"unit[{shape.inner}]", "not SOURCE[index]", "not LIST[1 - index][0]"]),
        sub=sub,
    )
    values = one(["[1]", "[1, 2]", "[1, 1]", "[2, 1, 2]"])
    key = f"unit: {{register: UNIT.CODE, values: {values}, wrong: {one(['restart', 'lock', 'until_reset'])}"
    key += draw(limits(values, accesses, locks=True))
    key += one(["", ", on_open: 'NOTE(n=100 + index)'", ", on_wrong: 'NOTE(n=50 + index)'"])
    closes = one(["", "", "UNIT.LIST", "UNIT.OTHER", "MATCH", "WORD" if shape.count == "2" else ""])
    key += f", closed_by: [{closes}]}}" if closes else "}"
    followed = f"UNIT{shape.element.format('index')}.EVENT.intr"
    outputs = f"  units: {{count: 2, level: '{followed}'}}\n  opened: {{count: 2, level: 'unit[index]'}}"
    outputs += (
        "\n  channels: {count: 2, level: 'CHANNEL[index].intr'}\n  halts: {count: 2, level: 'CHANNEL[index].halt'}"
    )
    if sub.startswith("intr"):
        outputs += f"\n  subs: {{count: 2, level: 'UNIT{shape.element.format('index')}.SUB[1].S.intr'}}"
    levels = [f"UNIT{shape.element.format(1)}.EVENT.intr", "CHANNEL[0].intr or CHANNEL[1].halt"]
    return DrawnArrays(channels.strip("\n"), units.strip("\n"), key, outputs, levels)
