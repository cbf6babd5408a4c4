"""Limits for the compilation of untrusted SystemRDL: nesting, and processor time.

A short file can expand to an endless one, by macros, replications or components that instantiate each other. The
compiler has no limits of its own.
"""

from __future__ import annotations

import re
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from devgen.errors import FileError

DEEPEST: Final = 100
"""Most brackets around a place; the parser's time grows with the power of parentheses."""

LARGEST_OPERAND: Final = 4096
"""Most bits of a shift, greatest exponent: the compiler makes numbers of any length."""

_SECONDS: Final = 60
_BYTES_A_SECOND: Final = 100_000

_TOKENS: Final = re.compile(
    r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/|[(\[{]|[)\]}]|(?:<<|\*\*)\s*(?:0x[0-9a-fA-F]+|\d+|\()', re.S
)


def check_text(text: str, path: object) -> None:
    """Raise FileError if brackets are too deep, or if an operator makes a number of unbounded length."""
    depth = 0
    for found in _TOKENS.finditer(text):
        token = found[0]
        if token in "([{":
            depth += 1
            if depth > DEEPEST:
                raise FileError(f"{path}:{_line(text, found.start())}: more than {DEEPEST} brackets inside each other")
        elif token in ")]}":
            depth = max(depth - 1, 0)
        elif token[:2] in ("<<", "**"):
            operand = token[2:].strip()
            if operand == "(":
                depth += 1
            elif int(operand, 0 if operand[:2] == "0x" else 10) > LARGEST_OPERAND:
                line = _line(text, found.start())
                raise FileError(f"{path}:{line}: '{token[:2]} {operand}' makes a number that is too long")


@contextmanager
def bounded_time(size: int, path: object) -> Iterator[None]:
    """Raise FileError if the work takes more processor time than files of ``size`` bytes need.

    Only the main thread can be interrupted; elsewhere, and where a timer runs already, there is no limit.
    """
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getitimer(signal.ITIMER_VIRTUAL)[0]:
        yield
        return
    seconds = _SECONDS + size // _BYTES_A_SECOND

    def stop(number: int, frame: FrameType | None) -> None:
        raise FileError(f"{path}: compiling takes more than {seconds} s of processor time; it expands without end")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1
