"""Diagnostics of the hardware's side of fields: interrupts, set and clear, counters (DG046x)."""

from __future__ import annotations

from devgen.language.diagnostics.diagnostic import Kind

ENABLE_WIDTH = Kind(
    "DG0460",
    "error",
    "{key} has {bits}, but field {name} has {width}",
    "An enable or a mask of an interrupt decides about each bit of the field, so it has as many bits as the field "
    "(SystemRDL 2.0, 9.9).",
    "STATUS: {at: 0x0, fields: {RX: {bits: 0, intr: true, enable: IE}}}\nIE: {at: 0x4, fields: {RX: 0, TX: 1}}",
    "Name the field or the bits: `enable: IE.RX` or `enable: 'IE[0]'`.",
)
UNUSED_INTERRUPT = Kind(
    "DG0461",
    "warning",
    "nothing uses {name}: these interrupts reach no line",
    "A register with interrupt fields has the output `intr`, and with `haltenable` or `haltmask` the output `halt`. An "
    "output has an effect only where behaviour names it.",
    "STATUS: {at: 0x0, write_effect: woclr, fields: {RX: {bits: 0, intr: true}}}",
    "Let a line follow it, `interrupts: {irq: {level: STATUS.intr}}`, or name it in another `intr`.",
)
HARDWARE_CYCLE = Kind(
    "DG0462",
    "error",
    "the hardware's side of these fields depends on itself: {path}",
    "The fields are brought up to date in the order of their dependencies, once after each access or event. In a cycle "
    "the order would decide the result.",
    "A: {at: 0x0, fields: {X: {bits: 0, hwset: B.X}}}\nB: {at: 0x4, fields: {X: {bits: 0, hwclr: A.X}}}",
    "Remove one of the dependencies, or make the change in behaviour (`on_write`, `on_expire`, `on_input`).",
)
NO_TARGET = Kind(
    "DG0463",
    "error",
    "'{key}' does not name a field",
    "When a counter wraps, it sets a field of a register, or another counting field counts on.",
    "ERRORS: {at: 0x0, fields: {COUNT: {bits: '7:0', counter: {incr: error, overflow: STATUS}}}}",
    "Name a field: `overflow: STATUS.WRAPPED`.",
)
COUNTER_CYCLE = Kind(
    "DG0464",
    "error",
    "these counters count one another when they wrap: {path}",
    "A counter that wraps lets the counter count that its `overflow` or `underflow` names. In a cycle this would not "
    "end.",
    "A: {at: 0x0, fields: {N: {bits: '7:0', counter: {overflow: B.N}}}}\n"
    "B: {at: 0x4, fields: {N: {bits: '7:0', counter: {overflow: A.N}}}}",
    "Remove one of the two.",
)
