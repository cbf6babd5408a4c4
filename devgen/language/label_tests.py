"""Comparisons with labels that name several values: ``CTRL.MODE == CTRL.MODE.TEST`` where TEST is ``0b1x``."""

from __future__ import annotations

from collections.abc import Iterable

from devgen.language.ir import Binary, Compare, CompareOp, Expr, Int, Logic, Range
from devgen.language.model import Label


def label_test(number: Expr, label: Label, others: Iterable[Label], wanted: bool) -> Expr:
    """Return whether a number is (``wanted``) or is not one of the values of a label.

    ``others`` are the labels of the same field: the label ``default`` names what none of them does.
    """
    if label.mask:
        return _is(number, label, wanted)
    tests = tuple(_is(number, other, not wanted) for other in others if other.mask and label.shares(other))
    if not tests:
        return Int(int(wanted))
    return Logic("and" if wanted else "or", tests) if len(tests) > 1 else tests[0]


def _is(number: Expr, label: Label, wanted: bool) -> Compare:
    op: CompareOp = "==" if wanted else "!="
    if label.exact:
        return Compare(number, ((op, Int(label.value)),))
    high = number.range.hi
    above = -1 << label.width if high is None or (number.range.lo or 0) < 0 else (1 << high.bit_length()) - 1
    bits = label.mask | above & ~((1 << label.width) - 1)
    kept = Binary("&", number, Int(bits), Range(None if bits < 0 else 0, None if bits < 0 else bits))
    return Compare(kept, ((op, Int(label.value)),))
