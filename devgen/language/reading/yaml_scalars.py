"""Plain YAML scalars: numbers in the notation of datasheets, booleans, null, and text.

Numbers: ``12``, ``0x1c``, ``0b101``, ``0o17``, each with ``_`` between digits. ``true`` and ``false`` alone are
booleans: ``on``, ``yes`` and ``12:30:45`` are text. A decimal number with a leading zero is refused, since YAML 1.1
reads it as octal.
"""

from __future__ import annotations

import re

from devgen.language.diagnostics import codes_values as kinds
from devgen.language.diagnostics.diagnostic import Kind

Scalar = str | int | bool | None

WORDS: dict[str, Scalar] = {"": None, "~": None, "null": None, "true": True, "false": False}

_NUMBER = re.compile(
    r"-?(?:0x[0-9a-fA-F]+(?:_[0-9a-fA-F]+)*|0b[01]+(?:_[01]+)*|0o[0-7]+(?:_[0-7]+)*|0|[1-9][0-9]*(?:_[0-9]+)*)"
)
_LEADING_ZERO = re.compile(r"-?0[0-9_]+")
_NUMBER_STARTS = frozenset("-0123456789")
_LONGEST = 100
"""Characters: more than any 64-bit number written in binary with separators."""


def parse_scalar(text: str) -> Scalar | Kind:
    """Return the value of a plain scalar, or the kind of diagnostic for one that is ambiguous or out of range."""
    if text in WORDS:
        return WORDS[text]
    if text[0] not in _NUMBER_STARTS:
        return text
    if _NUMBER.fullmatch(text):
        return _integer(text)
    return kinds.LEADING_ZERO if _LEADING_ZERO.fullmatch(text) else text


def _integer(text: str) -> int | Kind:
    if len(text) > _LONGEST:
        return kinds.INTEGER_TOO_LARGE
    value = int(text, 0)
    return value if -(1 << 63) <= value < 1 << 64 else kinds.INTEGER_TOO_LARGE
