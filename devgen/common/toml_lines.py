"""The line of a key in a TOML file, for messages: the standard library's parser does not tell it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_PART: Final = r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')"""
_DOTTED: Final = rf"{_PART}(?:\s*\.\s*{_PART})*"
_HEADER: Final = re.compile(rf"\s*\[\[?\s*({_DOTTED})\s*\]")
_KEY: Final = re.compile(rf"\s*({_DOTTED})\s*=")


def line_of(text: str, key: Sequence[str]) -> int | None:
    """Return the line, from 1, of a key or a table such as ``("tool", "devgen", "targets")``; None if it is not found.

    Keys inside inline tables have the line of the table.
    """
    table: list[str] = []
    found = None
    for number, line in enumerate(text.splitlines(), 1):
        header, entry = _HEADER.match(line), _KEY.match(line)
        if header:
            table = _parts(header[1])
        path = table if header else [*table, *_parts(entry[1])] if entry else []
        if path == list(key):
            return number
        if path and path == list(key[: len(path)]) and len(path) > 2 and not header:
            found = number  # an inline table
    return found


def _parts(dotted: str) -> list[str]:
    return [part.strip("\"'") for part in re.findall(_PART, dotted)]
