"""Diagnostics of registers, fields, regions and doorbells (DG04xx)."""

from __future__ import annotations
