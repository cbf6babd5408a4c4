"""A function without its MSI-X capability: QEMU 11.1 aborts when a card that has one is removed."""

from __future__ import annotations

from devgen.runtime.base.faults import DeviceError
from devgen.runtime.pci.message_interrupts import Msi, MsiX
from devgen.runtime.pci.pci_device import PciDevice


def without_msix(device: type[PciDevice]) -> type[PciDevice]:
    """Return the same device, whose configuration space has no MSI-X capability and whose BAR has no table.

    It then interrupts by MSI if the driver enables it, else by INTx#.

    Raises:
        DeviceError: the device has no MSI-X, or neither MSI nor INTx# besides.
    """
    others = tuple(capability for capability in device.CAPABILITIES if not isinstance(capability, MsiX))
    if len(others) == len(device.CAPABILITIES):
        raise DeviceError(f"{device.NAME} has no MSI-X: serve it as it is")
    if not device.PCI.interrupt_pin and not any(isinstance(capability, Msi) for capability in others):
        raise DeviceError(f"{device.NAME} has neither MSI nor INTx#: without MSI-X it could not interrupt")
    return type(device.__name__, (device,), {"CAPABILITIES": others, "__doc__": device.__doc__})
