"""What firmware tables say of a device, as data for templates and exporters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(slots=True, frozen=True)
class FirmwareRegisterView:
    """A register that a firmware table names."""

    use: Literal["reset", "sleep_control", "sleep_status", "pm1_event", "pm1_control", "pm_timer"]
    """What the FADT uses it for."""
    region: str
    """The region of the register."""
    offset: int
    """Its offset in the region, in bytes."""
    width: int
    """Its width in bytes."""


@dataclass(slots=True, frozen=True)
class AcpiView:
    """What the ACPI tables of a board say of the device."""

    hid: str
    """The hardware ID of its object in the DSDT; empty for no object."""
    cid: str
    """A compatible ID; empty for none."""
    table: Literal["hpet", "spcr"] | None
    """The static table that describes it."""
    fadt: tuple[FirmwareRegisterView, ...]
    """The registers that the FADT names."""
    reset_value: int
    """The byte that resets the machine when it is written to the register for ``reset``."""


@dataclass(slots=True, frozen=True)
class TreeClockView:
    """A clock of the device in a device tree."""

    name: str
    """Its name."""
    frequency: int | str
    """Hz, or the name of the property that has the frequency in Hz."""


@dataclass(slots=True, frozen=True)
class TreePropertyView:
    """A property of the device's node in a device tree."""

    name: str
    """Its name."""
    value: bool | int | str | tuple[int, ...] | tuple[str, ...]
    """True (no value), a number of 32 bits, a text, numbers, or texts."""


@dataclass(slots=True, frozen=True)
class DeviceTreeView:
    """What the device tree of a board says of the device."""

    node: str
    """The name of its node, without the address."""
    compatible: tuple[str, ...]
    """The names that drivers look for, the most specific one first."""
    clocks: tuple[TreeClockView, ...]
    """Its clocks, in the binding's order."""
    properties: tuple[TreePropertyView, ...]
    """Further properties."""
    console: bool
    """Whether it can be the guest's console."""
