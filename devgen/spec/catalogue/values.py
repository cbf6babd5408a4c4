"""Diagnostics of numbers, sizes, durations and ranges (DG03xx)."""

from __future__ import annotations
