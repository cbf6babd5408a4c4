"""What tests of faults look at: whether a server still takes clients, and what its process holds."""

from __future__ import annotations

import os
import time
from pathlib import Path

from vfio_client import BAR0, Client

from devgen.hosts.vfio_user import VfioUserServer

ID = 0x444D4131
"""What the dma-engine's first register reads."""


def fds() -> int:
    return len(os.listdir("/proc/self/fd"))


def maps() -> int:
    """Mappings of memory that client and server share. Others are the allocator's, which takes and gives back."""
    return Path("/proc/self/maps").read_bytes().count(b"/memfd:")


def connect(server: VfioUserServer) -> Client:
    """A new client, once the server has let go of the last."""
    return connect_to(server.path)


def connect_to(path: Path) -> Client:
    """As `connect`, for a server at ``path``."""
    for _ in range(2000):
        client = Client(path)
        try:
            if not client.hello().error:
                return client
        except OSError:
            pass
        client.close()
        time.sleep(0.002)
    raise AssertionError("the server takes no client any more")


def alive(server: VfioUserServer) -> None:
    with connect(server) as client:
        assert client.read32(BAR0, 0) == ID
