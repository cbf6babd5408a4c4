"""A progress bar on standard error, for work that takes long, on a terminal only."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import click

_PATIENCE: Final = 0.5
"""Seconds without a bar: it would only flicker."""


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[int, int, Path], None] | None]:
    """Yield a progress function that draws a bar once the work takes longer; None without a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    started = time.monotonic()
    bars: list[Any] = []
    with ExitStack() as stack:

        def progress(done: int, total: int, _path: Path) -> None:
            if not bars and time.monotonic() - started > _PATIENCE:
                bars.append(stack.enter_context(click.progressbar(length=total, label=label, file=sys.stderr)))
            if bars:
                bars[0].update(done - bars[0].pos)

        yield progress
