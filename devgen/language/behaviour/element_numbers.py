"""Numbers of elements in arrays of several dimensions.

All elements of such an array are in one list, the innermost dimension first: element [1][2] of an array of 3 by 4 has
the number 1 * 4 + 2. A hook's parameter ``index`` is this number. In the text of a hook ``index`` is the element of the
innermost dimension, ``index1`` that of the next one outside it, and so on.
"""

from __future__ import annotations

from dataclasses import replace
from math import prod

from devgen.language.behaviour import ranges
from devgen.language.behaviour.named_things import Thing
from devgen.language.ir import Binary, Expr, Int, Load, LocalPlace, Range


def element_number(name: str, shape: tuple[int, ...]) -> Expr | None:
    """Return the value of ``index``, ``index1``, … in a hook; None for other names, and with fewer dimensions."""
    if not shape or not name.startswith("index") or (name != "index" and not name[5:].isdigit()):
        return None
    outward = int(name[5:] or 0)
    if name[5:6] == "0" or outward >= len(shape):
        return None
    dimension = len(shape) - 1 - outward
    number: Expr = Load(LocalPlace("index"), Range(0, prod(shape) - 1))
    number = outer_number(number, shape, dimension + 1)
    return number if dimension == 0 else _modulo(number, shape[dimension])


def outer_number(number: Expr, shape: tuple[int, ...], depth: int) -> Expr:
    """Return the number over the first ``depth`` dimensions of an element with a number over all of ``shape``."""
    inner = prod(shape[depth:])
    if inner == 1:
        return number
    return Binary("//", number, Int(inner), ranges.divide(number.range, Range(inner, inner)))


def element_of(outer: Expr, count: Expr, index: Expr) -> Expr:
    """Return the number of the element ``index`` of ``count`` in the element ``outer`` of the dimensions outside."""
    size = count.range
    if isinstance(outer, Int) and isinstance(index, Int) and isinstance(count, Int):
        return Int(outer.value * count.value + index.value)
    start = Binary("*", outer, count, ranges.multiply(outer.range, size))
    return Binary("+", start, index, ranges.add(start.range, index.range))


def opened(thing: Thing, shape: tuple[int, ...], count: Expr | None) -> Thing:
    """Return an array that needs an index for each dimension of ``shape``, or for one of ``count`` elements."""
    if count is None:
        return thing
    first: Expr = Int(shape[0]) if shape else count
    return replace(thing, array=first, pending=shape[1:], partial=thing.index is not None)


def _modulo(number: Expr, count: int) -> Expr:
    return Binary("%", number, Int(count), ranges.modulo(number.range, Range(count, count)))
