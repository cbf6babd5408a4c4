"""Ctrl-C during a run: Python would raise KeyboardInterrupt inside a callback from C, where it is printed and lost."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def noted_instead_of_raised(note: Callable[[], None]) -> Iterator[None]:
    """A context in which SIGINT calls ``note``, if its handler is Python's own and this is the main thread.

    ``note`` runs between any two bytecodes of the main thread: it must not wait for a lock.
    """
    default = signal.default_int_handler
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGINT) is not default:
        yield
        return
    signal.signal(signal.SIGINT, lambda *_: note())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, default)
