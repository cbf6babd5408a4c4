"""A description with one of everything, and texts that would break out of a page if they were not escaped."""

from __future__ import annotations

from pathlib import Path
from typing import Final

HOSTILE: Final = "</title><script>fail()</script>|`](x) --> <img src=http://127.0.0.1:9/x onerror=fail()> & *b*"

AWKWARD: Final = """\
device: awkward
title: @
description: |
  @

      an indented block
      <b>@
datasheet: @
bus: pci
pci:
  vendor: 0x1b36
  device: 2
  class: 0xff0000
  interrupt_pin: A
  bars: {0: {type: mem32, size: 64 KiB}, 2: {type: mem32, size: 4 KiB}}
  capabilities:
    msi: {vectors: 4}
    vendor: {box: {contents: 01 02}}
properties:
  channels: {type: int, default: 2, range: 1..8, description: '@'}
  label: {type: string, default: '@'}
  exact: {type: bool, default: false}
constants: {LIMIT: 5}
state: {hidden: {width: 8, count: channels, description: '@'}}
fifos: {rx: {depth: 16, width: 8, description: '@'}}
counters: {ticks: {clock: virtual, frequency: 1 MHz, width: 32, description: '@'}}
timers: {alarm: {counter: ticks, match: WIDE.LOW, description: '@', on_expire: CTRL.RUN = 1}}
deviations: {stored: '@', silent: {text: '@', property: exact}}
events: {SEEN: {value: 8}}
errors: {LOST: '{entry}@'}
streams: {line: {description: '@', on_receive: rx.push(value)}}
gpio_in: {button: {description: '@', on_input: CTRL.RUN = value}}
gpio_out: {lamp: {description: '@', level: CTRL.RUN}}
interrupts:
  inta: {intx: true, level: CTRL.RUN, description: '@'}
  done: {vector: 0, count: 2, level: CTRL.RUN and index < LIMIT}
functions: {'twice(n: u8)': n * 2}
actions: {'note(n: u8)': [SEEN(value=n), LOST(entry=n)]}
on_reset: hidden[0] = 1 + exact
regions:
  registers:
    bar: 0
    size: 32 KiB
    access: {valid: 1..8, implemented: 1..8}
    description: '@'
    registers:
      CTRL:
        at: 0x0
        title: '@'
        description: '@'
        on_write: note(u8(twice(value[6:0]) if label == "<b>" else 0))
        fields:
          RUN: {bits: 0, title: '@', description: '@', values: {OFF: 0, ON: 1}}
          LONG_NAME_OF_ONE_BIT: 5
          WRITTEN: {bits: 9, write_effect: woclr}
      WIDE: {at: 0x8, width: 64, reset: 0xfedcba9876543210, fields: {HIGH: 63:40, MIDDLE: 39:24, LOW: 23:0}}
      BYTE: {at: 0x10, width: 8, fields: {B: 4}}
      INDEX: {at: 0x14, fields: {N: 1:0}}
      DATA: {at: 0x18, width: 8, window: {region: bank, at: INDEX.N}}
      SAME: {at: 0x1c, alias: CTRL}
      LISTED: {at: 0x20, count: 2, reset: [1, 2]}
      START: {at: 0x28, reset: channels}
      CHANNEL:
        at: 0x100
        count: channels
        stride: 16
        title: '@'
        registers: {POS: {at: 0, access: ro, read_effect: rclr}, LEN: {at: 4, on_read: rx.pop()}}
      TEST: {at: 0x200, intent: unimplemented, description: '@'}
      HOLE: {at: 0x204, intent: reserved}
    doorbells: {BELL: {at: 0x4000, length: 4, match: 1, description: '@', on_ring: alarm.arm()}}
  bank: {space: indirect, size: 4, width: 8, registers: {X: {at: 0, count: 4}}}
  frame: {bar: 2, ram: true}
"""


def write_awkward(folder: Path, text: str = HOSTILE) -> Path:
    """The description in a file; ``text`` is every title and description."""
    path = folder / "awkward.yaml"
    quoted = text.replace("'", "''")
    plain = AWKWARD.replace("'@'", f"'{quoted}'").replace("title: @", f"title: '{quoted}'")
    path.write_text(plain.replace("datasheet: @", f"datasheet: '{quoted}'").replace("@", text))
    return path
