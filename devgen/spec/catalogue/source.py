"""Diagnostics of files, YAML text and includes (DG01xx)."""

from __future__ import annotations

from devgen.spec.diagnostics import Kind

AND_MORE = Kind(
    "DG0199",
    "note",
    "and {number} more",
    "Only the first findings of a run are shown.",
    "",
    "Correct those shown, then check again.",
)
