"""A device without its MSI-X capability: QEMU 11.1 aborts when a card that has one is removed."""

from __future__ import annotations

from devgen.hosts.vfio_user.pci_function import PciFunction
from devgen.runtime.base.faults import MachineError
from devgen.runtime.device.device import Device
from devgen.runtime.pci import Msi, MsiX, PciDevice


def without_msix(device: type[Device] | PciFunction) -> type[PciDevice]:
    """The same device, whose configuration space has no MSI-X capability and whose BAR has no table.

    It then interrupts by MSI if the driver enables it, else by INTx#.

    Raises:
        MachineError: the device is no described PCI device, has no MSI-X, or has neither MSI nor INTx# besides.
    """
    if not isinstance(device, type) or not issubclass(device, PciDevice):
        name = device.__name__ if isinstance(device, type) else device.name
        raise MachineError(f"{name}: only a PCI device that has a description can be served without MSI-X")
    others = tuple(capability for capability in device.CAPABILITIES if not isinstance(capability, MsiX))
    if len(others) == len(device.CAPABILITIES):
        raise MachineError(f"{device.NAME} has no MSI-X: serve it as it is")
    if not device.PCI.interrupt_pin and not any(isinstance(capability, Msi) for capability in others):
        raise MachineError(f"{device.NAME} has neither MSI nor INTx#: without MSI-X it could not interrupt")
    return type(device.__name__, (device,), {"CAPABILITIES": others, "__doc__": device.__doc__})
