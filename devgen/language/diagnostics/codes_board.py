"""Diagnostics of boards (DG09xx)."""

from __future__ import annotations

from devgen.language.diagnostics.diagnostic import Kind

SLOT_TAKEN = Kind(
    "DG0901",
    "error",
    "'{name}' and '{other}' are both in PCI slot {slot}",
    "Each PCI function has a configuration space of its own, so two devices cannot share a slot and function.",
    "a: {device: xche, slot: 3}\nb: {device: xche, slot: 3}",
    "Give each device a different slot, or a different function of the slot.",
)
NO_PCI = Kind(
    "DG0902",
    "error",
    "'{name}' has a PCI slot, but the machine has no PCI bus",
    "PCI slots exist only on a machine with a PCI bus.",
    "machine: {type: pc}\ndevices: {card: {device: xche, slot: 3}}",
    "Set `machine: {pci: true}`.",
)
OUTSIDE_RAM = Kind(
    "DG0903",
    "error",
    "'{key}' {address} lies outside the RAM of {ram} bytes from address {start}",
    "The guest's image is loaded into RAM and execution starts in RAM, so both addresses must lie inside it.",
    "machine: {type: pc, ram: 1 MiB}\nguest: {image: g.bin, load: 0x100000}",
    "Correct the address or enlarge the RAM.",
)
NO_SUCH_DEVICE = Kind(
    "DG0905",
    "error",
    "'{line}' of '{name}' is wired to '{device}', which is not on the board",
    "A wire connects an output line of a device to an input of another device or of the same device.",
    "devices:\n  pit: {device: i8254, at: {ports: 0x40}, wires: {irq: hpet.pit}}",
    "Name a device of this board.",
)
BAD_RAM = Kind(
    "DG0904",
    "error",
    "RAM of {size} bytes: {reason}",
    "The size of RAM is a multiple of 4 KiB and at most 1 TiB. On a machine of type virt it is at most 1023 GiB, or "
    "1007 GiB with PCI.",
    "machine: {type: pc, ram: 1000}",
    "Round up to 4 KiB.",
)
NO_FUNCTION_0 = Kind(
    "DG0906",
    "error",
    "'{name}' is function {function} of PCI slot {slot}, which has no function 0",
    "A guest probes functions 1 to 7 of a slot only if function 0 exists.",
    "devices: {card: {device: xche, slot: '3.1'}}",
    "Put a device in function 0 of the slot.",
)
BAD_ECAM = Kind(
    "DG0907",
    "error",
    "ECAM at {address}: {reason}",
    "The window holds 4 KiB for each function of bus 0, and lies at a multiple of its size of 1 MiB, above RAM.",
    "machine: {pci: {ecam: 0xe0001000}}",
    "Choose another address, such as 0xe0000000.",
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
    "several lines drive '{target}' ({lines}), and `inputs` of '{device}' does not say how they are combined",
    "Lines that drive the same input are ORed, as interrupt lines that share a GSI are, unless `inputs` says "
    "otherwise.",
    "devices:\n  a: {device: pl061, at: {registers: 0xd0000}, wires: {intr: 'c.input[0]'}}\n"
    "  b: {device: pl061, at: {registers: 0xd1000}, wires: {intr: 'c.input[0]'}}\n"
    "  c: {device: pl061, at: {registers: 0xd2000}}",
    "Add the combination to the device that has the input: `inputs: {'input[0]': or}`, or `and` if all lines "
    "must be high.",
)
NOTHING_COMBINED = Kind(
    "DG0910",
    "error",
    "'inputs' of '{name}' combines the lines at '{pin}', but fewer than two lines drive it",
    "`inputs` says how several lines that drive the same input are combined. It has no effect on an input with "
    "fewer lines.",
    "devices:\n  a: {device: pl061, at: {registers: 0xd0000}, inputs: {'input[0]': and}}",
    "Remove the entry, or wire a second line to the input.",
)
BAD_IMAGE_PATH = Kind(
    "DG0911",
    "error",
    "the path of '{key}' contains a NUL character",
    "The operating system does not allow a NUL character in a path.",
    'guest: {image: "boot\\0.bin", load: 0x7000}',
    "Correct the path.",
)
KERNEL_WITHOUT_CHIPS = Kind(
    "DG0912",
    "error",
    "a kernel needs interrupt controllers, and the machine has none",
    "Linux takes its timer interrupts from the interrupt controllers of the machine.",
    "machine: {irqchip: none, ram: 256 MiB}\nguest: {kernel: vmlinux}",
    "Leave `irqchip` at `kernel`.",
)
PROCESSORS_WITHOUT_CHIPS = Kind(
    "DG0913",
    "error",
    "{cpus} processors need interrupt controllers, and the machine has none",
    "The first processor starts the others by messages between their local APICs, which come with `irqchip: kernel`.",
    "machine: {cpus: 2, irqchip: none}",
    "Leave `irqchip` at `kernel`, or use one processor.",
)
BAD_COMMAND_LINE = Kind(
    "DG0914",
    "error",
    "the command line contains a NUL character",
    "A NUL character ends the command line that a kernel gets.",
    'guest: {kernel: vmlinux, cmdline: "quiet\\0"}',
    "Remove the character.",
)
