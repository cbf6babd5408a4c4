"""The devices of a board as the firmware tables see them: identity, addresses, interrupts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from devgen.runtime.device.device import Device
from devgen.runtime.device.firmware_identity import AcpiIdentity, AcpiTable, FadtUse
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.machine_config import DevicePlacement


@dataclass(slots=True, frozen=True)
class AddressRange:
    """``size`` bytes from ``start`` in memory, or in port space (``io``)."""

    io: bool
    start: int
    size: int


@dataclass(slots=True, frozen=True)
class PlacedDevice:
    """A device with an identity in ACPI tables, and its place on the board."""

    placement: DevicePlacement
    device: Device
    identity: AcpiIdentity

    @property
    def ranges(self) -> tuple[AddressRange, ...]:
        """The device's regions, in the order of its description."""
        at = self.placement.at
        return tuple(
            AddressRange(place.space == "pio", at[place.region.name], place.region.size)
            for place in self.device.placements
        )

    @property
    def interrupts(self) -> tuple[int, ...]:
        """The GSIs of its lines. Lines of an array are left out: the device's own registers choose among them."""
        return tuple(gsi for line, gsi in self.placement.irq.items() if "[" not in line)

    def register(self, use: FadtUse) -> AddressRange | None:
        """The place of the register that the FADT names for ``use``."""
        for entry in self.identity.fadt:
            if entry.use == use:
                space = next(place.space for place in self.device.placements if place.region.name == entry.region)
                start = self.placement.at[entry.region] + entry.offset
                return AddressRange(space == "pio", start, entry.width)
        return None


def acpi_devices(machine: Machine) -> tuple[PlacedDevice, ...]:
    """Return the devices of ``machine`` that have an identity in ACPI tables, in the board's order."""
    return tuple(_identified(machine))


def _identified(machine: Machine) -> Iterator[PlacedDevice]:
    for placement in machine.config.devices:
        device = machine.devices[placement.name]
        if device.ACPI is not None:
            yield PlacedDevice(placement, device, device.ACPI)


def described_by(devices: tuple[PlacedDevice, ...], table: AcpiTable) -> PlacedDevice | None:
    """The first device that ``table`` describes."""
    return next((entry for entry in devices if entry.identity.table == table), None)


def with_register(devices: tuple[PlacedDevice, ...], use: FadtUse) -> PlacedDevice | None:
    """The first device with a register that the FADT names for ``use``."""
    return next((entry for entry in devices if entry.register(use) is not None), None)
