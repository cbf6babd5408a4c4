"""Finds the known name that is most similar to an unknown one, for messages."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_LONGEST = 80
"""Most characters of a name: the search takes quadratic time."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name most similar to ``name``, ignoring case, or None if none is similar."""
    if len(name) > _LONGEST:
        return None
    by_fold = {known_name.casefold(): known_name for known_name in known if len(known_name) <= _LONGEST}
    near = get_close_matches(name.casefold(), by_fold, n=1, cutoff=0.6)
    return by_fold[near[0]] if near else None
