"""Measurements with other processes: number of calls, processors, and number of starts of the processes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from _measure import Result
from _vfio_peers import listening

Run = Callable[[int], object]


@dataclass(frozen=True)
class Amount:
    """How much is measured: calls in a round, rounds, starts of the processes."""

    calls: int
    rounds: int
    starts: int


@contextmanager
def placed(servers: Sequence[int], together: bool = True) -> Iterator[None]:
    """Keep the servers on the last processor that there is for us, and this process there too, or on the first."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before) if together else min(before)})
    for process in servers:
        os.sched_setaffinity(process, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def over_starts(measure: Callable[[Path], list[Result]], starts: int) -> list[Result]:
    """The medians of what is measured with processes that are started anew each time."""
    found: dict[str, list[Result]] = {}
    for _ in range(starts):
        with TemporaryDirectory(prefix="devgen-") as folder:
            for result in measure(Path(folder)):
                found.setdefault(result.name, []).append(result)
    return [
        Result(name, median(each.ns for each in results), median(each.ratio for each in results))
        for name, results in found.items()
    ]


def start_of(stack: ExitStack, command: list[str]) -> int:
    """Start a peer; its process number."""
    return stack.enter_context(listening(command)).pid
