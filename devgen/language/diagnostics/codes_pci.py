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
    "A 64-bit BAR uses two registers: its own and the next one.",
    "bars: {0: {type: mem64, size: 1 MiB}, 1: {type: io, size: 32}}",
    "Leave the next number free; BAR 5 cannot be 64-bit.",
)
UNKNOWN_BAR = Kind(
    "DG0803",
    "error",
    "region {name} is in BAR {bar}, which is not declared",
    "A region's `bar` must be a key of `pci: bars:`.",
    "regions: {r: {bar: 2, registers: {A: {at: 0}}}}",
    "Declare the BAR, or correct the number.",
)
BAR_UNUSED = Kind(
    "DG0804",
    "warning",
    "BAR {bar} has no region",
    "The guest assigns addresses to the BAR, but no register or memory responds at them.",
    "bars: {3: {type: mem32, size: 4 KiB}}",
    "Add a region with this `bar`, or remove the BAR.",
)
INTX_MISMATCH = Kind(
    "DG0805",
    "error",
    "{problem}",
    "`pci: interrupt_pin:` tells the guest that the function has an INTx# line, and `intx: true` selects the "
    "interrupt that drives it. Both keys are required together, and only one line can have `intx: true`.",
    "pci: {vendor: 1, device: 2, class: 0, interrupt_pin: A}",
    "Mark the interrupt with `intx: true`, and set `interrupt_pin`.",
)
BAD_ROM = Kind(
    "DG0806",
    "error",
    "region {name} in the expansion ROM must be `rom: true`",
    "An expansion ROM is memory that the firmware copies and runs. It cannot have registers.",
    "regions: {r: {bar: rom, registers: {A: {at: 0}}}}",
    "Make the region a ROM, or put it in another BAR.",
)
CONFIG_HEADER = Kind(
    "DG0807",
    "error",
    "{name} lies in the header of configuration space, which ends at {start}",
    "The first 64 bytes are the type 0 header, whose registers are generated from `pci`. A device's own "
    "registers come after it.",
    "config: {space: config, registers: {A: {at: 0x3c}}}",
    "Correct `at`. It is the offset from the start of configuration space.",
)
CAPABILITY = Kind(
    "DG0808",
    "error",
    "capability {name}: {problem}",
    "A capability must not overlap anything else in configuration space. Only a vendor-specific capability may "
    "contain the device's own registers, after its length byte. The MSI-X table (16 bytes for each vector) and "
    "the pending bit array (8 bytes for 64 vectors) lie in a memory BAR at multiples of 8, and must not "
    "overlap anything else.",
    "msix: {vectors: 8, table: {bar: 0, at: 0xfc0}, pending: {bar: 0, at: 0x800}}",
    "Move it, enlarge the BAR, or use fewer vectors.",
)
NO_VECTOR = Kind(
    "DG0809",
    "error",
    "interrupt '{name}': {problem}",
    "An interrupt with `vector` sends a message of the device's MSI or MSI-X capabilities. Vectors are counted "
    "from 0. The MSI-X capability, or MSI in a device without MSI-X, must have this vector.",
    "interrupts: {done: {vector: 4}}",
    "Add `msi` or `msix` with enough `vectors` to `pci: capabilities:`.",
)
UNUSED_VECTORS = Kind(
    "DG0813",
    "warning",
    "no interrupt sends a message of the capability '{name}'",
    "The guest enables the capability and waits for messages, but no interrupt of the device has a `vector`.",
    "pci: {vendor: 1, device: 2, class: 0, capabilities: {msi: {vectors: 1}}}",
    "Give an interrupt `vector: 0`, or remove the capability.",
)
EXPRESS = Kind(
    "DG0810",
    "error",
    "{what} of a PCI Express function: {problem}",
    "PCI Express restricts BARs: a memory BAR has at least 128 bytes, and a prefetchable memory BAR has 64-bit "
    "addresses, except in a `legacy` endpoint.",
    "pci:\n  bars: {0: {type: mem32, size: 64}}\n  capabilities: {pm: {}, express: {}}",
    "Change the BAR, or set the kind of endpoint.",
)
EXPRESS_LACKS = Kind(
    "DG0811",
    "warning",
    "a PCI Express function has {what}",
    "PCI Express requires the power management capability in every function, and MSI or MSI-X in a function "
    "that generates interrupts.",
    "capabilities: {express: {}}",
    "Add the capability.",
)
PME_MISMATCH = Kind(
    "DG0812",
    "error",
    "interrupt '{name}': {problem}",
    "An interrupt with `pme: true` is the function's PME# signal. Only one line can be PME#, and the key `pme` "
    "of the capability `pm` lists the power states in which it can be asserted.",
    "interrupts: {wake: {pme: true}}",
    "List the states in `pm`, for example `pme: [D0, D3hot]`, and set `pme: true` on one line.",
)
