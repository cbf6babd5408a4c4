"""Time two or more candidates for the same job side by side: interleaved rounds, medians, ratios.

Rounds of all candidates alternate, so that a slow phase of the machine slows all of them. The ratio is the median of
the rounds' ratios, which such a phase hardly changes.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter_ns, process_time_ns


@dataclass(frozen=True, slots=True)
class Result:
    """Median nanoseconds for one call, and its ratio to the first candidate (the baseline)."""

    name: str
    ns: float
    ratio: float


@dataclass(frozen=True, slots=True)
class Table:
    """What a benchmark prints: a title, a head, rows, and a remark below."""

    title: str
    head: tuple[str, ...]
    rows: Sequence[Sequence[object]]
    remark: str = ""

    def markdown(self) -> str:
        """The table in markdown: the first column left-aligned, numbers to the right."""
        lines = [
            f"### {self.title}",
            "",
            _row(self.head),
            "|" + "|".join("---" if at == 0 else "---:" for at in range(len(self.head))) + "|",
            *(_row([_cell(value) for value in row]) for row in self.rows),
        ]
        return "\n".join([*lines, "", self.remark, ""] if self.remark else [*lines, ""])


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cell(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)


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
    return [Result(name, median(taken), ratio(taken, base)) for name, taken in samples.items()]


def least(candidates: dict[str, Callable[[int], object]], *, calls: int, rounds: int) -> list[Result]:
    """As `interleaved`, but with the least CPU time of the rounds, which other work on the machine hardly changes."""
    found = dict.fromkeys(candidates, float("inf"))
    for _ in range(rounds):
        for name, run in candidates.items():
            start = process_time_ns()
            run(calls)
            found[name] = min(found[name], (process_time_ns() - start) / calls)
    base = found[next(iter(candidates))]
    return [Result(name, ns, ns / base) for name, ns in found.items()]


def ratio(taken: Sequence[float], base: Sequence[float]) -> float:
    """Median of the rounds' own ratios."""
    return median(own / other for own, other in zip(taken, base, strict=True))
