"""Encodes resource descriptors: the addresses and interrupts of a device, and the windows of a bus.

Source: ACPI specification 6.4, chapters 6.4.2 (small descriptors) and 6.4.3 (large descriptors).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Final

from devgen.runtime.boot.pc_tables import aml

_MEMORY, _IO, _BUS = 0, 1, 2
_FIXED: Final = 0x0C  # the ends of a window are fixed; the device produces it for its children
_READ_WRITE: Final = 0x01
_ENTIRE_RANGE: Final = 0x03
_LEGACY_LINES = 16


def template(descriptors: Iterable[bytes]) -> bytes:
    """Return a resource template: a buffer of descriptors with its end tag (without checksum)."""
    return aml.buffer(b"".join(descriptors) + b"\x79\x00")


def ports(start: int, size: int) -> bytes:
    """Return ``size`` I/O ports from ``start``."""
    if size > 0xFF:
        return _window(0x88, "<5H", _IO, _FIXED | 1, _ENTIRE_RANGE, start, size)
    return struct.pack("<BBHHBB", 0x47, 1, start, start, 1, size)


def memory(start: int, size: int) -> bytes:
    """Return ``size`` bytes of memory at ``start``."""
    if start + size > 1 << 32:
        return _window(0x8A, "<5Q", _MEMORY, _FIXED | 1, _READ_WRITE, start, size)
    return struct.pack("<BHBII", 0x86, 9, 1, start, size)


def interrupt(gsi: int) -> bytes:
    """Return an interrupt: of the ISA (edge, active high) below 16, else level-triggered and active high."""
    if gsi < _LEGACY_LINES:
        return struct.pack("<BH", 0x22, 1 << gsi)
    return struct.pack("<BHBBI", 0x89, 6, 1, 1, gsi)


def bus_numbers(first: int, last: int) -> bytes:
    """Return the range of bus numbers behind a bridge."""
    return _window(0x88, "<5H", _BUS, _FIXED, 0, first, last - first + 1)


def port_window(start: int, size: int) -> bytes:
    """Return ports that a bridge passes to its bus."""
    return _window(0x88, "<5H", _IO, _FIXED, _ENTIRE_RANGE, start, size)


def memory_window(start: int, size: int) -> bytes:
    """Return memory that a bridge passes to its bus; of 64 bits if it ends above 4 GiB."""
    if start + size > 1 << 32:
        return _window(0x8A, "<5Q", _MEMORY, _FIXED, _READ_WRITE, start, size)
    return _window(0x87, "<5I", _MEMORY, _FIXED, _READ_WRITE, start, size)


def _window(tag: int, form: str, kind: int, flags: int, specific: int, start: int, size: int) -> bytes:
    """Return an address space descriptor: granularity 0, minimum, maximum, translation 0, length."""
    numbers = struct.pack(form, 0, start, start + size - 1, 0, size)
    return struct.pack("<BHBBB", tag, 3 + len(numbers), kind, flags, specific) + numbers
