"""Diagnostics of names, properties, counters, timers and lines (DG07xx)."""

from __future__ import annotations

from devgen.language.diagnostics.diagnostic import Kind

DUPLICATE_NAME = Kind(
    "DG0701",
    "error",
    "the name '{name}' is taken by {other}",
    "Registers, state, counters, timers, lines, functions and so on share one namespace, since behaviour calls all of "
    "them by their bare names.",
    "state: {MR: {width: 8}}\nregions: {r: {registers: {MR: {at: 0}}}}",
    "Rename one of the two.",
)
RESERVED_NAME = Kind(
    "DG0702",
    "error",
    "'{name}' cannot be a name: {reason}",
    "The name is one of the behaviour language's own words: `value`, `mask`, `min`, `u32` and the like.",
    "state: {mask: {width: 1}}",
    "Choose another name; names in upper case are free.",
)
BAD_DEFAULT = Kind(
    "DG0710",
    "error",
    "the default {found} of '{name}' is not {expected}",
    "A property's default must be of its type and inside its range.",
    "timers: {type: int, default: 2, range: 3..32}",
    "Correct the default or the range.",
)
BYTES_TOO_LONG = Kind(
    "DG0711",
    "error",
    "a property of {size} bytes; {limit} is the most",
    "A property of bytes is written out where the device is placed; an image of a ROM is its region's `contents`.",
    "image: {type: bytes, size: 1 MiB}",
    "Make it smaller.",
)
UNKNOWN_COUNTER = Kind(
    "DG0720",
    "error",
    "no counter '{name}'",
    "A timer compares against one of the device's counters.",
    "alarm: {counter: second, match: MR}",
    "Declare the counter, or correct the name.",
)
COUNTER_SHAPE = Kind(
    "DG0721",
    "error",
    "timer '{name}' and its counter '{counter}' are not of the same number of elements",
    "Element n of an array of timers compares against element n of the counters; a single counter serves any timer.",
    "counters: {ticks: {clock: virtual, period: 1 us, width: 32, count: 4}}\ntimers: {t: {counter: ticks, match: M}}",
    "Give both the same `count`.",
)
UNDRIVEN_INTERRUPT = Kind(
    "DG0730",
    "error",
    "nothing drives the interrupt '{name}'",
    "It has no `level` and no statement sets or pulses it: the guest would wait for ever.",
    "interrupts: {intr: {}}",
    "Give it a `level`, drive it with a statement such as `intr = 1`, or remove it.",
)
UNDRIVEN_OUTPUT = Kind(
    "DG0731",
    "warning",
    "nothing drives the output '{name}'",
    "It has no `level` and no statement sets it: it stays at its reset level.",
    "gpio_out: {led: {}}",
    "Give it a `level`, drive it with a statement, or remove it.",
)
NOT_FOLLOWED = Kind(
    "DG0732",
    "error",
    "'{key}' of '{name}' cannot follow time: {reason}",
    "A `level`, an `enable` or a `room` that depends on a counter or on `now` changes without any access. devgen "
    "looks at it again at the moments at which a comparison with the counter, or one of its bits, can change. It "
    "cannot do so for other calculations with a value that changes with every tick, nor for guest memory.",
    "counters: {ticks: {clock: virtual, period: 1 us, width: 32}}\ninterrupts: {intr: {level: ticks ^ KEY}}",
    "Compare the counter with something that stands still (`ticks >= MATCH`, `u32(ticks - START) < 100`, `ticks[7]`), "
    "or set a register in a timer's `on_expire` and name that.",
)
DEVIATION_PROPERTY = Kind(
    "DG0740",
    "error",
    "the deviation '{deviation}' names '{name}', which is not a property of type bool",
    "A deviation's `property` is the switch that makes the device do what its datasheet says: a bool property of the "
    "same device.",
    "deviations: {slow: {text: Answers late., property: datasheet}}",
    "Declare the property with `type: bool`, correct the name, or leave `property` out.",
)
ERROR_TEXT = Kind(
    "DG0750",
    "error",
    "the text of error '{name}' {problem}",
    "An error is told in one line. In its text `{count}` stands for a value, in decimal, and `{address:#x}` for one in "
    "hexadecimal; braces of its own are written twice.",
    "errors: {OVERRUN: 'the ring holds {count:>8} entries'}",
    "Name the values as they are given where the error is reported, `OVERRUN(count=n)`, and show them as `{count}` or "
    "`{count:#x}`.",
)
