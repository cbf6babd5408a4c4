"""Chooses the object to serve for a device: the device, the device without MSI-X, or a PCI function around it."""

from __future__ import annotations

from collections.abc import Mapping

from devgen.errors import ArgumentError
from devgen.hosts.vfio_user import PciFunction
from devgen.runtime.base.faults import MachineError
from devgen.runtime.device.device import Device
from devgen.runtime.device.properties import PropertyValue
from devgen.runtime.machine.device_registry import RegistryError
from devgen.runtime.machine.stale_builds import stale_class
from devgen.runtime.pci import CARRIER_ID, PciDevice, carry, without_msix


def served_class(
    device: type[Device] | PciFunction,
    properties: Mapping[str, PropertyValue],
    *,
    as_pci: bool,
    pci_id: tuple[int, int] | None,
    msix: bool,
) -> type[Device] | PciFunction:
    """Return the class, or the object, to serve. See `DeviceServer` for the arguments.

    Raises:
        ArgumentError: ``as_pci`` or ``pci_id`` does not suit the device.
        RuntimeFault: a stale device, one that cannot be inside a PCI function, or one that cannot do without MSI-X.
    """
    fault = stale_class(device) if isinstance(device, type) else None
    if fault is not None:
        raise RegistryError(fault)
    if pci_id is not None and not as_pci:
        raise ArgumentError("pci_id", "is the ID of the function that as_pci puts around a device: it needs as_pci")
    if not (isinstance(device, type) and issubclass(device, Device)):
        if as_pci:
            raise ArgumentError("as_pci", "is for devices that have a description")
        if not msix:
            raise MachineError("only a device that has a description can be served without MSI-X")
    elif issubclass(device, PciDevice):
        if as_pci:
            raise ArgumentError("as_pci", f"{device.NAME} is on PCI already: serve it without")
        if not msix:
            return without_msix(device)
    elif as_pci:
        return carry(device, properties, CARRIER_ID if pci_id is None else pci_id, msix=msix)
    else:
        where = f"{device.NAME} is on bus {device.BUS}; only a PCI device can be served as it is"
        raise ArgumentError("as_pci", f"is needed: {where}")
    return device
