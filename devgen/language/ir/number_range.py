"""The range of an integer value."""

from __future__ import annotations

from functools import lru_cache

from devgen.common.quick_dataclass import dataclass


@dataclass(slots=True, frozen=True)
class Range:
    """Inclusive bounds of an integer; ``None`` is unbounded on that side."""

    lo: int | None
    hi: int | None

    @staticmethod
    @lru_cache(maxsize=512)
    def unsigned(width: int) -> Range:
        """The range of an unsigned number of ``width`` bits."""
        return Range(0, (1 << width) - 1)

    @staticmethod
    @lru_cache(maxsize=512)
    def signed(width: int) -> Range:
        """The range of a two's complement number of ``width`` bits."""
        return Range(-(1 << (width - 1)), (1 << (width - 1)) - 1)

    def within(self, other: Range) -> bool:
        """Whether every value of this range lies in ``other``."""
        low = other.lo is None or (self.lo is not None and self.lo >= other.lo)
        high = other.hi is None or (self.hi is not None and self.hi <= other.hi)
        return low and high


BOOL = Range(0, 1)
BYTE = Range(0, 255)

NANOSECONDS = Range(0, (1 << 63) - 1)
"""Range of a clock in nanoseconds."""

UNBOUNDED = Range(None, None)
"""The range of a value that is not a number, such as a text."""
