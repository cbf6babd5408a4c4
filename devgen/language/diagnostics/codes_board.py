"""Diagnostics of boards (DG09xx)."""

from __future__ import annotations

from devgen.language.diagnostics.diagnostic import Kind

SLOT_TAKEN = Kind(
    "DG0901",
    "error",
    "'{name}' and '{other}' are both in PCI slot {slot}",
    "Two devices cannot answer for the same configuration space.",
    "a: {device: xche, slot: 3}\nb: {device: xche, slot: 3}",
    "Give each a slot, or a function of the slot, of its own.",
)
NO_PCI = Kind(
    "DG0902",
    "error",
    "'{name}' has a PCI slot, but the machine has no PCI bus",
    "A slot is a place on the machine's PCI bus.",
    "machine: {type: pc}\ndevices: {card: {device: xche, slot: 3}}",
    "Set `machine: {pci: true}`.",
)
OUTSIDE_RAM = Kind(
    "DG0903",
    "error",
    "'{key}' {address} lies outside the RAM of {ram} bytes",
    "The guest's image is put into RAM, and execution starts there.",
    "machine: {type: pc, ram: 1 MiB}\nguest: {image: g.bin, load: 0x100000}",
    "Correct the address or enlarge the RAM.",
)
NO_SUCH_DEVICE = Kind(
    "DG0905",
    "error",
    "'{line}' of '{name}' is wired to '{device}', which is not on the board",
    "A wire leads from a line of one device to an input of another, or of the same one.",
    "devices:\n  pit: {device: i8254, at: {ports: 0x40}, wires: {irq: hpet.pit}}",
    "Name a device of this board.",
)
BAD_RAM = Kind(
    "DG0904",
    "error",
    "RAM of {size} bytes: {reason}",
    "RAM is a whole number of 4 KiB pages, and ends below the addresses where devices live.",
    "machine: {type: pc, ram: 1000}",
    "Round up to 4 KiB.",
)
NO_FUNCTION_0 = Kind(
    "DG0906",
    "error",
    "'{name}' is function {function} of PCI slot {slot}, which has no function 0",
    "A guest looks for functions 1 to 7 where it has found a function 0.",
    "devices: {card: {device: xche, slot: '3.1'}}",
    "Put a device in function 0 of the slot.",
)
BAD_ECAM = Kind(
    "DG0907",
    "error",
    "ECAM at {address}: {reason}",
    "The window holds 4 KiB for each function of bus 0, and lies at a multiple of its size of 1 MiB, above RAM.",
    "machine: {pci: {ecam: 0xe0001000}}",
    "Choose another address, as 0xe0000000.",
)
NMI_WITHOUT_CHIPS = Kind(
    "DG0908",
    "error",
    "'{line}' of '{name}' is wired to `nmi`, and the machine has no interrupt controllers",
    "Non-maskable interrupts reach the processor through its local APIC, which comes with `irqchip: kernel`.",
    "machine: {irqchip: none}\ndevices:\n  dog: {device: watchdog, wires: {bark: nmi}}",
    "Leave `irqchip` at `kernel`, or remove the wire.",
)
SHARED_INPUT = Kind(
    "DG0909",
    "warning",
    "several lines drive '{target}' ({lines}), which is high while any of them is; say so in `inputs` of '{device}'",
    "Lines that drive one input are ORed, as the lines of a GSI are, unless the board says otherwise.",
    "devices:\n  a: {device: pl061, at: {registers: 0xd0000}, wires: {intr: 'c.input[0]'}}\n"
    "  b: {device: pl061, at: {registers: 0xd1000}, wires: {intr: 'c.input[0]'}}\n"
    "  c: {device: pl061, at: {registers: 0xd2000}}",
    "Say which it is at the device with the input: `inputs: {'input[0]': or}`, or `and` for high while all are.",
)
NOTHING_COMBINED = Kind(
    "DG0910",
    "error",
    "'inputs' of '{name}' says how lines are combined at '{pin}', and fewer than two lines drive it",
    "`inputs` combines the lines of several wires that lead to one input; it does nothing for others.",
    "devices:\n  a: {device: pl061, at: {registers: 0xd0000}, inputs: {'input[0]': and}}",
    "Remove the entry, or wire a second line to the input.",
)
BAD_IMAGE_PATH = Kind(
    "DG0911",
    "error",
    "the image's path holds a NUL character",
    "No file has such a name.",
    'guest: {image: "boot\\0.bin", load: 0x7000}',
    "Write the path of the guest's image.",
)
