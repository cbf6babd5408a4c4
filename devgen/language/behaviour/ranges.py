"""Exact bounds of integer arithmetic: for each operator, the smallest simple range that holds every result.

All functions take and give inclusive ranges; a side that is ``None`` is unbounded. They are sound for negative
numbers: bitwise operators see integers as two's complement of unlimited length, as Python does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from devgen.language.ir import BOOL, Range

LIMIT_BITS = 256
"""Results wider than this are refused: no description needs them, and they bound the cost of one step."""

LIMITS = Range.signed(LIMIT_BITS)
"""What a local declared as ``int`` may hold."""

Bound = int | float
"""An integer, or an infinity."""


def exactly(value: int) -> Range:
    """Return the range of one value."""
    return Range(value, value)


def bounded(bounds: Range) -> bool:
    """Return whether every value fits in ``LIMIT_BITS`` bits (unsigned, or signed if one may be negative)."""
    return bounds.lo is not None and bounds.hi is not None and bits_needed(bounds) <= LIMIT_BITS


def bits_needed(bounds: Range) -> int:
    """Return the width that holds every value: two's complement when one may be negative. The range is finite."""
    low, high = bounds.lo or 0, bounds.hi or 0
    if low >= 0:
        return max(1, high.bit_length())
    return max((~low).bit_length(), high.bit_length() if high > 0 else 0) + 1


def join(a: Range, b: Range) -> Range:
    """Return the smallest range that holds both."""
    return _range(min(_low(a), _low(b)), max(_high(a), _high(b)))


def first_nonzero(operands: Sequence[Range]) -> Range:
    """Return the range of the first operand that is not 0, or else the last."""
    *before, result = operands
    for bounds in before:
        low, high = bounds.lo, bounds.hi
        if low == high == 0:
            continue
        result = join(result, Range(1 if low == 0 else low, -1 if high == 0 else high))
    return result


def meet(a: Range, b: Range) -> Range | None:
    """Return what both ranges share, None if nothing."""
    low, high = max(_low(a), _low(b)), min(_high(a), _high(b))
    return _range(low, high) if low <= high else None


def negate(a: Range) -> Range:
    """Return the range of ``-a``."""
    return Range(None if a.hi is None else -a.hi, None if a.lo is None else -a.lo)


def invert(a: Range) -> Range:
    """Return the range of ``~a``."""
    return Range(None if a.hi is None else ~a.hi, None if a.lo is None else ~a.lo)


def add(a: Range, b: Range) -> Range:
    """Return the range of ``a + b``."""
    low = None if a.lo is None or b.lo is None else a.lo + b.lo
    high = None if a.hi is None or b.hi is None else a.hi + b.hi
    return Range(low, high)


def subtract(a: Range, b: Range) -> Range:
    """Return the range of ``a - b``."""
    return add(a, negate(b))


def multiply(a: Range, b: Range) -> Range:
    """Return the range of ``a * b``."""
    return _corners(a, b, _times)


def divide(a: Range, b: Range) -> Range:
    """Return the range of ``a // b``, rounded down; ``b`` excludes zero."""
    return _corners(a, b, _quotient)


def modulo(a: Range, b: Range) -> Range:
    """Return the range of ``a % b``, which has the sign of ``b``; ``b`` excludes zero."""
    if _low(b) < 0:
        return negate(modulo(negate(a), negate(b)))
    if a.lo is not None and a.hi is not None and b.lo is not None and b.lo == b.hi and a.lo // b.lo == a.hi // b.lo:
        return Range(a.lo % b.lo, a.hi % b.lo)
    if a.lo is not None and a.lo >= 0:
        return a if _high(a) < _low(b) else _range(0, min(_high(a), _high(b) - 1))
    return _range(0, _high(b) - 1)


def bit_and(a: Range, b: Range) -> Range:
    """Return the range of ``a & b``."""
    if _single(a) and _single(b):
        return exactly(_value(a) & _value(b))
    if _low(a) >= 0 and _low(b) >= 0:
        return _range(0, min(_high(a), _high(b)))
    if _low(a) >= 0:
        return Range(0, a.hi)
    if _low(b) >= 0:
        return Range(0, b.hi)
    return _range(-_power_over(a.lo, b.lo), _high_of_and(_high(a), _high(b)))


def _high_of_and(a: Bound, b: Bound) -> Bound:
    if a < 0 and b < 0:
        return min(a, b)
    return max(a, b)


def bit_or(a: Range, b: Range) -> Range:
    """Return the range of ``a | b``."""
    found = invert(bit_and(invert(a), invert(b)))
    return _at_most_sum(found, a, b)


def bit_xor(a: Range, b: Range) -> Range:
    """Return the range of ``a ^ b``."""
    if _single(a) and _single(b):
        return exactly(_value(a) ^ _value(b))
    top = max(_power_over(a.lo, a.hi), _power_over(b.lo, b.hi))
    signs = {first ^ second for first in _signs(a) for second in _signs(b)}
    low = -top if True in signs else 0
    high = top - 1 if False in signs else -1
    return _at_most_sum(_range(low, high), a, b)


def shift_left(a: Range, b: Range) -> Range:
    """Return the range of ``a << b``; ``b`` is finite and not negative."""
    least, most = b.lo or 0, b.hi or 0
    low = None if a.lo is None else a.lo << (most if a.lo < 0 else least)
    high = None if a.hi is None else a.hi << (most if a.hi > 0 else least)
    return Range(low, high)


def shift_right(a: Range, b: Range) -> Range:
    """Return the range of ``a >> b``; ``b`` is finite and not negative."""
    least, most = b.lo or 0, b.hi or 0
    low = None if a.lo is None else a.lo >> (least if a.lo < 0 else most)
    high = None if a.hi is None else a.hi >> (least if a.hi >= 0 else most)
    return Range(low, high)


def wrap(a: Range, width: int, signed: bool) -> Range:
    """Return the range of ``uN(a)`` or ``sN(a)``: ``a`` reduced modulo ``2**width``."""
    whole = Range.signed(width) if signed else Range.unsigned(width)
    if a.lo is None or a.hi is None or a.hi - a.lo >= 1 << width:
        return whole
    offset = -(whole.lo or 0)
    low = ((a.lo + offset) % (1 << width)) - offset
    high = ((a.hi + offset) % (1 << width)) - offset
    return Range(low, high) if low <= high else whole


def absolute(a: Range) -> Range:
    """Return the range of ``abs(a)``."""
    if _low(a) >= 0:
        return a
    if _high(a) <= 0:
        return negate(a)
    return _range(0, max(-_low(a), _high(a)))


def minimum(a: Range, b: Range) -> Range:
    """Return the range of ``min(a, b)``."""
    return _range(min(_low(a), _low(b)), min(_high(a), _high(b)))


def maximum(a: Range, b: Range) -> Range:
    """Return the range of ``max(a, b)``."""
    return _range(max(_low(a), _low(b)), max(_high(a), _high(b)))


def ones(a: Range) -> Range:
    """Return the range of ``popcount(a)``; ``a`` is finite and not negative."""
    low = 1 if (a.lo or 0) > 0 else 0
    return Range(low, max(low, (a.hi or 0).bit_length()))


def length(a: Range) -> Range:
    """Return the range of ``bit_length(a)``; ``a`` is finite and not negative."""
    return Range((a.lo or 0).bit_length(), (a.hi or 0).bit_length())


def truth(a: Range) -> Range:
    """Return the range of ``bool(a)``."""
    if _low(a) > 0 or _high(a) < 0:
        return exactly(1)
    return exactly(0) if a.lo == 0 == a.hi else BOOL


def _low(a: Range) -> Bound:
    return -math.inf if a.lo is None else a.lo


def _high(a: Range) -> Bound:
    return math.inf if a.hi is None else a.hi


def _range(low: Bound, high: Bound) -> Range:
    return Range(low if isinstance(low, int) else None, high if isinstance(high, int) else None)


def _single(a: Range) -> bool:
    return a.lo is not None and a.lo == a.hi


def _value(a: Range) -> int:
    return a.lo or 0


def _signs(a: Range) -> set[bool]:
    """Return which of negative (True) and not negative (False) values the range has."""
    return {sign for sign, present in ((True, _low(a) < 0), (False, _high(a) >= 0)) if present}


def _power_over(*bounds: int | None) -> Bound:
    """Return the least power of two that, with its negative, frames all bounds in two's complement."""
    if None in bounds:
        return math.inf
    return 1 << max((~bound if bound < 0 else bound).bit_length() for bound in bounds if bound is not None)


def _at_most_sum(found: Range, a: Range, b: Range) -> Range:
    """Refine an or/xor of numbers that are not negative: it never exceeds their sum."""
    if _low(a) < 0 or _low(b) < 0:
        return found
    return _range(_low(found), min(_high(found), _high(add(a, b))))


def _corners(a: Range, b: Range, operation: Callable[[Bound, Bound], Bound]) -> Range:
    """Return the range of an operation that is monotonic in each operand."""
    results = [operation(x, y) for x in (_low(a), _high(a)) for y in (_low(b), _high(b))]
    return _range(min(results), max(results))


def _times(x: Bound, y: Bound) -> Bound:
    if isinstance(x, int) and isinstance(y, int):
        return x * y
    if x == 0 or y == 0:
        return 0
    return math.inf if (x > 0) == (y > 0) else -math.inf


def _quotient(x: Bound, y: Bound) -> Bound:
    if isinstance(x, int) and isinstance(y, int):
        return x // y
    if isinstance(x, float):
        return math.inf if (x > 0) == (y > 0) else -math.inf
    return 0 if x == 0 or (x > 0) == (y > 0) else -1
