"""Diagnostics of keys and types, what the JSON Schema says (DG02xx)."""

from __future__ import annotations
