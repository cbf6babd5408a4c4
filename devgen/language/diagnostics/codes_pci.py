"""Diagnostics of PCI identity and base address registers (DG08xx)."""

from __future__ import annotations

from devgen.language.diagnostics.diagnostic import Kind

BAR_SIZE = Kind(
    "DG0801",
    "error",
    "BAR {bar} of {size} bytes: {reason}",
    "A BAR's size is a power of two: at least 4 bytes and at most 64 KiB for port I/O, at least 16 bytes for memory, "
    "at most 2 GiB for mem32; an expansion ROM has 2 KiB to 16 MiB.",
    "bars: {0: {type: mem32, size: 5000}}",
    "Round up to the next power of two.",
)
BAR_PAIR = Kind(
    "DG0802",
    "error",
    "BAR {bar} is mem64: {reason}",
    "A 64-bit BAR takes two registers: its own and the next.",
    "bars: {0: {type: mem64, size: 1 MiB}, 1: {type: io, size: 32}}",
    "Leave the next number free; BAR 5 cannot be 64-bit.",
)
UNKNOWN_BAR = Kind(
    "DG0803",
    "error",
    "region {name} hangs on BAR {bar}, which is not declared",
    "A region's `bar` is one of `pci: bars:`.",
    "regions: {r: {bar: 2, registers: {A: {at: 0}}}}",
    "Declare the BAR, or correct the number.",
)
BAR_UNUSED = Kind(
    "DG0804",
    "warning",
    "nothing lies in BAR {bar}",
    "The guest assigns addresses to it that answer nothing.",
    "bars: {3: {type: mem32, size: 4 KiB}}",
    "Add a region with this `bar`, or remove the BAR.",
)
INTX_MISMATCH = Kind(
    "DG0805",
    "error",
    "{problem}",
    "`pci: interrupt_pin:` tells the guest that there is an INTx# line, `intx: true` says which interrupt it is: both "
    "or neither, and one line only.",
    "pci: {vendor: 1, device: 2, class: 0, interrupt_pin: A}",
    "Mark the interrupt with `intx: true`, and set `interrupt_pin`.",
)
BAD_ROM = Kind(
    "DG0806",
    "error",
    "region {name} in the expansion ROM must be `rom: true`",
    "An expansion ROM is memory that the firmware copies and runs; it has no registers.",
    "regions: {r: {bar: rom, registers: {A: {at: 0}}}}",
    "Make the region a ROM, or hang it on another BAR.",
)
CONFIG_HEADER = Kind(
    "DG0807",
    "error",
    "{name} lies in the header of configuration space, which ends at {start}",
    "The first 64 bytes are the type 0 header, whose registers follow from `pci`; a device's own stand behind it.",
    "config: {space: config, registers: {A: {at: 0x3c}}}",
    "Correct `at`: it is the offset in the whole of configuration space.",
)
CAPABILITY = Kind(
    "DG0808",
    "error",
    "capability {name}: {problem}",
    "A capability has a place of its own in configuration space; a vendor-specific one may hold the device's own "
    "registers, behind its length byte. The MSI-X table (16 bytes a vector) and its pending bits (8 bytes for 64 "
    "vectors) lie in a memory BAR, at multiples of 8, where there is nothing else.",
    "msix: {vectors: 8, table: {bar: 0, at: 0xfc0}, pending: {bar: 0, at: 0x800}}",
    "Move it, make the BAR larger, or have fewer vectors.",
)
NO_VECTOR = Kind(
    "DG0809",
    "error",
    "interrupt '{name}': {problem}",
    "An interrupt with `vector` is a message of each of the device's message capabilities, whose vectors count from 0.",
    "interrupts: {done: {vector: 4}}",
    "Give `pci: capabilities:` an `msi` or `msix` with enough `vectors`.",
)
EXPRESS = Kind(
    "DG0810",
    "error",
    "{what} of a PCI Express function: {problem}",
    "PCI Express has rules of its own for BARs: memory is 128 bytes or more, and prefetchable memory has 64-bit "
    "addresses (a `legacy` endpoint's need not).",
    "pci:\n  bars: {0: {type: mem32, size: 64}}\n  capabilities: {pm: {}, express: {}}",
    "Change the BAR, or say what kind of endpoint it is.",
)
EXPRESS_LACKS = Kind(
    "DG0811",
    "warning",
    "a PCI Express function has {what}",
    "PCI Express asks of every function that it can be put to sleep, and of one that interrupts that it can send "
    "messages.",
    "capabilities: {express: {}}",
    "Add the capability.",
)
PME_MISMATCH = Kind(
    "DG0812",
    "error",
    "interrupt '{name}': {problem}",
    "An interrupt with `pme: true` is the function's PME#: one line, in the power states that `pme` of the capability "
    "`pm` names.",
    "interrupts: {wake: {pme: true}}",
    "Give `pm` the states, as `pme: [D0, D3hot]`, and mark one line.",
)
