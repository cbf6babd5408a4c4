"""The machine's lock: reentrant, and free of charge for the one thread that needs it millions of times.

A virtual processor takes the lock for every access of its guest, everyone else now and then. An ordinary lock costs the
processor more than the access itself. So one thread may be the *favourite*: it does not take the lock, it only shows
that it is ``inside``, and looks whether somebody has ``wanted`` the lock; whoever does waits until it is outside.

    lock.inside = True                  the favourite's side, around every access
    if lock.wanted:
        lock.inside = False
        with lock: ...                  the long way: wait like everybody else
    else:
        ...
        lock.inside = False

    wanted = True                       the others' side, holding the lock that they share among themselves
    while inside: wait

This is Dekker's algorithm: each side says what it wants before it looks at the other, so at least one of them sees the
other. It needs memory accesses to take effect in program order, which the interpreter's global lock guarantees; an
interpreter that runs without one gets no favourite (``favour`` then changes nothing and answers False).
"""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType

SHORTEST = 20e-6  # seconds between two looks at a favourite that is inside
LONGEST = 2e-3


class MachineLock:
    """A reentrant lock with an optional favourite. Any thread may use it as a context manager."""

    __slots__ = ("_depth", "_favourite", "_lock", "_nested", "inside", "wanted")

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._nested = 0
        self._favourite: int | None = None
        self.inside = False
        """The favourite is at work; only it writes this."""
        self.wanted = False
        """Somebody else has the lock or waits for the favourite; written by who holds ``_lock``."""

    def favour(self, favourite: bool) -> bool:
        """Make the calling thread the favourite, or no longer; True if it is now. There is one at most."""
        with self._lock:
            if not favourite:
                if self._favourite == threading.get_ident():
                    self._favourite, self.inside, self._nested = None, False, 0
            elif self._favourite is None and not _free_threaded():
                self._favourite = threading.get_ident()
            return self._favourite == threading.get_ident()

    def acquire(self) -> bool:
        """Wait for the lock; True. The favourite has it while it is inside."""
        if self.inside and self._favourite == threading.get_ident():
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
        if self._nested and self._favourite == threading.get_ident():
            self._nested -= 1
            return
        if not self.owned():
            raise RuntimeError("release of a machine's lock that this thread does not have")
        self._depth -= 1
        if self._depth == 0:
            self.wanted = False
        self._lock.release()

    def owned(self) -> bool:
        """Whether the calling thread has the lock."""
        if self.inside and self._favourite == threading.get_ident():
            return True
        return self._lock._is_owned()  # type: ignore[attr-defined,no-any-return]

    def _wait(self) -> None:
        # The favourite is inside for microseconds, and stays outside once it has seen `wanted`.
        pause = SHORTEST
        try:
            while self.inside:
                time.sleep(pause)
                pause = min(2 * pause, LONGEST)
        except BaseException:  # interrupted from the keyboard: whoever fails to acquire must not keep it
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
