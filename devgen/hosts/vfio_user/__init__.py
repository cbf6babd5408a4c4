"""The vfio-user host: serves a PCI device on a UNIX socket, to QEMU 10.1 and newer or another client."""

from devgen.hosts.vfio_user.server import VfioUserServer

__all__ = ["VfioUserServer"]
