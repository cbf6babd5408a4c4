"""Other notations for numbers, sizes, times, bits, ranges and booleans, with what devgen writes for them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from devgen.common.units import FREQUENCY_UNITS, SIZE_UNITS, TIME_UNITS

_LONGEST = 60

_TRUE: Final = frozenset(("yes", "on", "true", "y", "1", "enable", "enabled"))
_FALSE: Final = frozenset(("no", "off", "false", "n", "0", "disable", "disabled"))

_C_SUFFIX: Final = "(?:u|l|ul|lu|ll|ull|llu)?"
_NUMBERS: Final[tuple[tuple[re.Pattern[str], int], ...]] = tuple(
    (re.compile(pattern, re.IGNORECASE), base)
    for pattern, base in (
        (rf"0x_?([0-9a-f_]+){_C_SUFFIX}", 16),
        (r"(?=[a-f]*[0-9])([0-9a-f][0-9a-f_]*)h", 16),
        (r"(?:&h|\$|#|#x|16#)([0-9a-f_]+)#?", 16),
        (r"[0-9]*'s?h([0-9a-f_]+)", 16),
        (r"[0-9]*'s?d([0-9_]+)", 10),
        (r"[0-9]*'s?b([01_]+)", 2),
        (r"[0-9]*'s?o([0-7_]+)", 8),
        (rf"0b_?([01_]+){_C_SUFFIX}", 2),
        (r"([01][01_]*)b", 2),
        (rf"([1-9][0-9_]*|0){_C_SUFFIX}", 10),
        (r"([1-9][0-9]{0,2}(?:,[0-9]{3})+)", 10),
        (r"([0-9]+)\.0*", 10),
        (r"[0-9]*x(['\"])(?P<digits>[0-9a-f_]+)\1", 16),
    )
)
"""Notations of C, assemblers, Verilog, VHDL and BASIC, with the base of the digits."""

_BITS: Final = re.compile(r"[\[(<]? *([0-9]{1,3}) *(?::|-|\.\.|,|to|downto) *([0-9]{1,3}) *[\])>]?", re.IGNORECASE)
_BIT: Final = re.compile(r"(?:bit *)?[\[(<]? *([0-9]{1,3}) *[\])>]?", re.IGNORECASE)
_RANGE: Final = re.compile(
    r"[\[(<]? *(-?[0-9a-fx_]+) *(?:\.{2,3}=?|-|–|:|,|~|to|and) *(-?[0-9a-fx_]+) *[\])>]?", re.IGNORECASE
)
_QUANTITY: Final = re.compile(r"([0-9][0-9a-fx_]*) *([A-Za-zµ]+)\.?")

_UNIT_WORDS: Final[dict[str, str]] = {
    "b": "B", "byte": "B", "bytes": "B",
    "k": "KiB", "kb": "KiB", "kib": "KiB", "ki": "KiB", "kbyte": "KiB", "kbytes": "KiB", "kilobytes": "KiB",
    "m": "MiB", "mb": "MiB", "mib": "MiB", "mi": "MiB", "mbyte": "MiB", "mbytes": "MiB", "megabytes": "MiB",
    "g": "GiB", "gb": "GiB", "gib": "GiB", "gi": "GiB", "gbyte": "GiB", "gigabytes": "GiB",
    "t": "TiB", "tb": "TiB", "tib": "TiB",
    "nsec": "ns", "nanosecond": "ns", "nanoseconds": "ns", "ns": "ns",
    "usec": "us", "µs": "us", "us": "us", "microsecond": "us", "microseconds": "us",
    "msec": "ms", "ms": "ms", "millisecond": "ms", "milliseconds": "ms",
    "sec": "s", "secs": "s", "second": "s", "seconds": "s", "s": "s",
    "hz": "Hz", "hertz": "Hz", "khz": "kHz", "mhz": "MHz", "ghz": "GHz",
}  # fmt: skip
"""A unit's spelling in small letters, and devgen's; sizes are powers of two, as datasheets mean them."""


def as_boolean(text: str) -> str | None:
    """Return ``true`` or ``false`` for ``yes``, ``On``, ``FALSE``, …, or None for another text."""
    word = text.casefold()
    return "true" if word in _TRUE else "false" if word in _FALSE else None


def as_number(text: str) -> str | None:
    """Return a number in devgen's notation for ``10h``, ``0X1C``, ``32'h10``, ``0x10UL``, …, or None."""
    if len(text) > _LONGEST:
        return None
    for pattern, base in _NUMBERS:
        match = pattern.fullmatch(text.strip())
        found = match.groupdict().get("digits", match[1]) if match else ""
        digits = found.replace("_", "").replace(",", "")
        if digits:
            number = int(digits, base)
            return f"{number:#x}" if base == 16 else f"{number:#b}" if base == 2 else str(number)
    return None


def as_bits(text: str) -> str | None:
    """Return ``3:0`` for ``[3:0]``, ``3-0``, ``0:3``, …, or None."""
    pair = _BITS.fullmatch(text.strip()) if len(text) <= _LONGEST else None
    if pair is not None:
        low, high = sorted((int(pair[1]), int(pair[2])))
        return f"{high}:{low}"
    single = _BIT.fullmatch(text.strip()) if len(text) <= _LONGEST else None
    return str(int(single[1])) if single else None


def as_range(text: str) -> str | None:
    """Return ``1..4`` for ``1-4``, ``[1, 4]``, ``1 to 4``, …, or None."""
    match = _RANGE.fullmatch(text.strip()) if len(text) <= _LONGEST else None
    return f"{match[1]}..{match[2]}" if match else None


def as_size(text: str) -> str | None:
    """Return ``4 KiB`` for ``4K``, ``4kB``, …, or None."""
    return _quantity(text, SIZE_UNITS) or as_number(text)


def as_time(text: str) -> str | None:
    """Return ``10 ms`` for ``10msec``, …, or None."""
    return _quantity(text, TIME_UNITS)


def as_frequency(text: str) -> str | None:
    """Return ``24 MHz`` for ``24Mhz``, …, or None."""
    return _quantity(text, FREQUENCY_UNITS)


def _quantity(text: str, units: dict[str, int]) -> str | None:
    match = _QUANTITY.fullmatch(text.strip()) if len(text) <= _LONGEST else None
    unit = _UNIT_WORDS.get(match[2].casefold()) if match else None
    return f"{match[1]} {unit}" if match and unit in units else None


BY_TITLE: Final[dict[str, Callable[[str], str | None]]] = {
    "size": as_size,
    "bits": as_bits,
    "field": as_bits,
    "range": as_range,
    "access sizes": as_range,
    "duration": as_time,
    "frequency": as_frequency,
    "address": as_number,
    "number": as_number,
}
"""The title of a form in the schema, and what reads other notations of it."""
