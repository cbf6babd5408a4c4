"""Durations as people write them in tests: ``"1 s"``, ``"2.5 ms"``, ``"10 ns"``."""

from __future__ import annotations

import re
from fractions import Fraction

UNITS = {"ns": 1, "us": 1_000, "µs": 1_000, "ms": 1_000_000, "s": 1_000_000_000, "min": 60_000_000_000}

_PATTERN = re.compile(r"\s*([0-9][0-9_]*(?:\.[0-9]+)?)\s*([a-zµ]+)\s*")


def nanoseconds(duration: int | str) -> int:
    """``duration`` in ns: an int is ns already. Raises ValueError for another text, or a fraction of a nanosecond."""
    if isinstance(duration, int):
        return duration
    match = _PATTERN.fullmatch(duration)
    if match is None or match[2] not in UNITS:
        raise ValueError(f"{duration!r} is no duration; write a number and one of {', '.join(UNITS)}")
    ns = Fraction(match[1].replace("_", "")) * UNITS[match[2]]
    if ns.denominator != 1:
        raise ValueError(f"{duration!r} is not a whole number of nanoseconds")
    return int(ns)
