"""Durations as text, for tests: ``"1 s"``, ``"2.5 ms"``, ``"10 ns"``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from devgen.common.units import TIME_UNITS

UNITS: Final[Mapping[str, int]] = {**TIME_UNITS, "µs": TIME_UNITS["us"], "min": 60 * TIME_UNITS["s"]}
"""Nanoseconds: the units of a description, and two more that people write in tests."""

_PATTERN = re.compile(r"\s*([0-9][0-9_]*(?:\.[0-9]+)?)\s*([a-zµ]+)\s*")


def nanoseconds(duration: int | str) -> int:
    """Return ``duration`` in ns; an int is in ns already.

    Raises ValueError for a text that is not a number with a unit, or not a whole number of nanoseconds.
    """
    if isinstance(duration, int):
        return duration
    match = _PATTERN.fullmatch(duration)
    if match is None or match[2] not in UNITS:
        raise ValueError(f"{duration!r} is not a duration; write a number and one of {', '.join(UNITS)}")
    ns = Fraction(match[1].replace("_", "")) * UNITS[match[2]]
    if ns.denominator != 1:
        raise ValueError(f"{duration!r} is not a whole number of nanoseconds")
    return int(ns)
