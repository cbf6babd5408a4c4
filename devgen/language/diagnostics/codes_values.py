"""Diagnostics of numbers, sizes, durations and ranges (DG03xx)."""

from __future__ import annotations

from devgen.language.diagnostics.diagnostic import Kind

LEADING_ZERO = Kind(
    "DG0301",
    "error",
    "'{text}' is ambiguous: a number does not start with 0",
    "YAML 1.1 and C read `010` as eight, but readers may expect ten.",
    "count: 010",
    "Write `10`, or `0o10` for octal. Quote it if it is text.",
)
INTEGER_TOO_LARGE = Kind(
    "DG0302",
    "error",
    "'{text}' does not fit in 64 bits",
    "Numbers in a description are at most 2^64 - 1 and at least -2^63.",
    "reset: 0x1_0000_0000_0000_0000",
    "Use a smaller number.",
)
BAD_RANGE = Kind(
    "DG0303",
    "error",
    "the range {found} is empty: {low} is more than {high}",
    "A range is written with the lowest value first. Both bounds are included.",
    "timers: {type: int, default: 3, range: 32..3}",
    "Exchange the two bounds.",
)
BAD_QUANTITY = Kind(
    "DG0304",
    "error",
    "'{text}' is not a {what}: {why}",
    "Durations have the unit ns, us, ms or s, and frequencies the unit Hz, kHz, MHz or GHz. A text without a "
    "unit is an expression over properties.",
    "seconds: {clock: rtc, period: 1 min, width: 32}",
    "Use one of the units.",
)
NOT_POSITIVE = Kind(
    "DG0305",
    "error",
    "'{key}' must be at least 1, but this can be {low}",
    "A period, a frequency or a depth cannot be zero. The expression must be positive for all values of the "
    "properties.",
    "seconds: {clock: rtc, frequency: rate, width: 32}   # rate: {range: 0..100}",
    "Narrow the property's range, or use `max(1, ...)`.",
)
BAD_COUNT = Kind(
    "DG0306",
    "error",
    "the number of elements can be {found}: it must be 0 to {limit} for all values of the properties",
    "The size of an array is fixed when the device is created on a board. It must have an upper bound that is "
    "known when the device is built.",
    "DATA: {at: 0, count: n}   # n: {width: 32}",
    "Give the property a `range`, or use `min(n, 64)`.",
)
