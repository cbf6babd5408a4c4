"""Run every board that comes with devgen many times in a row, and count the runs that fail.

    python benchmarks/board_runs.py --runs 300                  on KVM: about ten minutes for ten boards
    python benchmarks/board_runs.py --runs 5 --accel emulator small-pc

A guest that waits for one interrupt too many, or a host that loses one, may fail in one run of a thousand only. The
boards take turns, so that a slow phase of the machine meets all of them. A run has failed if its exit code is not 0,
if its guest has printed no line that ends in "done", or if it lasts longer than --timeout. The output of each
run that failed is printed; the exit code is 1 if one did. Ctrl-C ends with the table of the runs so far.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from statistics import median
from tempfile import TemporaryFile

from _measure import Table

from devgen import Accel, list_boards, run_board

GRACE = 5
"""A run ends itself after --timeout. It is killed after this many times that: a busy machine may start it late."""


@dataclass(slots=True)
class Tally:
    """The runs of one board: seconds of each, and the output of those that failed."""

    board: str
    seconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def row(self) -> tuple[str, int, int, float, float]:
        """One row of the table."""
        return self.board, len(self.seconds), len(self.failures), median(self.seconds), max(self.seconds)


def one_run(board: str, accel: Accel, timeout: float) -> str | None:
    """One run in a process of its own, which is a fork of this one; what is wrong with it, or None."""
    with TemporaryFile() as output:
        process = get_context("fork").Process(target=_child, args=(board, accel, timeout, output.fileno()))
        process.start()
        process.join(timeout * GRACE)
        if process.is_alive():
            process.kill()
            process.join()
        output.seek(0)
        said = output.read().decode("utf-8", "replace").splitlines()
    if process.exitcode == 0 and any(line.endswith("done") for line in said):
        return None
    return f"exit code {process.exitcode}: {said}"


def _child(board: str, accel: Accel, timeout: float, output: int) -> None:
    for stream in (1, 2):
        os.dup2(output, stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    result = run_board(board, accel=accel, timeout=timeout)
    print(result, flush=True)
    sys.exit(0 if result.ok else 1)


def count_run(tally: Tally, number: int, accel: Accel, timeout: float) -> None:
    """Run the board, and say what was wrong; every 20 runs say how many there have been."""
    started = time.monotonic()
    wrong = one_run(tally.board, accel, timeout)
    tally.seconds.append(time.monotonic() - started)
    if wrong is not None:
        tally.failures.append(wrong)
        print(f"{tally.board}, run {number}: {wrong}", file=sys.stderr, flush=True)
    elif number % 20 == 0:
        print(f"{tally.board}: {number} runs, {len(tally.failures)} failed", file=sys.stderr, flush=True)


def rounds(tallies: list[Tally], runs: int) -> Iterator[tuple[int, Tally]]:
    """The boards in turn, with the number of each one's run."""
    return ((number, tally) for number in range(1, runs + 1) for tally in tallies)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("boards", nargs="*", help="names; every board that comes with devgen without any")
    parser.add_argument("--runs", type=int, default=300, help="of each board (default: 300)")
    parser.add_argument("--accel", choices=("kvm", "emulator"), default="kvm")
    parser.add_argument("--timeout", type=float, default=60.0, help="seconds for a run (default: 60)")
    options = parser.parse_args()
    tallies = [Tally(board) for board in options.boards or sorted(list_boards())]
    with suppress(KeyboardInterrupt):
        for number, tally in rounds(tallies, options.runs):
            count_run(tally, number, options.accel, options.timeout)
    head = ("board", "runs", "failed", "median s", "slowest s")
    rows = [tally.row() for tally in tallies if tally.seconds]
    print(Table(f"Runs on {options.accel}", head, rows).markdown())
    sys.exit(1 if any(tally.failures for tally in tallies) else 0)


if __name__ == "__main__":
    main()
