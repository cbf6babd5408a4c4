"""The vfio-user host: serves one PCI device on a UNIX socket, to QEMU 10.1 and newer or another client.

vfio-user carries the calls of VFIO over a socket: the client reads and writes regions, maps its memory for DMA, and
passes eventfds for interrupts. One thread handles messages, doorbells, timers and signals. The client is untrusted: a
message is checked before it reaches the device, and the server makes no call that the client can block. For example::

    with VfioUserServer(device_class, Path("/tmp/card.sock")) as server:
        server.run()

- ``server``: the loop and the device; ``listening_socket``: the socket, one client at a time.
- ``served_state``: the saved state of the device.
- ``client_session``: one client's messages; ``session_owner``: the server's methods for it; ``protocol``: the
  protocol's commands and structures; ``message_channel``: framing and descriptors.
- ``client_memory``: DMA; ``client_interrupts``: INTx, MSI and MSI-X; ``device_regions``: BARs and configuration space.
- ``cross_thread_calls``: work that other threads ask the server's thread to do.

A device is a class of a description, or any object that fulfils `PciFunction`.
"""

from devgen.hosts.vfio_user.pci_function import FunctionHost, PciFunction, ServedFunctionError
from devgen.hosts.vfio_user.server import VfioUserServer

__all__ = ["FunctionHost", "PciFunction", "ServedFunctionError", "VfioUserServer"]
