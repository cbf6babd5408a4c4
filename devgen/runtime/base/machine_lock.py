"""The machine's lock: reentrant, with a fast path for one thread.

A virtual processor takes the lock for every access of its guest; all other threads take it rarely. An ordinary lock
would cost the processor more time than the access itself. Therefore one thread may own the *fast path*: instead of
taking the lock, it sets ``inside`` and then tests ``wanted``. Other threads set ``wanted`` and then wait until
``inside`` is False.

    lock.inside = True                  the fast path's owner, around every access
    if lock.wanted:
        lock.inside = False
        with lock: ...                  the slow path: take the lock like any other thread
    else:
        ...
        lock.inside = False

    wanted = True                       other threads, while they hold the inner lock
    while inside: wait

This is Dekker's algorithm: each side sets its own flag before it tests the other's, so at least one side sees the
other. It needs memory accesses to take effect in program order, which the interpreter's global lock guarantees. Without
a global lock there is no fast path: ``own_fast_path`` does nothing and returns False.
"""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType

SHORTEST = 20e-6  # seconds between two tests of `inside`: the first pause, which doubles up to LONGEST
LONGEST = 2e-3


class MachineLock:
    """A reentrant lock with a fast path for one thread. Any thread may use it as a context manager."""

    __slots__ = ("_depth", "_lock", "_nested", "_owner", "inside", "wanted")

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._nested = 0
        self._owner: int | None = None
        self.inside = False
        """The fast path's owner holds the lock; only this thread writes it."""
        self.wanted = False
        """Another thread holds the lock or waits for the fast path's owner; written only with ``_lock`` held."""

    def own_fast_path(self, own: bool) -> bool:
        """Make the calling thread the owner of the fast path, or give that up; return whether it is the owner now.

        At most one thread owns the fast path. The request has no effect if another thread owns it.
        """
        with self._lock:
            if not own:
                if self._owner == threading.get_ident():
                    self._owner, self.inside, self._nested = None, False, 0
            elif self._owner is None and not _free_threaded():
                self._owner = threading.get_ident()
            return self._owner == threading.get_ident()

    def acquire(self) -> bool:
        """Wait for the lock and return True. The fast path's owner holds the lock while ``inside`` is True."""
        if self.inside and self._owner == threading.get_ident():
            self._nested += 1
            return True
        self._lock.acquire()
        self._depth += 1
        if self._depth == 1:
            self.wanted = True
            if self.inside:
                self._wait()
        return True

    def release(self) -> None:
        """Undo one ``acquire``. Raises RuntimeError if the calling thread does not have the lock."""
        if self._nested and self._owner == threading.get_ident():
            self._nested -= 1
            return
        if not self.owned():
            raise RuntimeError("release of a machine's lock that this thread does not have")
        self._depth -= 1
        if self._depth == 0:
            self.wanted = False
        self._lock.release()

    def owned(self) -> bool:
        """Whether the calling thread holds the lock."""
        if self.inside and self._owner == threading.get_ident():
            return True
        return self._lock._is_owned()  # type: ignore[attr-defined,no-any-return]

    def _wait(self) -> None:
        # The fast path's owner is inside for microseconds, and takes the slow path once it has seen `wanted`.
        pause = SHORTEST
        try:
            while self.inside:
                time.sleep(pause)
                pause = min(2 * pause, LONGEST)
        except BaseException:  # KeyboardInterrupt: a thread whose acquire fails must not keep the lock
            self.release()
            raise

    def __enter__(self) -> bool:
        """Acquire."""
        return self.acquire()

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        """Release."""
        self.release()


def _free_threaded() -> bool:
    return not getattr(sys, "_is_gil_enabled", lambda: True)()
