"""The PCI Express capability of an endpoint, and the extended capabilities.

Software can read and write error bits, link and payload settings, but they have no further effect because no link is
modelled. A function-level reset (FLR) resets the function.

Source: PCI Express Base Specification 3.1, sections 6.6.2 (FLR), 7.8 (capability), 7.12 (serial number), 7.19 (VSEC).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from devgen.runtime.base.faults import DeviceError
from devgen.runtime.pci.config_space import PciConfig

EXPRESS_ID: Final = 0x10
SIZE: Final = 0x3C
SERIAL_NUMBER_ID: Final = 0x0003
VENDOR_EXTENDED_ID: Final = 0x000B
EXTENDED_HEADER: Final = 8
"""Bytes of a vendor-specific extended capability before the vendor's contents."""

ExpressType = Literal["endpoint", "legacy", "integrated"]
TYPES: Final[dict[ExpressType, int]] = {"endpoint": 0, "legacy": 1, "integrated": 9}
SPEEDS: Final = (2.5, 5, 8, 16, 32, 64)
"""Link speeds in GT/s; the register's code of the first is 1."""
WIDTHS: Final = (1, 2, 4, 8, 12, 16, 32)
PAYLOADS: Final = (128, 256, 512, 1024, 2048, 4096)

_VERSION = 2
_ABOUT, _DEVICE, _DEVICE_CONTROL, _DEVICE_STATUS = 0x02, 0x04, 0x08, 0x0A
_LINK, _LINK_CONTROL, _LINK_STATUS = 0x0C, 0x10, 0x12
_DEVICE_2, _DEVICE_CONTROL_2, _LINK_2, _LINK_CONTROL_2 = 0x24, 0x28, 0x2C, 0x30

_ROLE_BASED_ERRORS = 1 << 15
_FLR_CAPABLE = 1 << 28
_FLR = 1 << 15
_PAYLOAD = 0x00E0
_CONTROL_WRITABLE = 0x781F  # error reporting, relaxed ordering, no snoop, read request size
_CONTROL_DEFAULT = 0x2810  # relaxed ordering, no snoop, read requests of 512 bytes
_STATUS_CLEARED = 0x000F
_ASPM_OPTIONAL = 1 << 22
_LINK_CONTROL_WRITABLE = 0x00CB  # ASPM, read completion boundary, common clock, extended synch
_SLOT_CLOCK = 1 << 12
_TIMEOUT_DISABLE = 1 << 4
_TARGET_SPEED = 0x000F


@dataclass(slots=True, frozen=True)
class Express:
    """A PCI Express capability, version 2. ``speed`` in GT/s, ``max_payload`` in bytes.

    ``legacy`` is a legacy endpoint; ``integrated`` is a root complex integrated endpoint, which has no link.
    """

    type: ExpressType = "endpoint"
    max_payload: int = 128
    speed: float = 2.5
    width: int = 1
    flr: bool = False
    at: int | None = None


@dataclass(slots=True, frozen=True)
class SerialNumber:
    """A device serial number capability; ``number`` is a 64-bit EUI-64."""

    number: int = 0
    at: int | None = None


@dataclass(slots=True, frozen=True)
class VendorExtended:
    """A vendor-specific extended capability of ``size`` bytes with its header; zeros follow the ``contents``."""

    name: str
    id: int
    revision: int
    contents: bytes
    size: int
    at: int | None = None


Extended = SerialNumber | VendorExtended


class ExpressControl:
    """The behaviour of an `Express` capability. ``reset()`` is called when the guest initiates an FLR.

    Raises DeviceError for a payload, speed or width that the registers cannot express.
    """

    def __init__(self, config: PciConfig, capability: Express, reset: Callable[[], None]) -> None:
        if capability.max_payload not in PAYLOADS or capability.speed not in SPEEDS or capability.width not in WIDTHS:
            raise DeviceError(
                f"PCI Express has no payload of {capability.max_payload} bytes, speed of {capability.speed} GT/s "
                f"or width of x{capability.width}"
            )
        self._config = config
        self._flr = capability.flr
        self._reset = reset
        image, writable = _Image(), _Image()
        image.put(_ABOUT, _VERSION | TYPES[capability.type] << 4, 2)
        payload = PAYLOADS.index(capability.max_payload)
        image.put(_DEVICE, payload | _ROLE_BASED_ERRORS | (_FLR_CAPABLE if capability.flr else 0), 4)
        image.put(_DEVICE_CONTROL, _CONTROL_DEFAULT, 2)
        image.put(_DEVICE_2, _TIMEOUT_DISABLE, 4)
        settable = _PAYLOAD if payload else 0
        writable.put(_DEVICE_CONTROL, _CONTROL_WRITABLE | settable | (_FLR if capability.flr else 0), 2)
        writable.put(_DEVICE_CONTROL_2, _TIMEOUT_DISABLE, 2)
        if capability.type != "integrated":
            _describe_link(capability, image, writable)
        self.offset = config.add_capability(EXPRESS_ID, image.body(), writable.body(), at=capability.at)
        config.clear(self.offset + _DEVICE_STATUS, _STATUS_CLEARED, 2)
        config.keep(self.offset + _DEVICE_CONTROL, settable, 2)
        config.keep(self.offset + _LINK_CONTROL, writable.get(_LINK_CONTROL, 2), 2)
        config.keep(self.offset + _LINK_CONTROL_2, writable.get(_LINK_CONTROL_2, 2), 2)
        config.watch(self.offset + _DEVICE_CONTROL, 2, self._written)

    def _written(self) -> None:
        where = self.offset + _DEVICE_CONTROL
        control = self._config.get(where, 2)
        if control & _FLR:
            self._config.put(where, control & ~_FLR, 2)  # the bit always reads as 0
            self._reset()


def _describe_link(capability: Express, image: _Image, writable: _Image) -> None:
    speed = SPEEDS.index(capability.speed) + 1
    image.put(_LINK, speed | capability.width << 4 | _ASPM_OPTIONAL, 4)
    image.put(_LINK_STATUS, speed | capability.width << 4 | _SLOT_CLOCK, 2)
    image.put(_LINK_2, sum(1 << code for code in range(1, speed + 1)), 4)
    image.put(_LINK_CONTROL_2, speed, 2)
    writable.put(_LINK_CONTROL, _LINK_CONTROL_WRITABLE, 2)
    writable.put(_LINK_CONTROL_2, _TARGET_SPEED, 2)


class _Image:
    """The capability's bytes, or their write masks, at the offsets of the specification."""

    def __init__(self) -> None:
        self._bytes = bytearray(SIZE)

    def put(self, offset: int, value: int, size: int) -> None:
        self._bytes[offset : offset + size] = value.to_bytes(size, "little")

    def get(self, offset: int, size: int) -> int:
        return int.from_bytes(self._bytes[offset : offset + size], "little")

    def body(self) -> bytes:
        """Return the bytes after the ID and the next pointer."""
        return bytes(self._bytes[2:])


def add_extended(config: PciConfig, capability: Extended) -> int:
    """Append an extended capability to its list; return its offset. Raises DeviceError if it does not fit."""
    if isinstance(capability, SerialNumber):
        return config.add_extended(SERIAL_NUMBER_ID, 1, capability.number.to_bytes(8, "little"), capability.at)
    if not EXTENDED_HEADER + len(capability.contents) <= capability.size < 1 << 12:
        raise DeviceError(
            f"vendor-specific capability '{capability.name}': its contents do not fit {capability.size} bytes"
        )
    header = capability.id | capability.revision << 16 | capability.size << 20
    body = header.to_bytes(4, "little") + capability.contents
    return config.add_extended(VENDOR_EXTENDED_ID, 1, body.ljust(capability.size - 4, b"\0"), capability.at)
