"""Expressions of a register file (`when`, `write_enable`) in the hooks of an array that is inside it.

In an expression of the file ``index`` is the number of the file's element. A member that is an array itself, or is in a
file inside, counts its own elements too: there the number of the file's element is ``index // 3``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from devgen.language.elaborate.elaboration import most
from devgen.language.elaborate.register_drafts import Dim, total
from devgen.language.ir import Binary, Expr, Int, Load, LocalPlace, Range
from devgen.language.typed_walk import INSIDE, names_local


def inside_array(outer: Expr, own: Sequence[Dim]) -> Expr:
    """Return an expression of a register file as an array with the dimensions ``own`` inside that file evaluates it."""
    elements = most(total(own))
    if elements <= 1 or not names_local(outer, "index"):
        return outer
    return cast(Expr, _moved(outer, elements))


def _moved(part: Any, elements: int) -> Any:
    """Return a node, or a tuple of nodes and names, with another number for the element."""
    if isinstance(part, tuple):
        return tuple(_moved(item, elements) for item in part)
    if isinstance(part, Load) and part.place == LocalPlace("index"):
        high = part.range.hi or 0
        index = Load(part.place, Range(0, (high + 1) * elements - 1))
        return Binary("//", index, Int(elements), Range(0, high))
    if type(part) not in INSIDE:
        return part
    return replace(part, **{name: _moved(getattr(part, name), elements) for name in INSIDE[type(part)]})
