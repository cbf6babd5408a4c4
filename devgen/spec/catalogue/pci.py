"""Diagnostics of PCI identity and base address registers (DG08xx)."""

from __future__ import annotations
