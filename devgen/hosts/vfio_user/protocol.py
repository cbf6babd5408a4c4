"""Numbers and layouts of vfio-user 0.1.

Source: docs/interop/vfio-user.rst in QEMU, and linux/vfio.h for the constants that it borrows.

All values are in the host's byte order; offsets count from the end of the message header.
"""

from __future__ import annotations

import errno
import json
from collections.abc import Mapping
from enum import IntEnum, IntFlag
from struct import Struct
from typing import Final

HEADER: Final = Struct("=HHIII")
"""Message ID, command, size of the whole message, flags, error."""

TYPE_MASK: Final = 0xF
COMMAND: Final = 0x0
REPLY: Final = 0x1
NO_REPLY: Final = 0x10
ERROR: Final = 0x20

MAX_FDS: Final = 16
"""Descriptors that the server accepts in one message."""

MAX_TRANSFER: Final = 1 << 20
"""Bytes of data in one message: the protocol's default."""

MAX_MESSAGE: Final = HEADER.size + 64 + MAX_TRANSFER
MAX_MAPS: Final = 65535
PAGE: Final = 4096


class Command(IntEnum):
    """The command of a message."""

    VERSION = 1
    DMA_MAP = 2
    DMA_UNMAP = 3
    DEVICE_GET_INFO = 4
    DEVICE_GET_REGION_INFO = 5
    DEVICE_GET_REGION_IO_FDS = 6
    DEVICE_GET_IRQ_INFO = 7
    DEVICE_SET_IRQS = 8
    REGION_READ = 9
    REGION_WRITE = 10
    DMA_READ = 11
    DMA_WRITE = 12
    DEVICE_RESET = 13
    REGION_WRITE_MULTI = 15
    DEVICE_FEATURE = 16


VERSION: Final = Struct("=HH")
DMA_MAP: Final = Struct("=IIQQQ")
"""argsz, flags, file offset, address, size."""
DMA_UNMAP: Final = Struct("=IIQQ")
DEVICE_INFO: Final = Struct("=IIII")
"""argsz, flags, regions, interrupt types."""
REGION_INFO: Final = Struct("=IIIIQQ")
"""argsz, flags, index, capability offset, size, file offset."""
IRQ_INFO: Final = Struct("=IIII")
IRQ_SET: Final = Struct("=IIIII")
"""argsz, flags, index, start, count."""
REGION_ACCESS: Final = Struct("=QII")
"""Offset, region, bytes."""
DMA_ACCESS: Final = Struct("=QQ")
IO_FDS: Final = Struct("=IIII")
IO_FD: Final = Struct("=QQIIIIQ")
"""Offset, size, index of the descriptor, type, flags, padding, value to match."""
SPARSE: Final = Struct("=HHIII")
"""Capability id, version, next, number of areas, reserved; then (offset, size) of each area."""
AREA: Final = Struct("=QQ")
MULTI_COUNT: Final = Struct("=Q")
MULTI_WRITE: Final = Struct("=QII8s")
MULTI_ENTRY: Final = Struct("=16sQ")
"""The same entry: the bytes of a REGION_ACCESS, and the data as a little-endian number."""

SPARSE_ID: Final = 1
IOEVENTFD: Final = 0
IOEVENTFD_DATAMATCH: Final = 1 << 0
IOEVENTFD_PIO: Final = 1 << 1

FEATURE: Final = Struct("=II")
"""argsz, flags: the feature's number and the operation (get, set, probe)."""

DEVICE_RESETS: Final = 1 << 0
DEVICE_PCI: Final = 1 << 1
REGIONS: Final = 9
"""BARs 0 to 5, the ROM, configuration space, VGA."""
REGION_ROM: Final = 6
REGION_CONFIG: Final = 7


class RegionFlag(IntFlag):
    """Attributes of a region."""

    READ = 1
    WRITE = 2
    MMAP = 4
    CAPS = 8


class DmaFlag(IntFlag):
    """The accesses that the client allows to mapped memory."""

    READ = 1
    WRITE = 2


class Irq(IntEnum):
    """Interrupt types of a PCI device."""

    INTX = 0
    MSI = 1
    MSIX = 2
    ERR = 3
    REQ = 4


class IrqFlag(IntFlag):
    """Attributes of an interrupt type."""

    EVENTFD = 1
    MASKABLE = 2
    AUTOMASKED = 4
    NORESIZE = 8


class SetFlag(IntFlag):
    """Flags of SET_IRQS: the type of its data (one of the first three) and the action (one of the last three)."""

    NONE = 1
    BOOL = 2
    EVENTFD = 4
    MASK = 8
    UNMASK = 16
    TRIGGER = 32


class Refused(Exception):
    """A message that gets an error reply; ``number`` is an errno."""

    def __init__(self, number: int, why: str) -> None:
        super().__init__(why)
        self.number = number


class Disconnect(Exception):
    """The connection ends: the client has closed it, or sends bytes that are not vfio-user."""


def invalid(why: str) -> Refused:
    """Return an EINVAL refusal with a reason for the log."""
    return Refused(errno.EINVAL, why)


def unpack(layout: Struct, payload: bytes, what: str) -> tuple[int, ...]:
    """Unpack the fixed part of a payload. Raises Refused when the payload is shorter."""
    if len(payload) < layout.size:
        raise invalid(f"{what} of {len(payload)} bytes; it has at least {layout.size}")
    return layout.unpack_from(payload)


def parse_version(payload: bytes) -> dict[str, int | bool]:
    """Return the known capabilities that a client offers. Raises Refused for another version."""
    major, _ = unpack(VERSION, payload, "VERSION")
    if major != 0:
        raise Refused(errno.EPROTONOSUPPORT, f"version {major}; this is 0.1")
    text = payload[VERSION.size :].rstrip(b"\0")
    if not text:
        return {}
    try:
        offered = json.loads(text)
    except (ValueError, RecursionError):
        raise invalid("the version data is not JSON") from None
    capabilities = offered.get("capabilities", {}) if isinstance(offered, dict) else None
    if not isinstance(capabilities, dict):
        raise invalid("the version data is no object with capabilities")
    return _known(capabilities)


def _known(capabilities: Mapping[str, object]) -> dict[str, int | bool]:
    found: dict[str, int | bool] = {}
    for name in ("max_msg_fds", "max_data_xfer_size"):
        value = capabilities.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            found[name] = value
    if capabilities.get("write_multiple") is True:
        found["write_multiple"] = True
    return found


def version_reply(minor: int, offered: Mapping[str, int | bool], room: int) -> bytes:
    """The server's version and the capabilities that both sides have, in at most ``room`` bytes of payload.

    The client's buffer may be only as long as the message that it sent; a capability that does not fit is left out.
    """
    ours: dict[str, int | bool] = {}
    for name, limit in (("write_multiple", True), ("max_msg_fds", MAX_FDS), ("max_data_xfer_size", MAX_TRANSFER)):
        if name in offered:
            ours[name] = limit
    fixed = VERSION.pack(0, min(minor, 1))
    while ours:
        data = json.dumps({"capabilities": ours}, separators=(",", ":")).encode() + b"\0"
        if len(fixed) + len(data) <= room:
            return fixed + data
        ours.popitem()
    return fixed
