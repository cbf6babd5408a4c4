"""Diagnostics of registers, fields, regions and doorbells (DG04xx)."""

from __future__ import annotations

from devgen.language.diagnostics.diagnostic import Kind

REGISTERS_OVERLAP = Kind(
    "DG0401",
    "error",
    "{name} overlaps {other} at offset {offset}",
    "Two registers (or elements of arrays) share bytes, so an access to these bytes would be ambiguous.",
    "A: {at: 0}\nB: {at: 2}",
    "Correct `at`, `width`, `count` or `stride`. Use `when` for registers that a mode chooses, `alternate` for views "
    "of the same bytes, `alias` for two names of one storage at different offsets.",
)
REGISTER_OUTSIDE = Kind(
    "DG0402",
    "error",
    "{name} ends at {end}, outside its region of {size} bytes",
    "A register, or the last element of an array for the largest value of its properties, lies outside the region.",
    "size: 16\nregisters: {A: {at: 16}}",
    "Enlarge the region, or correct `at`, `count` or `stride`.",
)
FIELDS_OVERLAP = Kind(
    "DG0403",
    "error",
    "field {name} overlaps {other}",
    "Two fields share bits, and a read or a write could mean both.",
    "fields: {A: '3:0', B: 3}",
    "Correct the bit numbers; use `alternate` for another meaning of the same bits. A field with `access: ro` and one "
    "with `access: wo` may share bits.",
)
FIELD_OUTSIDE = Kind(
    "DG0404",
    "error",
    "field {name} reaches bit {bit}, the register has {width} bits",
    "A field has bits outside its register.",
    "A: {at: 0, width: 8, fields: {F: 8}}",
    "Correct the bits or the register's width.",
)
BITS_REVERSED = Kind(
    "DG0405",
    "error",
    "bits {found} are reversed: the most significant comes first",
    "Bits are written as in a datasheet, `7:0`.",
    "F: 0:7",
    "Exchange the two numbers.",
)
VALUE_TOO_WIDE = Kind(
    "DG0406",
    "error",
    "{what} {value} does not fit in {width} bits",
    "A reset value, a constant, an enumeration's value or a doorbell's match has more bits than its register, "
    "field or write.",
    "A: {at: 0, width: 8, reset: 0x100}",
    "Correct the value or the width.",
)
DUPLICATE_VALUE = Kind(
    "DG0407",
    "error",
    "the labels {name} and {other} both stand for {value}",
    "Each value of a field can have only one label.",
    "values: {OFF: 0, IDLE: 0}",
    "Remove one of the labels.",
)
RESET_MISMATCH = Kind(
    "DG0408",
    "error",
    "field {name} resets to {field}, the register's reset gives it {register}",
    "The register's reset value and the field's reset value contradict each other.",
    "A: {at: 0, reset: 1, fields: {F: {bits: 0, reset: 0}}}",
    "Give the reset value in one place only.",
)
RESET_RESERVED = Kind(
    "DG0409",
    "error",
    "the reset value {value} sets bits that are in no field: {bits}",
    "Bits outside all fields are reserved and read as 0.",
    "A: {at: 0, reset: 0x80, fields: {F: 0}}",
    "Declare the field, or clear the bits.",
)
LIST_LENGTH = Kind(
    "DG0410",
    "error",
    "'{key}' has {found}, {wanted}",
    "A list gives one value for each element of an array. If the size depends on properties, the largest size counts.",
    "ID: {at: 0, count: 4, constant: [1, 2]}",
    "Give one value for each element, or a single number for all elements.",
)
STRIDE_TOO_SMALL = Kind(
    "DG0411",
    "error",
    "a stride of {stride} is less than the {size} bytes of an element",
    "Elements of the array would overlap.",
    "A: {at: 0, count: 4, stride: 2}",
    "Enlarge the stride.",
)
MISALIGNED = Kind(
    "DG0412",
    "warning",
    "{name} at {offset} is not aligned to its {size} bytes",
    "A guest cannot access the register with one aligned access.",
    "A: {at: 2}",
    "Correct `at`. If the offset is right, split the register into two smaller registers.",
)
TOO_MANY_ELEMENTS = Kind(
    "DG0413",
    "error",
    "more than {limit} interleaved elements",
    "Arrays whose elements interleave are checked element by element. The number of elements exceeds the limit "
    "of this check.",
    "",
    "Use a register file, or place the arrays one after the other.",
)
BAD_ALIAS = Kind(
    "DG0415",
    "error",
    "{name} cannot be an alias of {target}: {reason}",
    "An alias gives the storage of another register a second offset. Both have the same width and number of elements.",
    "B: {at: 4, alias: A, width: 16}\nA: {at: 0}",
    "Name a register that has its own storage, the same width and the same number of elements.",
)
BAD_ALTERNATE = Kind(
    "DG0440",
    "error",
    "{name} cannot be an alternate of {target}: {reason}",
    "`alternate` names the register or register file that has the same bytes, or the field that has the same bits. "
    "Both show one storage.",
    "A: {at: 0}\nB: {at: 4, alternate: A}",
    "Correct the name or the offset; use `alias` for one storage at two offsets, and `when` for registers of a mode.",
)
NESTED_COUNT = Kind(
    "DG0443",
    "error",
    "{name} is an array inside an array, and a number of elements depends on a property",
    "The elements of several dimensions have fixed addresses and one list of values, so their numbers are fixed.",
    "CH: {at: 0, count: channels, registers: {BUFFER: {at: 0, count: 4}}}",
    "Give a number for each dimension, as large as the device can have.",
)
UNKNOWN_TYPE = Kind(
    "DG0444",
    "error",
    "no type '{name}'",
    "`type: NAME` refers to one of the device's `types`.",
    "registers: {STATUS: {at: 0, type: status}}",
    "Declare it under `types`, or correct the name.",
)
TYPE_CYCLE = Kind(
    "DG0445",
    "error",
    "circular type: {path}",
    "A type uses itself, directly or through others.",
    "types: {a: {type: b}, b: {type: a}}",
    "Move what they share into a third type.",
)
TYPES_TOO_LARGE = Kind(
    "DG0446",
    "error",
    "the uses of types stand for more than {limit} values",
    "A type may have thousands of registers, and a file thousands of uses. Their number together is limited.",
    "types: {big: {registers: {...}}}   # used ten thousand times",
    "Use `count:` for registers that repeat.",
)
UNKNOWN_ENUMERATION = Kind(
    "DG0441",
    "error",
    "no enumeration '{name}'",
    "`values: NAME` refers to one of the device's `enumerations`.",
    "fields: {MODE: {bits: '1:0', values: modes}}",
    "Declare it under `enumerations`, or correct the name.",
)
LABEL_TWICE = Kind(
    "DG0442",
    "error",
    "the label {name} has two values",
    "Labels of reads and writes share a namespace, because behaviour and tests name them alike: `CTRL.MODE.RUN`.",
    "MODE: {bits: '1:0', read_values: {RUN: 1}, write_values: {RUN: 2}}",
    "Rename one of the two.",
)
COALESCE_READABLE = Kind(
    "DG0416",
    "error",
    "{name} coalesces writes but is not write-only",
    "Coalesced writes may arrive late. This is safe only if the guest cannot read back what it wrote.",
    "LOG: {at: 0, coalesce: true}",
    "Set `access: wo`, or remove `coalesce`.",
)
HALVES = Kind(
    "DG0417",
    "warning",
    "{hook} of {name} runs for each part of the register that a guest writes: {reason}",
    "A guest may write a wide register in parts, as a 64-bit one in two writes of 32 bits. "
    "`on_write` runs once, with the part that has the highest writable byte, "
    "unless the hook needs the parts.",
    "BASE: {at: 0, width: 64, write: BASE = value}",
    "State `halves: each` if the hook handles parts (by `mask`); else use `on_write` with `value`, and let the "
    "register store what is written.",
)
REGIONS_OVERLAP = Kind(
    "DG0420",
    "error",
    "region {name} overlaps {other} in BAR {bar}",
    "Two regions share addresses of one BAR.",
    "a: {bar: 0, size: 4 KiB}\nb: {bar: 0, at: 0x800, size: 2 KiB}",
    "Correct `at` or `size`.",
)
REGION_OUTSIDE = Kind(
    "DG0421",
    "error",
    "region {name} ends at {end}, outside BAR {bar} of {size} bytes",
    "A region is larger than its BAR, or its offset lies outside the BAR.",
    "bars: {0: {type: mem32, size: 4 KiB}}\nregion: {bar: 0, size: 8 KiB}",
    "Enlarge the BAR, or correct `at` or `size`.",
)
IDLE_SIZES = Kind(
    "DG0449",
    "warning",
    "'sizes' of '{name}' lists accesses that never reach it: {reason}",
    "The region splits or drops accesses before they reach a register, as its `access` says. Sizes beyond that have no "
    "effect.",
    "access: {valid: 1..4}\nregisters: {DATA: {at: 0, sizes: 4..8}}",
    "List only the sizes that reach the register, or let the region's `access` pass the others.",
)
UNSEEN_RESET = Kind(
    "DG0418",
    "warning",
    "nothing can read the reset value of '{name}'",
    "The register is write-only, and no behaviour, alias or alternate reads what it stores: the reset value has no "
    "effect.",
    "KEY: {at: 0, access: wo, reset: 0x55}",
    "Remove `reset`, make the register readable, or use its value in behaviour. `external: true` marks a register "
    "whose behaviour is still to be written.",
)
UNREACHED_LABEL = Kind(
    "DG0419",
    "warning",
    "no value of '{field}' is left for the label '{name}'",
    "`default` is the label of all values that have no other label, and each value of the field has one.",
    "MODE: {bits: 0, values: {OFF: 0, ON: 1, OTHER: default}}",
    "Remove the label, or correct the bits of the field.",
)
BAD_ACCESS = Kind(
    "DG0422",
    "error",
    "access sizes {found}: {reason}",
    "The smallest size comes first. Port I/O has no accesses wider than 4 bytes.",
    "access: {valid: 4..1}",
    "Correct the sizes.",
)
BAD_REGION_SIZE = Kind(
    "DG0423",
    "error",
    "a region of {size} bytes: {reason}",
    "The port I/O space has 64 KiB. The size of a memory-backed region is a multiple of 4 KiB.",
    "frame: {space: mmio, size: 100, ram: true}",
    "Correct the size.",
)
EMPTY_REGION = Kind(
    "DG0424",
    "warning",
    "region {name} is empty",
    "The region has no registers, no doorbells and no memory. Every read returns the reserved value.",
    "hole: {space: mmio, size: 4 KiB}",
    "Add registers, doorbells, `ram: true` or `rom: true`.",
)
BAD_CONTENTS = Kind(
    "DG0425",
    "error",
    "contents: {reason}",
    "The contents of a ROM are hexadecimal bytes, at most as many as the size of the region.",
    "boot: {space: mmio, size: 4 KiB, rom: true, contents: 55a}",
    "Write two hexadecimal digits for each byte.",
)
UNREACHED_REGION = Kind(
    "DG0426",
    "warning",
    "no window reaches region {name}",
    "A region with `space: indirect` is on no bus. Its registers are accessible only through a register with a "
    "`window` onto the region.",
    "bank: {space: indirect, size: 128, registers: {A: {at: 0}}}",
    "Add `window: {region: ..., at: ...}` to a register, or change the `space` of the region.",
)
BAD_WINDOW = Kind(
    "DG0427",
    "error",
    "{name} cannot be a window: {reason}",
    "A window is the data register of an index and data pair. It is a register of a region on a bus. It "
    "accesses the registers of another region, which is little-endian and has no windows of its own. The "
    "offset must always lie inside that region.",
    "DATA: {at: 4, window: {region: bank, at: INDEX}}   # of a bank of 128 bytes, with an INDEX of 32 bits",
    "Name a region of registers. Limit the offset to the region's size, with a field of that width or with "
    "bits (`INDEX[6:0]`).",
)
DOORBELL_LENGTH = Kind(
    "DG0430",
    "error",
    "a doorbell of {bytes} bytes in port space",
    "Writes to I/O ports are 1, 2 or 4 bytes wide.",
    "KICK: {at: 0, length: 8, on_ring: N = 1}   # in a region with space: pio",
    "Use a length of 0, 1, 2 or 4.",
)
DOORBELL_MATCH = Kind(
    "DG0431",
    "error",
    "a doorbell of length 0 cannot match a value",
    "Length 0 accepts a write of any size and any value. The kernel refuses a data match with length 0.",
    "KICK: {at: 0, length: 0, match: 1, on_ring: N = 1}",
    "Give a length, or remove `match`.",
)
DOORBELLS_COLLIDE = Kind(
    "DG0432",
    "error",
    "doorbell {name} collides with {other} at offset {offset}",
    "Both would accept the same write, and the kernel refuses the second one with EEXIST. Doorbells at the "
    "same address must differ in length or in `match`. A doorbell of length 0 must be the only one at its "
    "address.",
    "A: {at: 0, length: 4, on_ring: N = 1}\nB: {at: 0, length: 4, match: 1, on_ring: N = 2}",
    "Change the offset, the length or the match.",
)
DOORBELL_OUTSIDE = Kind(
    "DG0433",
    "error",
    "doorbell {name} ends at {end}, outside its region of {size} bytes",
    "A doorbell, or the last element of an array of doorbells, lies outside the region.",
    "size: 16\ndoorbells: {KICK: {at: 16, length: 4, on_ring: N = 1}}",
    "Enlarge the region or correct `at`.",
)
