"""The vfio-user host: serves a PCI device on a UNIX socket, to QEMU 10.1 and newer or another client.

A device is a class of a description, or any object that fulfils `PciFunction`.
"""

from devgen.hosts.vfio_user.pci_function import FunctionHost, PciFunction, ServedFunctionError
from devgen.hosts.vfio_user.server import VfioUserServer

__all__ = ["FunctionHost", "PciFunction", "ServedFunctionError", "VfioUserServer"]
