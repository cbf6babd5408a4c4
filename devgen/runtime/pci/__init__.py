"""PCI: configuration space, devices, bus 0 and its host bridge."""

from devgen.runtime.pci.config_space import Bar, PciConfig, PciIdentity
from devgen.runtime.pci.ecam import ecam_window
from devgen.runtime.pci.host_bridge import PciHostBridge
from devgen.runtime.pci.message_interrupts import Msi, MsiX
from devgen.runtime.pci.pci_bus import PciBus
from devgen.runtime.pci.pci_device import PciDevice
from devgen.runtime.pci.pci_express import Express, SerialNumber, VendorExtended
from devgen.runtime.pci.power_management import PowerManagement
from devgen.runtime.pci.vendor_capability import VendorSpecific

__all__ = [
    "Bar",
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
    "ecam_window",
]
