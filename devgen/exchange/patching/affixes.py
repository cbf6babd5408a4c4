"""Names without a prefix or suffix, or with one more."""

from __future__ import annotations

import re
from functools import lru_cache


def renamed(name: str, key: str, text: str) -> str:
    """Return a name as ``_strip``, ``_strip_end``, ``_prefix`` or ``_suffix`` (the key) with ``text`` changes it.

    A prefix or suffix to strip may have wildcards. A name that would be empty stays as it is.
    """
    match key:
        case "_prefix":
            return text + name
        case "_suffix":
            return name + text
        case "_strip":
            found = _pattern(text).match(name)
            return (name[found.end() :] if found else name) or name
        case _:
            ends = (at for at in range(len(name), -1, -1) if _pattern(text).fullmatch(name, at))
            return name[: next(ends, len(name))] or name


@lru_cache
def _pattern(text: str) -> re.Pattern[str]:
    """Return the expression for a glob that takes as few characters as it can."""
    return re.compile("".join(map(_piece, re.findall(r"\[!?[\w-]+\]|.", text, re.S))))


def _piece(piece: str) -> str:
    if len(piece) > 1:
        try:
            re.compile(expression := piece.replace("[!", "[^"))
        except re.error:  # a range such as [Z-A]
            return re.escape(piece)
        return expression
    return {"*": ".*?", "?": "."}.get(piece, re.escape(piece))
