"""What firmware tables say of a device: the class attribute ``ACPI`` of generated devices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FadtUse = Literal["reset", "sleep_control", "sleep_status", "pm1_event", "pm1_control", "pm_timer"]
AcpiTable = Literal["hpet", "spcr"]


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
