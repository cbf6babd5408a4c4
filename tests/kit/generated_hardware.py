"""Drawn descriptions of what hardware does to fields: interrupts, set and clear, counters, locks and key sequences.

They are cards as those of generated_descriptions.py; generated_steps.py draws what a guest and the world do
to them; the arrays are in generated_arrays.py. Sources of interrupts are registers, the input, the FIFO, a counter
field, a key, a timer and the time.
"""

from __future__ import annotations

from dataclasses import dataclass

from generated_arrays import arrays, limits
from hypothesis import strategies as st

WIDTH = 4
"""Bits of a field of STATUS that follows SOURCE; field n begins at bit 4n."""

SKELETON = """
device: drawn
title: Hardware's side of fields, drawn at random
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
  ticks: {{clock: virtual, period: {period} ns, width: 16, phase: start, enable: RUN.ON}}
timers:
  once: {{clock: virtual, on_expire: ['{once}', NOTE(n=3)]}}
fifos:
  queue: {{depth: 3, width: 8}}
keys:
  key: {{register: KEY.CODE, values: {key}, wrong: {wrong}{limits}}}
  {unit}
streams:
  line: {{on_receive: [queue.push(value), '{receive}'], room: queue.free}}
regions:
  ports:
    bar: 0
    size: 0x40
    access: {{valid: 1..4, implemented: 1..4}}
    registers:
      STATUS: {{at: 0x00, fields: {{{fields}}}}}
      SOURCE: {{at: 0x04}}
      LIMIT: {{at: 0x08, reset: {limit:#x}, write_enable: '{limit_lock}'}}
      SET: {{at: 0x0c}}
{channels}
      COUNT: {{at: 0x20, fields: {{N: {{bits: '7:0', {counter}}}, M: {{bits: '11:8', counter: true}}, WRAPPED: 31}}}}
      MATCH: {{at: 0x24, width: 16, reset: 9}}
      GO: {{at: 0x28, access: wo, on_write: [once.arm_in(700), '{go}', NOTE(n=1)]}}
      KEY: {{at: 0x2c, width: 8, fields: {{CODE: 0}}}}
      LOCKED:
        at: 0x30
        write_enable: '{lock}'
        fields: {{A: {{bits: '3:0', {lock_a}}}, B: {{bits: '31:8', reset: 1}}}}
        on_write: ['{locked}', NOTE(n=2)]
      RUN: {{at: 0x34, width: 8, fields: {{ON: {{bits: 0, reset: 1, hwclr: '{stop}'}}}}}}
      DONE: {{at: 0x38, access: wo, on_write: END()}}
      MARK: {{at: 0x3c, width: 8, access: wo, on_write: MARKED(n=value)}}
  bank:
    bar: 1
    size: 0x40
    access: {{valid: 1..8, implemented: 1..8, endian: {endian}}}
    registers:
      WIDE: {{at: 0x00, width: 64, write_enable: '{wide_lock}', on_write: 'NOTE(n=WIDE[39:32])'}}
      TIME: {{at: 0x08, width: 64, access: ro, read: ticks}}
      TOP:
        at: 0x10
        width: 16
        fields:
          LOW: {{bits: 0, intr: STATUS.intr, write_effect: woclr}}
          HALT: {{bits: 3, intr: {{{top}: STATUS.halt}}, read_effect: rclr}}
          FULL: {{bits: 8, {full}: '{full_source}', write_effect: wzc}}
      SEND: {{at: 0x14, width: 8, access: wo, on_write: 'if line.writable: line.send(value)'}}
      PUSH: {{at: 0x18, access: wo, on_write: 'queue.push(value[7:0])'}}
      NEXT:
        at: 0x1c
        fields:
          LEVEL: {{bits: '2:0', access: ro, next: queue.count}}
          SAMPLE: {{bits: '15:8', next: COUNT.N, we: '{sample}'}}
          KEPT: {{bits: '23:16', next: 'SOURCE[7:0]', sticky: {kept}, write_effect: woclr}}
{units}
  store: {{bar: 1, at: 0x1000, size: 4 KiB, ram: true}}
gpio_in:
  button: {{}}
gpio_out:
  lamp: {{level: '{lamp}'}}
{outputs}
interrupts:
  inta: {{intx: true, level: '{inta}'}}
events:
  NOTE: {{n: 8}}
  MARKED: {{n: 8}}
  END: {{}}
"""

SOURCES = ["button", "ticks >= MATCH", "queue.full", "queue.count >= 2", "COUNT.N.incrthreshold", "key", "once.armed"]
"""Of one bit."""

ACTIONS = ["COUNT.N.incr()", "COUNT.N.decr()", "COUNT.N.incr(5)", "STATUS.BY = 1", "SOURCE ^= 1", "key = 0"]
LOCKS = ["key", "not key", "not LOCKED.A", "SET[0]", "ticks < MATCH"]
LEVELS = ["STATUS.halt", "STATUS.intr", "TOP.intr", "COUNT.N.incrthreshold", "key and LOCKED.A", "RUN.ON"]


@dataclass(frozen=True, slots=True)
class DrawnHardware:
    """A description: ``text`` is the YAML, which `devgen check` accepts without a word."""

    text: str

    def __repr__(self) -> str:
        """What a failing example shows."""
        return self.text


@st.composite
def _interrupt(draw: st.DrawFn, number: int) -> str:
    """Field ``number`` of STATUS: four bits that follow SOURCE, or one bit that follows something else."""
    top = number * WIDTH + draw(st.sampled_from([0, WIDTH - 1]))
    bits = f"{top}:{number * WIDTH}"
    source = f"SOURCE[{bits}]" if top > number * WIDTH else draw(st.sampled_from(SOURCES))
    edge = draw(st.sampled_from(["level", "posedge", "negedge", "bothedge"]))
    sticky = draw(st.sampled_from(["bit", "field", "false"])) if edge == "level" else "bit"
    keys = [f"bits: '{bits}'", f"intr: {{{edge}: '{source}'}}"]
    keys += [f"sticky: {sticky}"] if sticky != "bit" else []
    effects = ["write_effect: woclr", "write_effect: wzc", "read_effect: rclr"]
    keys.append("access: ro" if sticky == "false" else draw(st.sampled_from(effects)))
    limit = draw(st.sampled_from(["", "enable", "mask"]))
    keys += [f"{limit}: 'LIMIT[{bits}]'"] if limit else []
    halt = draw(st.sampled_from(["haltenable", "haltmask"]))
    if number == 0 or draw(st.booleans()):
        keys.append(f"{halt}: 'LIMIT[{top + 16}:{number * WIDTH + 16}]'")
    keys += [f"hwset: 'SET[{number}]'"] if draw(st.booleans()) else []
    keys += [f"hwclr: 'SET[{number + 8}]'"] if draw(st.booleans()) else []
    return f"F{number}: {{{', '.join(keys)}}}"


@st.composite
def _counter(draw: st.DrawFn) -> str:
    """The keys of COUNT.N."""
    incr = draw(st.sampled_from(["button", "'SOURCE[0]'", "queue.full", "ticks >= MATCH"]))
    keys = [f"incr: {incr}"]
    keys.append(draw(st.sampled_from(["incrthreshold: 3", "incrthreshold: 'MATCH[7:0]'"])))
    ends = ["incrsaturate: 7", "incrsaturate: true", *[f"overflow: {field}" for field in ("COUNT.WRAPPED", "COUNT.M")]]
    keys.append(draw(st.sampled_from(ends)))
    keys += ["incrvalue: 'SET[7:0]'"] if draw(st.booleans()) else []
    keys += ["decr: queue.empty, underflow: COUNT.M"] if draw(st.booleans()) else []
    hwclr = ", hwclr: 'SET[31]'" if draw(st.booleans()) else ""
    return f"counter: {{{', '.join(keys)}}}{hwclr}"


@st.composite
def hardware_descriptions(draw: st.DrawFn, accesses: bool = False) -> DrawnHardware:
    """A description; with keys that count ``accesses`` for tests that make no other ones."""

    def one(values: list[str]) -> str:
        return draw(st.sampled_from(values))

    fields = [draw(_interrupt(number)) for number in range(draw(st.integers(1, 4)))]
    fields.append("BY: {bits: 31, intr: true, write_effect: woclr}")
    found, values = draw(arrays(accesses)), one(["[1]", "[1]", "[1]", "[1, 1]", "[0, 1]"])
    text = SKELETON.format(
        channels=found.channels,
        units=found.units,
        unit=found.key,
        outputs=found.outputs,
        limits=draw(limits(values, accesses, locks=False)),
        fields=", ".join(fields),
        counter=draw(_counter()),
        period=one(["7", "100", "1000"]),
        limit=draw(st.sampled_from([0xFFFFFFFF, 0, 0x00FF00FF])),
        key=values,
        wrong=one(["restart", "restart", "lock", "until_reset"]),
        lock=one(LOCKS),
        lock_a=one(["write_enable: not LOCKED.A", "write_effect: woset", "access: w1"]),
        limit_lock=one(["key", "RUN.ON", "not button"]),
        wide_lock=one(LOCKS),
        endian=one(["little", "big"]),
        stop=one(["button", "ticks >= MATCH", "button or ticks >= MATCH"]),
        top=one(["level", "posedge", "negedge", "bothedge"]),
        full=one(["intr", "hwset"]),
        full_source=one(SOURCES),
        sample=one(SOURCES),
        kept=one(["bit", "field"]),
        lamp=one(LEVELS + found.levels),
        inta=one(["TOP.intr", "STATUS.intr or TOP.intr", "TOP.intr and not key"]),
        **{hook: one(ACTIONS) for hook in ("once", "receive", "go", "locked")},
    )
    return DrawnHardware(text)
