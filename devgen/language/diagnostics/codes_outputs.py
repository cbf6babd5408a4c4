"""Diagnostics of generated files (DG015x)."""

from __future__ import annotations

from devgen.language.diagnostics.diagnostic import Kind

STALE = Kind(
    "DG0151",
    "error",
    "this file is not what the descriptions make",
    "`devgen build --check` compares generated files with the descriptions and templates. The file is missing, or "
    "was made from an earlier version, or was edited.",
    "",
    "Run `devgen build`, and commit the file if it is under version control.",
)
LEFT_OVER = Kind(
    "DG0152",
    "error",
    "the description of this file is gone",
    "The file was generated from a description that no longer exists. The next build removes it.",
    "",
    "Run `devgen build`.",
)
