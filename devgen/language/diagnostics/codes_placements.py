"""Diagnostics of boards against the devices that they place, and of guests (DG10xx)."""

from __future__ import annotations

from devgen.language.diagnostics.diagnostic import Kind

UNKNOWN_DEVICE = Kind(
    "DG1001",
    "error",
    "unknown device '{device}'",
    "A board can use the devices of the project, of installed packages and of devgen's catalogue. None of them has "
    "this name.",
    "devices:\n  rtc: {device: pl32, at: {registers: 0xfe001000}}",
    "Correct the name; `devgen list` shows all devices. Run `devgen` in the folder of the project that describes the "
    "device.",
)
BROKEN_DEVICE = Kind(
    "DG1002",
    "error",
    "'{name}' cannot be made: the description of '{device}' has errors",
    "The board places a device whose description cannot be built, so the board's use of it cannot be checked or run.",
    "devices:\n  rtc: {device: mydevice, at: {registers: 0xfe001000}}",
    "Correct the device's description: `devgen check` lists its errors.",
)
NO_SUCH_PART = Kind(
    "DG1003",
    "error",
    "'{device}' has no {noun} '{part}'",
    "A board names regions, lines, properties, events, streams and inputs as the device's description does.",
    "devices:\n  rtc: {device: pl031, at: {regs: 0xfe001000}}",
    "Use one of the names that the description declares.",
)
NO_SUCH_ELEMENT = Kind(
    "DG1004",
    "error",
    "{noun} '{part}': {reason}",
    "An array of lines is named with the number of an element, from 0. A single line is named without a number. The "
    "number of elements may depend on the properties that the board sets.",
    "devices:\n  hpet: {device: hpet, at: {registers: 0xfed00000}, irq: {irq: 0}}",
    "Name an element that exists, such as `irq[0]`.",
)
BAD_PROPERTY = Kind(
    "DG1005",
    "error",
    "property '{part}' of '{device}' cannot be {found}: {reason}",
    "The value must have the type that the device's description declares, and lie in its range.",
    "devices:\n  timer: {device: sp804, at: {registers: 0xfe003000}, properties: {freq0: 0}}",
    "Choose a value that the description allows.",
)
NO_ADDRESS = Kind(
    "DG1006",
    "error",
    "'{name}' has no address for the region '{part}' of '{device}'",
    "A board gives each region of a sysbus or ISA device an address. Without it, no access would reach the region.",
    "devices:\n  rtc: {device: pl031}",
    "Add the region to `at`.",
)
OTHER_BUS = Kind(
    "DG1007",
    "error",
    "'{key}' does not place '{name}': {reason}",
    "Sysbus and ISA devices are placed at addresses (`at`). A PCI device is placed in a slot, and the guest assigns "
    "the addresses of its BARs.",
    "devices:\n  rtc: {device: pl031, slot: 3}",
    "Use `at` for sysbus and ISA devices and `slot` for PCI devices.",
)
NO_SLOT = Kind(
    "DG1008",
    "error",
    "'{name}' is a PCI device and has no slot",
    "A PCI device is found by its slot on bus 0.",
    "machine: {pci: true}\ndevices:\n  card: {device: xche}",
    "Add `slot`, from 1 to 31; slot 0 has the host bridge.",
)
ADDRESSES_OVERLAP = Kind(
    "DG1009",
    "error",
    "{owner} at {addresses} overlaps {other} at {others}",
    "RAM, the regions of devices and the chips that the machine models cannot share addresses.",
    "devices:\n  x: {device: pl031, at: {registers: 0x8000}}",
    "Choose another address. `machine: {irqchip: none}` and `machine: {pit: none}` leave the chips' addresses to "
    "devices.",
)
OUTSIDE_SPACE = Kind(
    "DG1010",
    "error",
    "{owner} at {addresses} is outside the {space} space",
    "Ports are 0 to 0xffff. Memory addresses have 52 bits on a PC, 40 on a machine of type virt, and 64 on a bus.",
    "devices:\n  con: {device: debugcon, at: {ports: 0x10000}}",
    "Choose a lower address.",
)
NO_GUEST = Kind(
    "DG1011",
    "error",
    "the board has no guest to run",
    "`devgen run` starts the guest of a board. Without a guest there is nothing to run.",
    "board: empty\nmachine: {pci: true}",
    "Add `guest`, with an image and its load address, or with a kernel.",
)
BAD_GUEST_FILE = Kind(
    "DG1012",
    "error",
    "cannot read the guest's {key} {path}: {reason}",
    "The files of the guest are regular files with content. A relative path is relative to the board's folder.",
    "guest: {image: missing.bin, load: 0x7000}",
    "Correct the path, or build the guest first.",
)
IMAGE_TOO_LARGE = Kind(
    "DG1013",
    "error",
    "the image of {size} bytes at {load} does not fit into the RAM of {ram} bytes",
    "The whole image is copied into RAM below 3 GiB before the guest starts.",
    "machine: {ram: 64 KiB}\nguest: {image: guest.bin, load: 0xfff0}",
    "Enlarge `machine: {ram: ...}`, or load the image at a lower address.",
)
IMAGE_IN_TABLES = Kind(
    "DG1014",
    "error",
    "the image at {load} overlaps the tables at {tables}, which `mode: {mode}` needs",
    "For protected and long mode, devgen writes the processor's tables into RAM: the descriptor table at 0x500, and "
    "for long mode the page tables from 0x1000 to 0x6fff. They would overwrite the image.",
    "guest: {image: guest.bin, load: 0x1000, mode: long}",
    "Load the image at 0x7000 or above.",
)
BAD_ENTRY = Kind(
    "DG1015",
    "error",
    "a guest cannot start at {entry} in {mode} mode, only below {limit}",
    "Real mode reaches the first 1 MiB, the start state of the other modes the first 4 GiB.",
    "machine: {ram: 4 MiB}\nguest: {image: guest.bin, load: 0x200000, mode: real}",
    "Load the image at a lower address, or start in another mode.",
)
ENTRY_OUTSIDE_IMAGE = Kind(
    "DG1016",
    "warning",
    "the guest starts at {entry}, which is outside its image at {image}",
    "RAM outside the image is zero when the guest starts.",
    "guest: {image: guest.bin, load: 0x7000, entry: 0x9000}",
    "Correct `entry`, or remove it: execution then starts at `load`.",
)
SAME_BACKEND = Kind(
    "DG1017",
    "error",
    "the streams of '{name}' and '{other}' both use '{backend}'",
    "A Unix socket has one listener, and two streams would overwrite each other's bytes in one file.",
    "devices:\n  a: {device: debugcon, at: {ports: 0xe9}, streams: {out: 'file:log'}}\n"
    "  b: {device: debugcon, at: {ports: 0xea}, streams: {out: 'file:log'}}",
    "Give each stream a name of its own.",
)
BAR_TOO_LARGE = Kind(
    "DG1018",
    "warning",
    "BAR {bar} of '{name}' has {size} bytes, and the largest free place for it below 4 GiB has {free}",
    "A guest assigns 32-bit BARs to addresses between the end of RAM and the interrupt controllers, each at a "
    "multiple of its size. This one finds no place there.",
    "machine: {pci: true}\ndevices:\n  card: {device: framebuffer, slot: 3}   # a BAR of 2 GiB",
    "Use less RAM, a smaller BAR, or a BAR of type mem64.",
)
NO_EFFECT = Kind(
    "DG1019",
    "warning",
    "'{key}' has no effect: {reason}",
    "The rest of the board makes this setting meaningless, and a run would ignore it.",
    "machine: {intx: [10, 11, 10, 11]}",
    "Remove the setting, or add what it needs.",
)
NO_SUCH_INTERRUPT = Kind(
    "DG1023",
    "error",
    "the machine has no interrupt {number}: one of type {machine} has 0 to {greatest}",
    "A line drives an interrupt by its number at the machine's controller.",
    "machine: {type: pc}\ndevices: {rtc: {device: pl031, at: {registers: 0xfe000000}, irq: {intr: 40}}}",
    "Use an interrupt that the machine has. A chip with another processor is a machine of type `bus`.",
)
WRONG_GUEST_FILE = Kind(
    "DG1028",
    "error",
    "the guest's {key} {path} is {found}: {wanted}",
    "The first bytes of a file show what it is. An image that is not an ELF file is loaded at the address in `load`.",
    "guest: {image: firmware.bin}",
    "Name another file, or give `load` and `entry` for an image of plain code.",
)
UNKNOWN_OVERLAP = Kind(
    "DG1027",
    "error",
    "the board has no other device '{name}' to share addresses with",
    "`overlaps` names the devices of the board whose addresses a device shares.",
    "devices: {CLOCK: {device: clock, at: {registers: 0x40000000}, overlaps: [POWR]}}",
    "Correct the name.",
)
RESERVED_PLACE = Kind(
    "DG1020",
    "error",
    "{what} belongs to the PCI host bridge",
    "A machine with a PCI bus has a host bridge: the device 'pci-host-bridge' in slot 0, function 0.",
    "machine: {pci: true}\ndevices:\n  card: {device: xche, slot: 0}",
    "Choose another slot, from 1 to 31, or another name.",
)
CLAMPED = Kind(
    "DG1022",
    "warning",
    "property '{part}' of '{device}' is {found} and becomes {bound}",
    "The device's description moves a value outside the property's range to the nearest bound (`clamp: true`).",
    "devices:\n  hpet: {device: hpet, at: {registers: 0xfed00000}, properties: {timers: 77}}",
    "Write the value that is used.",
)
NOT_A_BOARD = Kind(
    "DG1021",
    "error",
    "this is the description of the {what} '{name}', not a board",
    "A board is a file with the key `board`: it places devices and names a guest. A device runs on a board that "
    "places it, and in tests on a bench.",
    "device: pl031\nbus: sysbus",
    "Name a board: a file that places this device under `devices`.",
)
NO_ROOM = Kind(
    "DG1030",
    "error",
    "{what} {needed} MiB of RAM or more, and {there} MiB are there for them",
    "A kernel says in its header how much RAM it uses from its address on. The RAM disk lies above it: on a PC below "
    "3 GiB and below the address that the kernel's header names; on arm64 at a multiple of 2 MiB, before the device "
    "tree.",
    "machine: {ram: 16 MiB}\nguest: {kernel: bzImage, initrd: initrd.img}   # of 30 MiB",
    "Give the machine more RAM, or take a smaller RAM disk.",
)
NO_TERMINAL_INPUT = Kind(
    "DG1029",
    "warning",
    "stream '{stream}' of '{name}' never receives: the input of stdio goes to stream '{first}' of '{other}'",
    "Standard input has one reader: the first stream on the board that receives bytes. The output of all "
    "streams that are connected to stdio appears on the terminal.",
    "devices:\n  com1: {device: serial16550, at: {ports: 0x3f8}, streams: {serial: stdio}}\n"
    "  com2: {device: serial16550, at: {ports: 0x2f8}, streams: {serial: stdio}}",
    "Connect one of the two to another backend, such as `pty`.",
)
NO_PORTS = Kind(
    "DG1024",
    "error",
    "'{name}' has ports (region '{part}'), and a machine of type virt has no port space",
    "Only x86 processors have ports. A PCI card may have some: its guest reaches them through the window of the host "
    "bridge.",
    "machine: {type: virt}\ndevices: {com1: {device: serial16550, at: {ports: 0x3f8}}}",
    "Place a device whose regions are in memory, as pl011, or a PCI card.",
)
