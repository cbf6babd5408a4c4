"""Diagnostics of expressions and statements (DG05xx and DG06xx)."""

from __future__ import annotations
