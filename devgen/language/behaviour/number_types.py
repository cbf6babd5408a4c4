"""The number types of the language: ``int``, ``bool``, ``u1`` to ``u64`` and ``s1`` to ``s64``."""

from __future__ import annotations

import re

from devgen.language.behaviour import ranges
from devgen.language.ir import BOOL, Builtin, Expr, Int, Range

TYPE_NAME = re.compile(r"([us])([1-9]|[1-5][0-9]|6[0-4])")


def type_range(name: str) -> Range | None:
    """Return the range of the type with this name, or None if there is no such type."""
    if name in ("int", "bool"):
        return ranges.LIMITS if name == "int" else BOOL
    if not TYPE_NAME.fullmatch(name):
        return None
    width = int(name[1:])
    return Range.unsigned(width) if name[0] == "u" else Range.signed(width)


def as_bit(value: Expr) -> Expr:
    """Return a value as 0 or 1."""
    bounds = ranges.truth(value.range)
    if isinstance(value, Int):
        return Int(bounds.lo or 0)
    return value if value.range.within(BOOL) else Builtin("bool", (value,), bounds)
