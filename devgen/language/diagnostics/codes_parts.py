"""Diagnostics of names, properties, counters, timers and lines (DG07xx)."""

from __future__ import annotations

from devgen.language.diagnostics.diagnostic import Kind

DUPLICATE_NAME = Kind(
    "DG0701",
    "error",
    "the name '{name}' is taken by {other}",
    "Registers, state, counters, timers, lines, functions and so on share one namespace, since behaviour "
    "refers to all of them by their plain names.",
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
    "The value of a bytes property is written in the board file, so its size is limited. For the image of a "
    "ROM use `contents` of the region.",
    "image: {type: bytes, size: 1 MiB}",
    "Reduce the size.",
)
UNKNOWN_COUNTER = Kind(
    "DG0720",
    "error",
    "no counter '{name}'",
    "A timer's `counter` must be one of the device's counters.",
    "alarm: {counter: second, match: MR}",
    "Declare the counter, or correct the name.",
)
COUNTER_SHAPE = Kind(
    "DG0721",
    "error",
    "timer '{name}' and its counter '{counter}' have different numbers of elements",
    "Element n of an array of timers uses element n of an array of counters. A single counter can be used by "
    "any timer.",
    "counters: {ticks: {clock: virtual, period: 1 us, width: 32, count: 4}}\ntimers: {t: {counter: ticks, match: M}}",
    "Give both the same `count`.",
)
UNDRIVEN_INTERRUPT = Kind(
    "DG0730",
    "error",
    "nothing drives the interrupt '{name}'",
    "The interrupt has no `level`, and no statement sets or pulses it. The guest would wait forever.",
    "interrupts: {intr: {}}",
    "Give it a `level`, drive it with a statement such as `intr = 1`, remove it, or mark it `external: true` for now.",
)
UNDRIVEN_OUTPUT = Kind(
    "DG0731",
    "warning",
    "nothing drives the output '{name}'",
    "The output has no `level`, and no statement sets it. It stays at its reset level.",
    "gpio_out: {led: {}}",
    "Give it a `level`, drive it with a statement, or remove it.",
)
NOT_FOLLOWED = Kind(
    "DG0732",
    "error",
    "'{key}' of '{name}' cannot follow time: {reason}",
    "A `level`, an `enable`, a `room` or a field's source that depends on a counter or on `now` changes without any "
    "access. devgen evaluates it again whenever a comparison with the counter, or a bit of the counter, can change. It "
    "cannot do this for other calculations with a value that changes at every tick, or for guest memory.",
    "counters: {ticks: {clock: virtual, period: 1 us, width: 32}}\ninterrupts: {intr: {level: ticks ^ KEY}}",
    "Compare the counter with a value that does not depend on time (`ticks >= MATCH`, `u32(ticks - START) < "
    "100`, `ticks[7]`). Or set a register in a timer's `on_expire` and use that register.",
)
CONSTANT_LEVEL = Kind(
    "DG0733",
    "warning",
    "the level of '{name}' is always {level}",
    "The line never changes, so no interrupt is ever signalled and no GPIO output moves. Usually a comparison is "
    "always true or always false for the width of its operands.",
    "interrupts: {intr: {level: 'STATUS < 256'}}   # STATUS has 8 bits",
    "Let the level depend on a register, a state variable, a counter, an input or a property; or remove the line.",
)
DEVIATION_PROPERTY = Kind(
    "DG0740",
    "error",
    "the deviation '{deviation}' names '{name}', which is not a property of type bool",
    "A deviation's `property` is a bool property of the same device. If it is true, the device behaves as its "
    "datasheet says.",
    "deviations: {slow: {text: Answers late., property: datasheet}}",
    "Declare the property with `type: bool`, correct the name, or leave `property` out.",
)
FIRMWARE_REGISTER = Kind(
    "DG0741",
    "error",
    "'{use}' of the FADT names '{name}', which is not a register at an address",
    "The FADT names a register by its address. It must be a register of an `mmio` or `pio` region of the same "
    "device, and not an array.",
    "firmware: {acpi: {fadt: {reset: RESTE}, reset_value: 1}}",
    "Correct the name.",
)
RESET_VALUE = Kind(
    "DG0742",
    "error",
    "the FADT's `reset` has no `reset_value`",
    "A guest resets the machine by writing a value to the register, and the table tells the value.",
    "firmware: {acpi: {fadt: {reset: RESET}}}",
    "Add `reset_value`, the byte that resets the machine.",
)
UNUSED = Kind(
    "DG0760",
    "warning",
    "nothing uses the {what} '{name}'",
    "The part is declared, and no behaviour, size, period or start value names it: it has no effect. It is usually "
    "left over, or another name was meant where it should be used. A device that is `external: true` is not examined.",
    "state: {credits: {width: 8}}",
    "Use it or remove it; `# devgen: allow DG0760 because ...` accepts a part that is declared in advance.",
)
NEVER_ARMED = Kind(
    "DG0761",
    "warning",
    "nothing arms the timer '{name}'",
    "A timer expires only after a statement has armed it, so this one never does.",
    "timers: {t: {clock: virtual, on_expire: N = 1}}",
    "Arm it, for example `t.arm_in(1000)` in an `on_write` or `t.arm()` in `on_reset`; or remove it.",
)
IDLE_TIMER = Kind(
    "DG0762",
    "warning",
    "nothing happens when the timer '{name}' expires",
    "The timer is armed, but it has no `on_expire`, and nothing reads `armed` or `deadline`.",
    "timers: {t: {clock: virtual}}   # with an `on_write: t.arm_in(1000)`",
    "Give it `on_expire`, or remove it.",
)
CLOCK = Kind(
    "DG0743",
    "error",
    "clock '{name}' has neither a frequency nor a property of type int: '{value}'",
    "A clock in a device tree has a frequency: a number of Hz, a number with a unit, or the value that a property of "
    "the device has on the board.",
    "firmware: {device_tree: {compatible: ['arm,sp804'], clocks: {timer0clk: 1 Mhz}}}",
    "Write a frequency such as `1 MHz`, or the name of a property.",
)
TREE_PROPERTY = Kind(
    "DG0744",
    "error",
    "property '{name}' of the device tree {problem}",
    "A property has no value (`true`), a number of 32 bits, a text, or a list of either. Some properties are written "
    "from other keys or from the board: names, addresses, interrupts, clocks.",
    "firmware: {device_tree: {compatible: ['arm,pl061'], properties: {reg: 1}}}",
    "Remove the property, or correct its value.",
)
ERROR_TEXT = Kind(
    "DG0750",
    "error",
    "the text of error '{name}' {problem}",
    "The text of an error is a single line. `{count}` inserts a value in decimal and `{address:#x}` in "
    "hexadecimal. Literal braces are doubled.",
    "errors: {OVERRUN: 'the ring holds {count:>8} entries'}",
    "Use the names of the values in the statement that reports the error, as in `OVERRUN(count=n)`, and insert "
    "them as `{count}` or `{count:#x}`.",
)
