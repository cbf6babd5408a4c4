"""Time two or more ways of doing one thing side by side: interleaved rounds, medians, ratios.

Rounds of all candidates alternate, so that a slow phase of the machine slows all of them; the ratio is the median of
the rounds' own ratios, which such a phase hardly moves.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter_ns


@dataclass(frozen=True, slots=True)
class Result:
    """Median nanoseconds for one call, and its ratio to the first candidate (the baseline)."""

    name: str
    ns: float
    ratio: float


def interleaved(candidates: dict[str, Callable[[int], object]], *, calls: int, rounds: int = 31) -> list[Result]:
    """Run each candidate ``rounds`` times; it is given the number of calls to make. The first one is the baseline."""
    samples: dict[str, list[float]] = {name: [] for name in candidates}
    enabled = gc.isenabled()
    gc.disable()
    try:
        for run in candidates.values():
            run(calls)
        for _ in range(rounds):
            for name, run in candidates.items():
                start = perf_counter_ns()
                run(calls)
                samples[name].append((perf_counter_ns() - start) / calls)
    finally:
        if enabled:
            gc.enable()
    base = samples[next(iter(candidates))]
    return [
        Result(name, median(taken), median(own / other for own, other in zip(taken, base, strict=True)))
        for name, taken in samples.items()
    ]


def markdown(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A markdown table; numbers are right-aligned by their column's rule."""
    lines = [
        "| " + " | ".join(head) + " |",
        "|" + "|".join("---" if at == 0 else "---:" for at in range(len(head))) + "|",
    ]
    lines += ["| " + " | ".join(_cell(value) for value in row) + " |" for row in rows]
    return "\n".join(lines)


def _cell(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)
