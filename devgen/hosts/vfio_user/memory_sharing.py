"""Whether memory that a client hands out is the memory that it uses.

A client that maps a file privately (QEMU's ``share=off``) writes into copies of its own from then on: who maps the
file sees none of it, and nothing on the socket tells. But its process may be looked at, where that is allowed.
"""

from __future__ import annotations

import os
import socket
import struct
from typing import Final

Identity = tuple[int, int]
"""Device and inode of a file."""

_CREDENTIALS: Final = struct.Struct("=iII")

MOST: Final = 64
"""Files looked at for one client: its processor waits meanwhile."""

LONGEST: Final = 1 << 22
"""Bytes read of a list of mappings: some tens of thousands of them."""


class Sharing:
    """Tells of files that the process at the other end of ``connection`` has mapped, each looked at once."""

    def __init__(self, connection: socket.socket) -> None:
        self._process = _peer(connection)
        self._private: dict[Identity, bool] = {}

    def private(self, fd: int) -> bool:
        """Whether the process has mappings of this file, and only private ones; False where nobody can tell."""
        if not self._process:
            return False
        status = os.fstat(fd)
        identity = status.st_dev, status.st_ino
        if identity not in self._private and len(self._private) < MOST:
            self._private[identity] = _only_private(self._process, identity)
        return self._private.get(identity, False)


def _peer(connection: socket.socket) -> int:
    """The process that has connected; 0 if it is none that can be seen from here."""
    try:
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    except OSError:
        return 0
    process, _, _ = _CREDENTIALS.unpack(credentials)
    return int(process)


def _only_private(process: int, identity: Identity) -> bool:
    device, inode = identity
    place = f"{os.major(device):02x}:{os.minor(device):02x} {inode} ".encode()
    try:
        with open(f"/proc/{process}/maps", "rb") as file:
            mappings = file.read(LONGEST)
    except OSError:  # another user's process, or one that has gone
        return False
    modes = {line.split(b" ", 2)[1][3:4] for line in mappings.splitlines() if place in line + b" "}
    return modes == {b"p"}
