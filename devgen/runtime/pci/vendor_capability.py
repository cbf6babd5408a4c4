"""The vendor-specific capability: bytes whose meaning is its vendor's.

Source: PCI Local Bus Specification 3.0, section 6.7 and appendix H: ID 0x09, a length byte, then the vendor's own.
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
    """A vendor-specific capability of ``size`` bytes in all, zeros behind the ``contents`` that follow its length byte.

    A device's own registers in configuration space answer instead of the contents where they lie over them.
    """

    name: str
    contents: bytes
    size: int
    at: int | None = None


def add_vendor_specific(config: PciConfig, what: VendorSpecific) -> int:
    """Append it to the list; returns its offset. Raises DeviceError where it, or what it has, does not fit."""
    if not HEADER + len(what.contents) <= what.size <= 0xFF:
        raise DeviceError(f"vendor-specific capability '{what.name}': {what.size} bytes do not hold what it has")
    body = bytes((what.size, *what.contents)).ljust(what.size - 2, b"\0")
    return config.add_capability(VENDOR_ID, body, at=what.at)
