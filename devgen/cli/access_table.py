"""The table of ``devgen run --stats``: accesses by device and region."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from devgen import AccessCount

_TITLES: Final = ("device", "region", "reads", "writes", "doorbells")


def table(counts: Sequence[AccessCount]) -> str:
    """Return a line for each region, with titles and a last line for the sum."""
    rows = [(count.device, count.region, count.reads, count.writes, count.doorbells) for count in counts]
    sums = [sum(int(row[column]) for row in rows) for column in (2, 3, 4)]
    lines = [_TITLES, *rows, ("all", "", *sums)]
    texts = [[str(cell) for cell in line] for line in lines]
    widths = [max(len(line[column]) for line in texts) for column in range(len(_TITLES))]
    return "\n".join(_row(line, widths) for line in texts)


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    names = [cell.ljust(width) for cell, width in zip(cells[:2], widths, strict=False)]
    numbers = [cell.rjust(width) for cell, width in zip(cells[2:], widths[2:], strict=True)]
    return "  ".join((*names, *numbers))
