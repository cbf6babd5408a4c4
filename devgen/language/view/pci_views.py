"""The PCI part of a device as data for templates and exporters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(slots=True, frozen=True)
class BarView:
    """A PCI base address register."""

    index: int | Literal["rom"]
    """0 to 5, or ``rom`` for the expansion ROM."""
    type: Literal["io", "mem32", "mem64", "rom"]
    """Its type: I/O ports, 32-bit or 64-bit memory, or the expansion ROM."""
    size: int
    """Its size in bytes, a power of two."""
    prefetchable: bool
    """Whether its memory is prefetchable."""
    regions: tuple[str, ...]
    """The regions in it, by offset."""


@dataclass(slots=True, frozen=True)
class CapabilityView:
    """A capability in PCI configuration space."""

    kind: Literal["msi", "msix", "pm", "express", "vendor", "serial_number"]
    """Its kind, as the key in the description."""
    name: str
    """The name of a vendor-specific capability; the kind of any other."""
    extended: bool
    """Whether it is in the list of extended capabilities, from offset 0x100."""
    offset: int
    """Its offset in configuration space, in bytes."""
    size: int
    """Its size in bytes, with its header."""
    settings: tuple[tuple[str, int | float | str | bool], ...]
    """Its keys in the description, as names and values: ``("vectors", 9)``, ``("masking", True)``."""
    contents: bytes
    """The bytes of a vendor-specific capability after the header."""


@dataclass(slots=True, frozen=True)
class PciView:
    """A PCI function's identity, base address registers and capabilities."""

    vendor: int
    """The vendor ID."""
    device: int
    """The device ID."""
    revision: int
    """The revision ID."""
    class_code: int
    """Class, subclass and programming interface in 24 bits."""
    subsystem_vendor: int
    """The subsystem's vendor ID."""
    subsystem_device: int
    """The subsystem's device ID."""
    interrupt_pin: Literal["", "A", "B", "C", "D"]
    """Its INTx# pin; empty for none."""
    bars: tuple[BarView, ...]
    """Its base address registers."""
    capabilities: tuple[CapabilityView, ...]
    """Its capabilities in the order of their lists, the extended list last."""
