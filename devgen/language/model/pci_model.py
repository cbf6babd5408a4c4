"""The PCI part of a device model: identity, base address registers and capabilities.

Offsets and sizes are bytes. Sources: PCI Local Bus Specification 3.0 and PCI Express Base Specification 4.0.
"""

from __future__ import annotations

from typing import Literal

from devgen.common.quick_dataclass import dataclass
from devgen.language.ir import Expr

BarType = Literal["io", "mem32", "mem64", "rom"]


@dataclass(slots=True, frozen=True)
class Bar:
    """A PCI base address register. ``size`` in bytes is a power of two."""

    index: int | Literal["rom"]
    type: BarType
    size: int
    prefetchable: bool


@dataclass(slots=True, frozen=True)
class Msi:
    """An MSI capability. ``at``: its offset in configuration space; None: after the previous capability."""

    vectors: int
    masking: bool
    at: int | None


@dataclass(slots=True, frozen=True)
class MsiX:
    """An MSI-X capability with the BARs and offsets of its table and its pending bits."""

    vectors: int
    bar: int
    table: int
    pending_bar: int
    pending: int
    at: int | None


@dataclass(slots=True, frozen=True)
class VendorSpecific:
    """A vendor-specific capability of ``size`` bytes in all; ``contents`` follow its length byte."""

    name: str
    contents: bytes
    size: int
    at: int | None


@dataclass(slots=True, frozen=True)
class PowerManagement:
    """A power management capability. ``pme``: states in which PME# can be asserted, D0 to D3cold as 0 to 4."""

    d1: bool
    d2: bool
    pme: tuple[int, ...]
    no_soft_reset: bool
    at: int | None


@dataclass(slots=True, frozen=True)
class Express:
    """A PCI Express capability. ``speed`` in GT/s, ``max_payload`` in bytes; ``integrated`` has no link."""

    type: Literal["endpoint", "legacy", "integrated"]
    max_payload: int
    speed: float
    width: int
    flr: bool
    at: int | None


Capability = Msi | MsiX | PowerManagement | Express | VendorSpecific


@dataclass(slots=True, frozen=True)
class SerialNumber:
    """A device serial number capability; ``number`` is an expression over properties, of 64 bits."""

    number: Expr
    at: int | None


@dataclass(slots=True, frozen=True)
class VendorExtended:
    """A vendor-specific extended capability of ``size`` bytes in all; ``contents`` follow its two dwords of header."""

    name: str
    id: int
    revision: int
    contents: bytes
    size: int
    at: int | None


ExtendedCapability = SerialNumber | VendorExtended


@dataclass(slots=True, frozen=True)
class Pci:
    """PCI identity and base address registers. ``class_code`` is class, subclass and prog-if in 24 bits."""

    vendor: int
    device: int
    revision: int
    class_code: int
    subsystem_vendor: int
    subsystem_device: int
    interrupt_pin: int
    bars: tuple[Bar, ...]
    capabilities: tuple[Capability, ...] = ()
    extended: tuple[ExtendedCapability, ...] = ()
