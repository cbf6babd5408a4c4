"""Diagnostics of numbers, sizes, durations and ranges (DG03xx)."""

from __future__ import annotations

from devgen.spec.diagnostics import Kind

LEADING_ZERO = Kind(
    "DG0301",
    "error",
    "'{text}' is ambiguous: a number does not start with 0",
    "YAML 1.1 and C read `010` as eight, people read ten.",
    "count: 010",
    "Write `10`, or `0o10` for octal; quote it if it is text.",
)
INTEGER_TOO_LARGE = Kind(
    "DG0302",
    "error",
    "'{text}' does not fit in 64 bits",
    "Numbers in a description are at most 2^64 - 1 and at least -2^63.",
    "reset: 0x1_0000_0000_0000_0000",
    "Use a smaller number.",
)
