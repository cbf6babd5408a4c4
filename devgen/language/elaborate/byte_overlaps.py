"""Finds registers that share bytes, by sort and sweep: ten thousand registers take a fraction of a second.

Arrays may interleave (`A` and `B` with a stride of 8 each, four bytes apart). Therefore the hulls of arrays are swept
first, and only hulls that touch are taken apart into their elements.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from operator import attrgetter

from devgen.common.quick_dataclass import dataclass

ELEMENT_LIMIT = 200_000


@dataclass(slots=True, frozen=True)
class Span:
    """``count`` ranges of ``size`` bytes, ``stride`` apart; ``owner`` is the caller's object, such as a register.

    Spans with the same ``group`` may share bytes.
    """

    start: int
    size: int
    stride: int
    count: int
    owner: object
    group: object = None

    @property
    def key(self) -> object:
        """The object that spans which may share bytes have in common."""
        return self.owner if self.group is None else self.group

    @property
    def end(self) -> int:
        """The first offset after the last element."""
        return self.start + (self.count - 1) * self.stride + self.size


class TooManyElements(Exception):
    """Interleaved arrays have more than ``ELEMENT_LIMIT`` elements."""


def overlaps(spans: Iterable[Span]) -> list[tuple[Span, Span, int]]:
    """Return (later, earlier, offset) for spans that share bytes, at most one pair for each later span.

    Raises TooManyElements if the arrays have too many interleaved elements.
    """
    touching = {id(span): span for pair in _sweep(spans) for span in pair[:2]}
    if not touching:
        return []
    sparse = any(span.count > 1 and span.stride > span.size for span in touching.values())
    pairs = list(_sweep(_elements(touching.values()))) if sparse else list(_sweep(touching.values()))
    found: dict[int, tuple[Span, Span, int]] = {}
    for later, earlier, offset in pairs:
        found.setdefault(id(later.owner), (later, earlier, offset))
    return list(found.values())


def _elements(spans: Iterable[Span]) -> Iterator[Span]:
    total = 0
    for span in spans:
        if span.stride <= span.size:
            yield span
            continue
        total += span.count
        if total > ELEMENT_LIMIT:
            raise TooManyElements
        for index in range(span.count):
            yield Span(span.start + index * span.stride, span.size, span.size, 1, span.owner, span.group)


def _sweep(spans: Iterable[Span]) -> Iterator[tuple[Span, Span, int]]:
    """Yield every span that starts before an earlier one of another group ends, with the one that reaches farthest.

    The farthest span so far is enough, with the farthest of all other groups: at least one of them is a rival.
    """
    farthest: Span | None = None
    other: Span | None = None
    for span in sorted(spans, key=attrgetter("start")):
        rival = farthest if farthest is None or farthest.key is not span.key else other
        if rival is not None and span.start < rival.end:
            yield span, rival, span.start
        if farthest is None or span.end > farthest.end:
            if farthest is not None and farthest.key is not span.key:
                other = farthest
            farthest = span
        elif span.key is not farthest.key and (other is None or span.end > other.end):
            other = span
