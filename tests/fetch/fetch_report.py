"""What the scripts of this folder have in common: they print where something is, or why it cannot be had."""

from __future__ import annotations

import sys
from collections.abc import Callable

from devgen.qemu.debian_packages import Unavailable


def report(what: str, get: Callable[[], str]) -> int:
    """Print what ``get()`` returns; the exit code is 1, with a line that says why, if it cannot be had."""
    try:
        print(get())
    except Unavailable as error:
        print(f"no {what}: {error}", file=sys.stderr)
        return 1
    return 0
