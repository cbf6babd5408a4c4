"""What a machine of type `pc` has at fixed addresses: the chips that a host models, and the guest's start tables.

The runtime builds machines with it, and the checks of boards refuse what would collide with it.
"""

from __future__ import annotations

from typing import Final, Literal

Space = Literal["mmio", "pio"]

SPACE_SIZES: Final[dict[Space, int]] = {"mmio": 1 << 64, "pio": 1 << 16}
"""Bytes of the memory space and of the port space."""

SPACE_TITLES: Final[dict[Space, str]] = {"mmio": "memory", "pio": "port"}

LOW_RAM: Final = 3 << 30
"""Greatest size of RAM below 4 GiB; further RAM starts at 4 GiB. Devices and BARs use the addresses between."""

HIGH_RAM: Final = 4 << 30
"""Where RAM continues that does not fit below."""

CONFIG_ADDRESS: Final = 0xCF8
"""Port of PCI's configuration address register; the data register follows it."""

CONFIG_PORTS: Final = 8
"""Ports of configuration mechanism 1: address and data, 4 bytes each (PCI Local Bus Specification 3.0, 3.2.2.3.2)."""

CHIPS: Final[tuple[tuple[str, Space, int, int, str], ...]] = (
    ("irqchip", "pio", 0x20, 2, "first PIC"),
    ("irqchip", "pio", 0xA0, 2, "second PIC"),
    ("irqchip", "pio", 0x4D0, 2, "PICs' edge control"),
    ("irqchip", "mmio", 0xFEC00000, 0x1000, "IOAPIC"),
    ("irqchip", "mmio", 0xFEE00000, 0x1000, "local APIC"),
    ("pit", "pio", 0x40, 4, "interval timer"),
    ("pit", "pio", 0x61, 1, "speaker port"),
)
"""Chips that the kernel models: configuration key that enables it, address space, address, size in bytes, name."""

START_TABLES: Final[dict[str, tuple[tuple[int, int], ...]]] = {
    "real": (),
    "protected": ((0x500, 0x18),),
    "long": ((0x500, 0x18), (0x1000, 0x6000)),
}
"""Processor mode → address and size of the tables that the host writes over the guest's image (boot_image.py)."""

ENTRY_LIMITS: Final[dict[str, int]] = {"real": 1 << 20, "protected": 1 << 32, "long": 1 << 32}
"""Processor mode → the first address at which execution cannot start."""
