"""A device without its MSI-X capability: QEMU 11.1 aborts when a card that has one is removed."""

from __future__ import annotations

from devgen.hosts.vfio_user.pci_function import PciFunction
from devgen.runtime.base.faults import MachineError
from devgen.runtime.device.device import Device
from devgen.runtime.pci import Msi, MsiX, PciDevice


def without_msix(device: type[Device] | PciFunction) -> type[PciDevice]:
    """The same device, whose configuration space has no MSI-X capability and whose BAR has no table.

    It interrupts by MSI or INTx# then, whichever the driver turns on.

    Raises:
        MachineError: it is no described PCI device, has no MSI-X, or has neither MSI nor INTx# beside it.
    """
    if not isinstance(device, type) or not issubclass(device, PciDevice):
        name = device.__name__ if isinstance(device, type) else device.name
        raise MachineError(f"{name}: only a PCI device made of a description can be served without MSI-X")
    others = tuple(one for one in device.CAPABILITIES if not isinstance(one, MsiX))
    if len(others) == len(device.CAPABILITIES):
        raise MachineError(f"{device.NAME} has no MSI-X: serve it as it is")
    if not device.PCI.interrupt_pin and not any(isinstance(one, Msi) for one in others):
        raise MachineError(f"{device.NAME} has neither MSI nor INTx#: without MSI-X it could not interrupt")
    return type(device.__name__, (device,), {"CAPABILITIES": others, "__doc__": device.__doc__})
