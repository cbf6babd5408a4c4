"""Diagnostics of boards (DG09xx)."""

from __future__ import annotations
