"""What a check says about the small descriptions of tests, whose parts are often there for the test alone."""

from __future__ import annotations

from collections.abc import Iterable

from devgen.language.diagnostics import codes_layout, codes_parts, codes_pci
from devgen.language.diagnostics.diagnostic import Diagnostic

UNUSED = frozenset(
    kind.code
    for kind in (
        codes_parts.UNUSED,
        codes_parts.NEVER_ARMED,
        codes_parts.IDLE_TIMER,
        codes_parts.CONSTANT_LEVEL,
        codes_layout.UNSEEN_RESET,
        codes_pci.UNUSED_VECTORS,
    )
)
"""The warnings of what has no effect in the description: a test reads it, or looks only at how it is printed."""


def noteworthy(diagnostics: Iterable[Diagnostic]) -> list[str]:
    """Return the findings as text, without those of parts that only a test uses."""
    return [str(found) for found in diagnostics if found.code not in UNUSED]
