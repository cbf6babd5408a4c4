"""Checks files on several processors. The findings are the same, and in the same order, as on one."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from devgen.errors import DevgenError
from devgen.language.path_checks import FileCheck, FileFindings

CheckProgress = Callable[[int, int, Path], None]
"""Called as ``progress(done, total, path)`` after each file."""

_WORTH_IT: Final = 24
"""Fewest files that are spread: starting a process costs as much as checking a few."""

_CHUNKS: Final = 8
"""Groups of files for each process: a large one at the end must not keep the others waiting."""

_DEATH_SIGNAL: Final = 1
"""``PR_SET_PDEATHSIG`` of prctl(2): a worker ends with its parent, also if that is killed."""

_checks: list[FileCheck] = []
"""In a worker process: the check that it runs. Set once, when the process starts."""


@dataclass(slots=True, frozen=True)
class Runner:
    """Calls a check with each file, in the order of the files, on up to ``jobs`` processors.

    Worker processes are forks, so they need nothing of the caller's program. A program with threads must not fork: its
    files are checked by itself, one after the other.
    """

    jobs: int
    progress: CheckProgress | None = None

    def __call__(self, check: FileCheck, paths: Sequence[Path]) -> Iterator[FileFindings]:
        """Yield the findings of each file.

        Raises:
            DevgenError: a worker process was killed.
        """
        jobs = min(self.jobs, len(paths)) if _may_fork() and len(paths) >= _WORTH_IT else 1
        results = map(check, paths) if jobs < 2 else _spread(check, paths, jobs)
        for done, (path, found) in enumerate(zip(paths, results, strict=True), 1):
            yield found
            if self.progress is not None:
                self.progress(done, len(paths), path)


def usable_processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0))


def _may_fork() -> bool:
    return threading.active_count() == 1


def _spread(check: FileCheck, paths: Sequence[Path], jobs: int) -> Iterable[FileFindings]:
    # Imported here, since most checks are of a few files.
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    context = multiprocessing.get_context("fork")
    pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_start, initargs=(check,))
    try:
        yield from pool.map(_run, paths, chunksize=max(1, len(paths) // (jobs * _CHUNKS)))
    except BrokenProcessPool as error:
        raise DevgenError("a process that checked files was killed; check fewer files at a time") from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _start(check: FileCheck) -> None:
    import ctypes
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the parent, which ends its workers
    ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGKILL)
    _checks.append(check)


def _run(path: Path) -> FileFindings:
    return _checks[-1](path)
