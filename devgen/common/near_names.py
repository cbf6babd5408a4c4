"""The name that was probably meant, for messages about an unknown one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_LONGEST = 80
"""Characters of a name that is looked for: finding one takes time that is quadratic in them."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is most like ``name``, whatever their case; None when none is near."""
    if len(name) > _LONGEST:
        return None
    by_fold = {known_name.casefold(): known_name for known_name in known if len(known_name) <= _LONGEST}
    near = get_close_matches(name.casefold(), by_fold, n=1, cutoff=0.6)
    return by_fold[near[0]] if near else None
