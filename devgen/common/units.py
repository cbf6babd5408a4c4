"""Units of sizes, times and frequencies, by the name that people write: descriptions, tests and pages have the same."""

from __future__ import annotations

from typing import Final

SIZE_UNITS: Final[dict[str, int]] = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}
"""Bytes, the smallest unit first."""

TIME_UNITS: Final[dict[str, int]] = {"ns": 1, "us": 1_000, "ms": 1_000_000, "s": 1_000_000_000}
"""Nanoseconds, the smallest unit first."""

FREQUENCY_UNITS: Final[dict[str, int]] = {"Hz": 1, "kHz": 1_000, "MHz": 1_000_000, "GHz": 1_000_000_000}
"""Hertz, the smallest unit first."""
