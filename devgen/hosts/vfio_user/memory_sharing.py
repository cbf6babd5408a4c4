"""Find out whether a client maps its memory file privately, so that the server cannot see the client's writes.

A client that maps a file privately (QEMU's ``share=off``) writes to private copies of its pages. A mapping of the file
in another process does not see these writes, and the protocol does not report it. The server reads the list of
mappings of the client's process, where the host allows it.
"""

from __future__ import annotations

import os
import socket
import struct
import threading
from typing import Final

Identity = tuple[int, int]
"""Device and inode of a file."""

_CREDENTIALS: Final = struct.Struct("=iII")

MOST: Final = 64
"""Files checked for one client: its vCPU waits during the check."""

LONGEST: Final = 1 << 22
"""Bytes read of a list of mappings: some tens of thousands of them."""


PATIENCE: Final = 0.5
"""Seconds that reading a list of mappings may take."""


class MapsReader:
    """Reads the mappings of processes, each in a thread that is abandoned when it takes too long.

    The kernel locks the process's memory map for that, and a process can keep it locked: for example, one of its
    threads waits for a page of a FUSE mount. While an abandoned thread runs, nothing is read.
    """

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None

    def read(self, process: int) -> bytes:
        """Return /proc/PID/maps, at most `LONGEST` bytes; empty if it cannot be read."""
        if self._thread is not None and self._thread.is_alive():
            return b""
        found: list[bytes] = []
        self._thread = threading.Thread(target=_read_maps, args=(process, found), name="devgen-maps", daemon=True)
        self._thread.start()
        self._thread.join(PATIENCE)
        return found[0] if found else b""


def _read_maps(process: int, found: list[bytes]) -> None:
    try:
        with open(f"/proc/{process}/maps", "rb") as file:
            found.append(file.read(LONGEST))
    except OSError:  # another user's process, or one that has ended
        return


class Sharing:
    """Finds out how the process at the other end of ``connection`` maps its files; checks each file once."""

    def __init__(self, connection: socket.socket, maps: MapsReader) -> None:
        self._process = _peer(connection)
        self._maps = maps
        self._private: dict[Identity, bool] = {}

    def private(self, fd: int) -> bool:
        """Whether the process has mappings of this shared memory, and only private ones; False if unknown."""
        if not self._process:
            return False
        status = os.fstat(fd)
        identity = status.st_dev, status.st_ino
        if identity not in self._private and len(self._private) < MOST:
            self._private[identity] = _only_private(self._maps.read(self._process), identity)
        return self._private.get(identity, False)


def _peer(connection: socket.socket) -> int:
    """The PID of the process that has connected; 0 if it is in a PID namespace that is not visible here."""
    try:
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    except OSError:
        return 0
    process, _, _ = _CREDENTIALS.unpack(credentials)
    return int(process)


def _only_private(mappings: bytes, identity: Identity) -> bool:
    device, inode = identity
    place = f"{os.major(device):02x}:{os.minor(device):02x} {inode} ".encode()
    modes = {line.split(b" ", 2)[1][3:4] for line in mappings.splitlines() if place in line + b" "}
    return modes == {b"p"}
