"""Arrays of one or several dimensions as SystemRDL and IP-XACT have them: indices from 0, no gaps inside."""

from __future__ import annotations

import math
from collections.abc import Sequence

from devgen.exchange.register_map import Dimension

MOST_ELEMENTS = 1 << 20
"""Most elements of one array."""

MOST_DIMENSIONS, MOST_IN_DIMENSIONS = 4, 65536
"""What the language can say of an array with several dimensions."""


def array_of(sizes: Sequence[int], stride: int) -> tuple[Dimension, str]:
    """Return an array of the given sizes, the outermost first, and the text of a finding if it was changed, else ""."""
    count, text = math.prod(sizes), ""
    if count > MOST_ELEMENTS:
        text = f"an array of {count} elements; {MOST_ELEMENTS} came over"
        count = MOST_ELEMENTS
    names = tuple(map(str, range(count)))
    if 1 < len(sizes) <= MOST_DIMENSIONS and count <= MOST_IN_DIMENSIONS:
        return Dimension(names, stride, tuple(sizes)), text
    if len(sizes) > 1:
        shape = "".join(f"[{size}]" for size in sizes)
        text = f"an array {shape}; it came over with one index" + (f" and {count} elements" if text else "")
    return Dimension(names, stride), text
