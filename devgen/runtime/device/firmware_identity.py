"""What firmware tables say of a device: the class attributes ``ACPI`` and ``DEVICE_TREE`` of generated devices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FadtUse = Literal["reset", "sleep_control", "sleep_status", "pm1_event", "pm1_control", "pm_timer"]
AcpiTable = Literal["hpet", "spcr"]
TreeValue = bool | int | str | tuple[int, ...] | tuple[str, ...]
"""The value of a device tree's property: True (no value), a cell, a text, cells, or texts."""


@dataclass(slots=True, frozen=True)
class FirmwareRegister:
    """A register that the FADT names: its use, and its region, offset and width (in bytes)."""

    use: FadtUse
    region: str
    offset: int
    width: int


@dataclass(slots=True, frozen=True)
class AcpiIdentity:
    """The device in ACPI tables (ACPI specification 6.4, chapters 5.2 and 6.1).

    - ``hid``: the hardware ID of its object in the DSDT, which has its addresses and interrupts; empty for no object.
    - ``cid``: a compatible ID, or empty. ``table``: the static table that describes it.
    - ``fadt``: the registers that the FADT names. ``reset_value``: the byte that resets the machine when it is written
      to the register for ``reset``.
    """

    hid: str = ""
    cid: str = ""
    table: AcpiTable | None = None
    fadt: tuple[FirmwareRegister, ...] = ()
    reset_value: int = 0


@dataclass(slots=True, frozen=True)
class DeviceTreeIdentity:
    """The device in a device tree (Devicetree specification 0.4, chapter 2).

    - ``node``: the name of its node, without the address. ``compatible``: the names that drivers look for.
    - ``clocks``: (name, frequency) in the binding's order; a frequency is in Hz, or the name of a property of the
      device that has it. ``properties``: further properties. ``console``: it can be the guest's console.
    """

    node: str
    compatible: tuple[str, ...]
    clocks: tuple[tuple[str, int | str], ...] = ()
    properties: tuple[tuple[str, TreeValue], ...] = ()
    console: bool = False
