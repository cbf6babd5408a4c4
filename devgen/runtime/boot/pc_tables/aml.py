"""Encodes the part of ACPI Machine Language that describes devices: scopes, devices, names and constants.

    >>> name("_UID", integer(0)).hex(" ")
    '08 5f 55 49 44 00'

Source: ACPI specification 6.4, chapter 20.2 (AML grammar) and 19.3.4 (EISA IDs).
"""

from __future__ import annotations

from collections.abc import Iterable

_LENGTHS = ((1, 0x3F), (2, 0xFFF), (3, 0xFFFFF), (4, 0xFFFFFFF))


def integer(value: int) -> bytes:
    """Return the shortest encoding of an integer from 0 to 2^64 - 1."""
    if value < 2:
        return bytes((value,))
    for prefix, size in ((0x0A, 1), (0x0B, 2), (0x0C, 4), (0x0E, 8)):
        if value < 1 << 8 * size:
            return bytes((prefix,)) + value.to_bytes(size, "little")
    raise ValueError(f"{value:#x} has more than 64 bits")


def string(text: str) -> bytes:
    """Return a string of ASCII characters."""
    return b"\x0d" + text.encode("ascii") + b"\0"


def buffer(data: bytes) -> bytes:
    """Return a buffer that holds ``data``."""
    return b"\x11" + _with_length(integer(len(data)) + data)


def package(items: Iterable[bytes]) -> bytes:
    """Return a package of at most 255 encoded items."""
    parts = list(items)
    return b"\x12" + _with_length(bytes((len(parts),)) + b"".join(parts))


def name(path: str, value: bytes) -> bytes:
    """Return ``Name (path, value)``."""
    return b"\x08" + _path(path) + value


def scope(path: str, body: bytes) -> bytes:
    """Return ``Scope (path) {body}``."""
    return b"\x10" + _with_length(_path(path) + body)


def device(path: str, body: bytes) -> bytes:
    """Return ``Device (path) {body}``."""
    return b"\x5b\x82" + _with_length(_path(path) + body)


def hardware_id(text: str) -> bytes:
    """Return a PNP ID (``PNP0501``) as a number, an ACPI ID (``QEMU0001``) as a string."""
    if len(text) != 7:
        return string(text)
    letters = [ord(letter) - 0x40 for letter in text[:3]]
    vendor = letters[0] << 10 | letters[1] << 5 | letters[2]
    return integer(int.from_bytes((vendor << 16 | int(text[3:], 16)).to_bytes(4, "big"), "little"))


def _path(path: str) -> bytes:
    """Return a name string: up to two segments, each padded to four characters."""
    root = b"\\" if path.startswith("\\") else b""
    segments = [segment.ljust(4, "_").encode("ascii") for segment in path.lstrip("\\").split(".")]
    return root + (b"" if len(segments) == 1 else b"\x2e") + b"".join(segments)


def _with_length(body: bytes) -> bytes:
    """Return ``body`` behind its package length, which counts its own bytes."""
    for size, most in _LENGTHS:
        length = size + len(body)
        if length <= most:
            break
    else:
        raise ValueError(f"{len(body)} bytes are too many for one AML package")
    if size == 1:
        return bytes((length,)) + body
    first = (size - 1) << 6 | length & 0xF
    return bytes((first,)) + (length >> 4).to_bytes(size - 1, "little") + body
