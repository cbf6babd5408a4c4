"""The vendor-specific capability: bytes that the vendor defines.

Source: PCI Local Bus Specification 3.0, section 6.7 and appendix H: ID 0x09, a length byte, then the vendor's contents.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from devgen.runtime.base.faults import DeviceError
from devgen.runtime.pci.config_space import PciConfig

VENDOR_ID: Final = 0x09
HEADER: Final = 3
"""Bytes of ID, next pointer and length."""


@dataclass(slots=True, frozen=True)
class VendorSpecific:
    """A vendor-specific capability of ``size`` bytes with its header; zeros follow the ``contents``.

    The ``contents`` start after the length byte. The device's own registers in configuration space cover them.
    """

    name: str
    contents: bytes
    size: int
    at: int | None = None


def add_vendor_specific(config: PciConfig, capability: VendorSpecific) -> int:
    """Append the capability to the list; return its offset. Raises DeviceError if it or its contents do not fit."""
    if not HEADER + len(capability.contents) <= capability.size <= 0xFF:
        raise DeviceError(
            f"vendor-specific capability '{capability.name}': its contents do not fit {capability.size} bytes"
        )
    body = bytes((capability.size, *capability.contents)).ljust(capability.size - 2, b"\0")
    return config.add_capability(VENDOR_ID, body, at=capability.at)
