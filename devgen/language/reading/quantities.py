"""Quantities in the notation of datasheets: ``4 KiB``, ``1 s``, ``24 MHz``, ``1..4``, ``7:0``."""

from __future__ import annotations

import re
from collections.abc import Mapping

from devgen.common.units import SIZE_UNITS

NANOSECONDS = 1_000_000_000

_NUMBER = r"(0x[0-9a-fA-F_]+|0b[01_]+|0o[0-7_]+|0|[1-9][0-9_]*)"
_QUANTITY = re.compile(_NUMBER + r" ?([A-Za-z]+)")
_RANGE = re.compile("(-?)" + _NUMBER + r"\.\.(-?)" + _NUMBER)
_LONGEST = 100


def size(value: int | str) -> int | None:
    """Return a size in bytes, or None for text that is not a size."""
    return value if isinstance(value, int) else quantity(value, SIZE_UNITS)


def quantity(text: str, units: Mapping[str, int]) -> int | None:
    """Return a number with one of ``units``, converted to the base unit, or None for other text."""
    match = _QUANTITY.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None or match[2] not in units:
        return None
    number = _integer(match[1])
    return None if number is None else number * units[match[2]]


def value_range(text: str) -> tuple[int, int] | None:
    """Return the bounds of ``lo..hi`` as written, or None for other text."""
    match = _RANGE.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None:
        return None
    low, high = _integer(match[2]), _integer(match[4])
    if low is None or high is None:
        return None
    return (-low if match[1] else low), (-high if match[3] else high)


def bits(value: int | str) -> tuple[int, int]:
    """Return (most, least significant bit) of ``7:0`` or a single bit number that has the form the schema asks for."""
    if isinstance(value, int):
        return value, value
    msb, lsb = value.split(":")
    return int(msb), int(lsb)


def access_sizes(text: str) -> tuple[int, int]:
    """Return smallest and largest size in bytes of ``1..4``, which has the form that the schema asks for."""
    low, high = text.split("..")
    return int(low), int(high)


def _integer(text: str) -> int | None:
    try:
        return int(text.replace("_", ""), 0)
    except ValueError:
        return None
