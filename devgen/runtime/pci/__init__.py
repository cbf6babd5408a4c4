"""PCI: configuration space, devices, bus 0 and its host bridge.

A ``PciDevice`` is a ``Device`` with a configuration space. Its regions are in BARs; when a guest writes a BAR or the
command register, the regions move, and the host updates its memory slots and doorbells. Sources: PCI Local Bus
Specification 3.0, PCI Express Base Specification 4.0.

- ``config_space``: the registers of configuration space, with write masks. ``pci_device``: a function and its BARs.
- ``pci_bus`` and ``host_bridge``: slots and the configuration ports. ``ecam``: configuration space in memory space.
- ``carried_device``: a device of another bus inside a PCI function.
- ``message_interrupts``: MSI and MSI-X. ``msix_removal``: a function without MSI-X.
- ``power_management``, ``pci_express``, ``vendor_capability``: capabilities.

For example, configuration mechanism 1 reads the vendor and device ID of slot 3::

    machine.io.write(0xCF8, 0x80001800, 4)
    machine.io.read(0xCFC, 4)
"""

from devgen.runtime.pci.carried_device import CARRIER_ID, CarriedDevice, carry
from devgen.runtime.pci.config_space import Bar, PciConfig, PciIdentity
from devgen.runtime.pci.ecam import ecam_window
from devgen.runtime.pci.host_bridge import EcamHostBridge, PciHostBridge
from devgen.runtime.pci.message_interrupts import Msi, MsiX
from devgen.runtime.pci.msix_removal import without_msix
from devgen.runtime.pci.pci_bus import PciBus
from devgen.runtime.pci.pci_device import PciDevice
from devgen.runtime.pci.pci_express import Express, SerialNumber, VendorExtended
from devgen.runtime.pci.power_management import PowerManagement
from devgen.runtime.pci.vendor_capability import VendorSpecific

__all__ = [
    "CARRIER_ID",
    "Bar",
    "CarriedDevice",
    "EcamHostBridge",
    "Express",
    "Msi",
    "MsiX",
    "PciBus",
    "PciConfig",
    "PciDevice",
    "PciHostBridge",
    "PciIdentity",
    "PowerManagement",
    "SerialNumber",
    "VendorExtended",
    "VendorSpecific",
    "carry",
    "ecam_window",
    "without_msix",
]
