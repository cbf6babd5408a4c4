"""Memory contents in a snapshot: zlib-compressed and base64-encoded; unpacking is bounded by the known size."""

from __future__ import annotations

import binascii
import zlib
from base64 import b64decode, b64encode

from devgen.runtime.base.faults import StateError
from devgen.runtime.base.plain_state import Json


def pack(contents: memoryview | bytes | bytearray) -> str:
    """Encode ``contents`` as text."""
    return b64encode(zlib.compress(contents, 1)).decode("ascii")


def unpack(data: Json, size: int, what: str) -> bytes:
    """Decode the text of ``pack`` to ``size`` bytes; never allocates more than ``size`` + 1 bytes.

    Raises StateError naming ``what`` for any other data.
    """
    if not isinstance(data, str):
        raise StateError(f"{what} must be a text")
    decompressor = zlib.decompressobj()
    try:
        contents = decompressor.decompress(b64decode(data, validate=True), size + 1)
    except (binascii.Error, ValueError, zlib.error) as error:
        raise StateError(f"{what} cannot be unpacked: {error}") from None
    if len(contents) != size or not decompressor.eof:
        raise StateError(f"{what} must unpack to {size} bytes")
    return contents
