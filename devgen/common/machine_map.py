"""What a machine of each type has at fixed addresses: RAM, the chips that a host models, the guest's start tables.

The runtime builds machines with it, and the checks of boards refuse what would collide with it.
"""

from __future__ import annotations

from typing import Final, Literal

Space = Literal["mmio", "pio"]
MachineType = Literal["pc", "virt", "bus"]
"""``pc``: x86-64. ``virt``: arm64, laid out like QEMU's machine of that name. ``bus``: no processor."""

SPACE_SIZES: Final[dict[Space, int]] = {"mmio": 1 << 64, "pio": 1 << 16}
"""Bytes of the memory space and of the port space."""

SPACE_TITLES: Final[dict[Space, str]] = {"mmio": "memory", "pio": "port"}

LOW_RAM: Final = 3 << 30
"""Greatest size of RAM below 4 GiB; further RAM starts at 4 GiB. Devices and BARs use the addresses between."""

PC_RAM_LIMIT: Final = 1 << 40
"""The most bytes of RAM that a PC may have."""

HIGH_RAM: Final = 4 << 30
"""Where RAM continues that does not fit below."""

CONFIG_ADDRESS: Final = 0xCF8
"""Port of PCI's configuration address register; the data register follows it."""

CONFIG_PORTS: Final = 8
"""Ports of configuration mechanism 1: address and data, 4 bytes each (PCI Local Bus Specification 3.0, 3.2.2.3.2)."""

VIRT_RAM: Final = 1 << 30
"""Where the RAM of a machine of type `virt` starts."""

VIRT_END: Final = 1 << 40
"""The end of a `virt` guest's addresses: KVM gives it 40 bits unless it is asked for more."""

ADDRESS_ENDS: Final[dict[MachineType, int]] = {"pc": 1 << 52, "virt": VIRT_END, "bus": 1 << 64}
"""Type of machine → the end of its memory space. An x86 processor has at most 52 address bits (Intel SDM 3, 4.1.4)."""

VIRT_HIGH_BARS: Final = 16 << 30
"""Bytes of the window for 64-bit BARs of a `virt` machine with PCI, which lies above RAM and above 4 GiB."""

VIRT_SPIS: Final = 224
"""Shared peripheral interrupts of a `virt` machine's GIC: GSI n is SPI n, which is the GIC's interrupt 32 + n."""

VIRT_ECAM: Final = 0x3F00_0000
"""Where PCI's configuration space lies on a `virt` machine whose board gives no address."""

VIRT_PORTS: Final = 0x3EFF_0000
"""Where a `virt` machine has PCI's port space in memory: 64 KiB."""

VIRT_BARS: Final = 0x1000_0000
"""Where the addresses for 32-bit BARs begin on a `virt` machine; they end at ``VIRT_PORTS``."""

GIC_DISTRIBUTOR: Final = 0x0800_0000
GIC_ITS: Final = 0x0808_0000
GIC_REDISTRIBUTORS: Final = 0x080A_0000
REDISTRIBUTOR_SIZE: Final = 0x2_0000
"""Bytes of the registers of one processor's redistributor (GIC architecture version 3, 12.10)."""
MOST_PROCESSORS: Final = 64

CHIPS: Final[dict[MachineType, tuple[tuple[str, Space, int, int, str], ...]]] = {
    "pc": (
        ("irqchip", "pio", 0x20, 2, "first PIC"),
        ("irqchip", "pio", 0xA0, 2, "second PIC"),
        ("irqchip", "pio", 0x4D0, 2, "PICs' edge control"),
        ("irqchip", "mmio", 0xFEC00000, 0x1000, "IOAPIC"),
        ("irqchip", "mmio", 0xFEE00000, 0x1000, "local APIC"),
        ("pit", "pio", 0x40, 4, "interval timer"),
        ("pit", "pio", 0x61, 1, "speaker port"),
    ),
    "bus": (),
    "virt": (
        ("irqchip", "mmio", GIC_DISTRIBUTOR, 0x1_0000, "GIC's distributor"),
        ("irqchip", "mmio", GIC_ITS, 0x2_0000, "GIC's ITS"),
        (
            "irqchip",
            "mmio",
            GIC_REDISTRIBUTORS,
            MOST_PROCESSORS * REDISTRIBUTOR_SIZE,
            "GIC's redistributors",
        ),
    ),
}
"""Chips that the kernel models: configuration key that enables it, address space, address, size in bytes, name."""

MESSAGE_WINDOWS: Final[dict[MachineType, tuple[int, int]]] = {
    "pc": (0xFEE0_0000, 1 << 20),
    "bus": (0xFEE0_0000, 1 << 20),
    "virt": (GIC_ITS + 0x1_0000, 0x1_0000),
}
"""Address and size of the window in which a 32-bit write by a card is an interrupt message.

On a PC it belongs to the local APICs (Intel SDM 3, 11.11); else to the ITS, which has its GITS_TRANSLATER in it.
"""


def space_end(machine: MachineType, space: Space) -> int:
    """Return the end of the addresses of a space, in bytes."""
    return ADDRESS_ENDS[machine] if space == "mmio" else SPACE_SIZES[space]


def most_ram(machine: MachineType, pci: bool) -> int:
    """Return the largest size of RAM in bytes; ``pci``: with a PCI bus."""
    if machine != "virt":
        return PC_RAM_LIMIT
    return VIRT_END - VIRT_RAM - (VIRT_HIGH_BARS if pci else 0)


def ram_parts(machine: MachineType, size: int) -> tuple[tuple[int, int], ...]:
    """Return (address, size) of each part of ``size`` bytes of RAM, in order."""
    if machine == "virt":
        return ((VIRT_RAM, size),)
    if size <= LOW_RAM:
        return ((0, size),)
    return ((0, LOW_RAM), (HIGH_RAM, size - LOW_RAM))


START_TABLES: Final[dict[str, tuple[tuple[int, int], ...]]] = {
    "real": (),
    "protected": ((0x500, 0x18),),
    "long": ((0x500, 0x18), (0x1000, 0x6000)),
}
"""Processor mode → address and size of the tables that the host writes over the guest's image (boot_image.py)."""

ENTRY_LIMITS: Final[dict[str, int]] = {"real": 1 << 20, "protected": 1 << 32, "long": 1 << 32}
"""Processor mode → the first address at which execution cannot start."""
