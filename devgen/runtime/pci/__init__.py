"""PCI: configuration space, devices, bus 0 and its host bridge."""

from devgen.runtime.pci.bus import PciBus
from devgen.runtime.pci.config import Bar, PciConfig, PciIdentity
from devgen.runtime.pci.device import PciDevice
from devgen.runtime.pci.ecam import ecam_window
from devgen.runtime.pci.express import Express, SerialNumber, VendorExtended
from devgen.runtime.pci.host_bridge import PciHostBridge
from devgen.runtime.pci.messages import Msi, MsiX
from devgen.runtime.pci.power import PowerManagement
from devgen.runtime.pci.vendor import VendorSpecific

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
