"""Diagnostics of names, properties, counters, timers and lines (DG07xx)."""

from __future__ import annotations
