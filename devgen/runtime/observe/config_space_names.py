"""Names of the registers of PCI configuration space: of the header and of a function's capabilities.

Sources: PCI Local Bus Specification 3.0, sections 6.1 (header), 6.2.2 and 6.2.3 (command, status), 6.8.1 and 6.8.2 (MSI
and MSI-X); PCI Bus Power Management Interface Specification 1.2, section 3.2; PCI Express Base Specification, section
7.5.3 (its capability).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from devgen.runtime.pci.config_space import CAPABILITIES, FIRST_CAPABILITY, SIZE, STATUS, STATUS_CAPABILITIES, PciConfig
from devgen.runtime.pci.message_interrupts import MSI_ID, MSIX_ID
from devgen.runtime.pci.pci_express import EXPRESS_ID
from devgen.runtime.pci.power_management import POWER_ID
from devgen.runtime.pci.vendor_capability import VENDOR_ID

Fields = tuple[tuple[str, int, int], ...]


@dataclass(slots=True, frozen=True)
class ConfigRegister:
    """A register of configuration space: offset and size in bytes, name, and fields (name, lowest bit, width)."""

    offset: int
    size: int
    name: str
    fields: Fields = ()


HEADER: Final = (
    ConfigRegister(0x00, 2, "VENDOR"),
    ConfigRegister(0x02, 2, "DEVICE"),
    ConfigRegister(
        0x04,
        2,
        "COMMAND",
        (("IO", 0, 1), ("MEMORY", 1, 1), ("MASTER", 2, 1), ("PARITY", 6, 1), ("SERR", 8, 1), ("INTX_DISABLE", 10, 1)),
    ),
    ConfigRegister(0x06, 2, "STATUS", (("INTERRUPT", 3, 1), ("CAPABILITIES", 4, 1))),
    ConfigRegister(0x08, 1, "REVISION"),
    ConfigRegister(0x09, 3, "CLASS"),
    ConfigRegister(0x0C, 1, "CACHE_LINE"),
    ConfigRegister(0x0D, 1, "LATENCY"),
    ConfigRegister(0x0E, 1, "HEADER_TYPE"),
    ConfigRegister(0x0F, 1, "BIST"),
    *(ConfigRegister(0x10 + 4 * index, 4, f"BAR{index}") for index in range(6)),
    ConfigRegister(0x2C, 2, "SUBSYSTEM_VENDOR"),
    ConfigRegister(0x2E, 2, "SUBSYSTEM"),
    ConfigRegister(0x30, 4, "ROM", (("ENABLE", 0, 1),)),
    ConfigRegister(0x34, 1, "CAPABILITIES"),
    ConfigRegister(0x3C, 1, "INTERRUPT_LINE"),
    ConfigRegister(0x3D, 1, "INTERRUPT_PIN"),
)

_POWER: Final = (
    ConfigRegister(2, 2, "CAPABILITIES"),
    ConfigRegister(
        4, 2, "CONTROL", (("STATE", 0, 2), ("NO_SOFT_RESET", 3, 1), ("PME_ENABLE", 8, 1), ("PME_STATUS", 15, 1))
    ),
)
_MSI: Final = (
    ConfigRegister(
        2,
        2,
        "CONTROL",
        (
            ("ENABLE", 0, 1),
            ("MULTIPLE_CAPABLE", 1, 3),
            ("MULTIPLE_ENABLE", 4, 3),
            ("ADDRESS_64", 7, 1),
            ("MASKING", 8, 1),
        ),
    ),
    ConfigRegister(4, 4, "ADDRESS"),
    ConfigRegister(8, 4, "ADDRESS_HIGH"),
    ConfigRegister(12, 2, "DATA"),
)
_MSI_MASKING: Final = (ConfigRegister(16, 4, "MASK"), ConfigRegister(20, 4, "PENDING"))
_MSI_MASKING_BIT: Final = 1 << 8
_MSIX: Final = (
    ConfigRegister(2, 2, "CONTROL", (("SIZE", 0, 11), ("MASK", 14, 1), ("ENABLE", 15, 1))),
    ConfigRegister(4, 4, "TABLE", (("BAR", 0, 3),)),
    ConfigRegister(8, 4, "PENDING", (("BAR", 0, 3),)),
)
_EXPRESS: Final = (
    ConfigRegister(0x02, 2, "CAPABILITIES"),
    ConfigRegister(0x04, 4, "DEVICE_CAPABILITIES"),
    ConfigRegister(0x08, 2, "DEVICE_CONTROL"),
    ConfigRegister(0x0A, 2, "DEVICE_STATUS"),
    ConfigRegister(0x0C, 4, "LINK_CAPABILITIES"),
    ConfigRegister(0x10, 2, "LINK_CONTROL"),
    ConfigRegister(0x12, 2, "LINK_STATUS"),
    ConfigRegister(0x24, 4, "DEVICE_CAPABILITIES_2"),
    ConfigRegister(0x28, 2, "DEVICE_CONTROL_2"),
    ConfigRegister(0x2C, 4, "LINK_CAPABILITIES_2"),
    ConfigRegister(0x30, 2, "LINK_CONTROL_2"),
    ConfigRegister(0x32, 2, "LINK_STATUS_2"),
)
_KNOWN: Final = {
    POWER_ID: ("PM", _POWER),
    MSI_ID: ("MSI", _MSI),
    VENDOR_ID: ("VENDOR_SPECIFIC", (ConfigRegister(2, 1, "LENGTH"),)),
    EXPRESS_ID: ("EXPRESS", _EXPRESS),
    MSIX_ID: ("MSIX", _MSIX),
}
"""Capability ID -> its name, and its registers after ID and NEXT."""


def config_registers(config: PciConfig) -> tuple[ConfigRegister, ...]:
    """Return the named registers of a function's configuration space."""
    return (*HEADER, *(register for offset in _capabilities(config) for register in _of_capability(config, offset)))


def _capabilities(config: PciConfig) -> Iterator[int]:
    """Yield the offsets of the capabilities in the list, which a guest cannot change."""
    if not config.get(STATUS, 2) & STATUS_CAPABILITIES:
        return
    offset = config.get(CAPABILITIES, 1)
    while FIRST_CAPABILITY <= offset < SIZE:
        yield offset
        offset = config.get(offset + 1, 1)


def _of_capability(config: PciConfig, offset: int) -> Iterator[ConfigRegister]:
    identifier = config.get(offset, 1)
    name, registers = _KNOWN.get(identifier, (f"CAPABILITY_{identifier:02X}", ()))
    if identifier == MSI_ID and config.get(offset + 2, 2) & _MSI_MASKING_BIT:
        registers = (*registers, *_MSI_MASKING)
    for register in (ConfigRegister(0, 1, "ID"), ConfigRegister(1, 1, "NEXT"), *registers):
        yield ConfigRegister(offset + register.offset, register.size, f"{name}.{register.name}", register.fields)
