"""A device whose handlers arm timers for now, and tell by events in which order things happen."""

from __future__ import annotations

from pathlib import Path

from generated_code import class_of, described_in

from devgen.runtime.pci import PciDevice

DESCRIPTION = """
device: due-now
title: Timers that are due at once
bus: pci
pci:
  vendor: 0x1b36
  device: 0x00f9
  class: 0xff0000
  bars:
    0: {type: io, size: 64}
counters:
  still: {clock: virtual, period: 1000 s, width: 32, phase: start}
timers:
  first: {clock: virtual, on_expire: [STEP(n=3), chained.arm_in(0), STEP(n=4)]}
  chained: {clock: virtual, on_expire: [FIRED = u32(FIRED + 1), STEP(n=5)]}
  early: {clock: virtual, on_expire: STEP(n=6)}
  late: {clock: virtual, on_expire: STEP(n=7)}
  alarm: {counter: still, match: MATCH, on_expire: STEP(n=8)}
  endless: {clock: virtual, on_expire: [TURNS = u32(TURNS + 1), endless.arm_in(0)]}
regions:
  registers:
    bar: 0
    size: 64
    access: {valid: 1..4, implemented: 1..4}
    registers:
      START:
        at: 0x00
        on_read: [STEP(n=10), first.arm_in(0), STEP(n=11)]
        on_write: [STEP(n=1), first.arm_in(0), STEP(n=2)]
      FIRED: {at: 0x04, access: ro, on_read: 'STEP(n=FIRED[7:0])'}
      PAST: {at: 0x08, access: wo, on_write: [late.arm_at(2), early.arm_at(1)]}
      MATCH: {at: 0x0c, on_write: [alarm.arm(), STEP(n=9)]}
      ENDLESS: {at: 0x10, access: wo, on_write: endless.arm_in(0)}
      TURNS: {at: 0x14, access: ro}
      DONE: {at: 0x18, access: wo, on_write: END()}
gpio_in:
  button: {on_input: [STEP(n=20), first.arm_in(0)]}
streams:
  line: {on_receive: [STEP(n=30), first.arm_in(0)]}
events:
  STEP: {n: 8}
  END: {}
on_reset: [STEP(n=40), first.arm_in(0)]
"""

FIRST = [3, 4, 5]
"""What `first` causes: it arms another timer, which fires when it has ended."""

AT_RESET = [40, *FIRST]


def due_device(folder: Path) -> type[PciDevice]:
    """The device's class."""
    return class_of(described_in(DESCRIPTION, folder))
