"""Tracebacks of mistakes in a test's use of devgen: they end at the test's line."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from devgen.errors import DevgenError
from devgen.share import PACKAGE

if TYPE_CHECKING:
    import pytest


def hide_frames(raised: pytest.ExceptionInfo[BaseException]) -> None:
    """Remove devgen's own frames from the traceback of an error that its user's mistake causes.

    The traceback of any other exception, and one that has no other frames, stays as it is.
    """
    if isinstance(raised.value, DevgenError):
        kept = _without_own(raised.tb)
        if kept is not None:
            # pytest goes from one raw traceback to the next, so that a filtered list of them would not be used.
            raised.traceback = type(raised.traceback)(kept)


def _without_own(traceback: TracebackType) -> TracebackType | None:
    """Return a copy of a traceback without the frames of devgen's modules."""
    entries = []
    rest: TracebackType | None = traceback
    while rest is not None:
        entries.append(rest)
        rest = rest.tb_next
    kept: TracebackType | None = None
    for entry in reversed(entries):
        if PACKAGE not in Path(entry.tb_frame.f_code.co_filename).parents:
            kept = TracebackType(kept, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return kept
