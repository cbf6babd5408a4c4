"""What firmware tables say of a device: the key ``firmware`` of a description."""

from __future__ import annotations

from typing import Literal

from devgen.common.quick_dataclass import dataclass

AcpiTable = Literal["hpet", "spcr"]
FadtUse = Literal["reset", "sleep_control", "sleep_status", "pm1_event", "pm1_control", "pm_timer"]


TreeValue = bool | int | str | tuple[int, ...] | tuple[str, ...]
"""The value of a device tree's property: True (no value), a cell, a text, cells, or texts."""


@dataclass(slots=True, frozen=True)
class FirmwareRegister:
    """A register that a table names: its use, and its place. ``offset`` and ``width`` are in bytes."""

    use: FadtUse
    region: str
    offset: int
    width: int


@dataclass(slots=True, frozen=True)
class Acpi:
    """``hid``: the hardware ID of the device's object in the DSDT; empty for no object. ``cid``: a compatible ID.

    ``table``: the static table that describes the device. ``fadt``: the registers that the FADT names;
    ``reset_value`` is the value that resets the machine when it is written to the register for ``reset``.
    """

    hid: str
    cid: str
    table: AcpiTable | None
    fadt: tuple[FirmwareRegister, ...]
    reset_value: int


@dataclass(slots=True, frozen=True)
class DeviceTree:
    """``node``: the name of the device's node in a device tree, without its address. ``console``: it can be one.

    ``clocks``: (name, frequency) in the binding's order; a frequency is in Hz, or the name of a property that has it.
    """

    node: str
    compatible: tuple[str, ...]
    clocks: tuple[tuple[str, int | str], ...]
    properties: tuple[tuple[str, TreeValue], ...]
    console: bool
