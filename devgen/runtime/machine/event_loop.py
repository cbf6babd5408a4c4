"""A thread that waits for descriptors: doorbells, input of streams, and resamplefds of level interrupts.

A doorbell is delivered under the machine's lock, with the number of rings that the eventfd has merged.
"""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable
from contextlib import suppress

from devgen.runtime.base.machine_lock import MachineLock
from devgen.runtime.memory.event_notifier import IoEventFd

BEAT = 0.02  # seconds between two calls of `between` while coalesced writes may wait in the kernel


class EventLoop:
    """Watches descriptors while started. ``lock`` is the machine's; only ``start`` and ``stop`` do not need it held.

    ``between`` is called under the lock before and after every delivery, and every `BEAT` seconds after
    ``set_beat(True)``. An exception of a handler is passed to ``failed``, and the loop continues.
    """

    def __init__(self, lock: MachineLock, between: Callable[[], None], failed: Callable[[Exception], None]) -> None:
        self._lock = lock
        self._between = between
        self._failed = failed
        self._poll = select.epoll(flags=select.EPOLL_CLOEXEC)
        self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._poll.register(self._wake, select.EPOLLIN)
        self._doorbells: dict[int, list[IoEventFd]] = {}
        self._callbacks: dict[int, Callable[[], None]] = {}
        self._thread: threading.Thread | None = None
        self._running = False
        self._beat: float | None = None

    # --- watching descriptors ---

    def watch(self, fd: int, doorbell: IoEventFd) -> None:
        """Deliver the rings of ``doorbell``, whose eventfd is ``fd``. Call it once for each address of the doorbell."""
        placed = self._doorbells.setdefault(fd, [])
        placed.append(doorbell)
        if len(placed) == 1:
            self._poll.register(fd, select.EPOLLIN)

    def unwatch(self, fd: int, doorbell: IoEventFd) -> None:
        """Undo one ``watch`` after delivering pending rings."""
        self._ring(doorbell)
        placed = self._doorbells[fd]
        placed.remove(doorbell)
        if not placed:
            del self._doorbells[fd]
            with suppress(OSError):
                self._poll.unregister(fd)

    def watch_event(self, fd: int, callback: Callable[[], None]) -> None:
        """Call ``callback`` when ``fd`` is readable; ``callback`` must read it."""
        self._poll.register(fd, select.EPOLLIN)
        self._callbacks[fd] = callback

    def unwatch_event(self, fd: int) -> None:
        """Undo ``watch_event``."""
        del self._callbacks[fd]
        with suppress(OSError):
            self._poll.unregister(fd)

    def set_beat(self, on: bool) -> None:
        """Call ``between`` every `BEAT` seconds, or only for events."""
        self._beat = BEAT if on else None
        os.eventfd_write(self._wake, 1)

    # --- the thread ---

    def start(self) -> None:
        """Start the thread."""
        self._running = True
        self._thread = threading.Thread(target=self._run, name="devgen-events", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread, then deliver pending events, so that no ring is lost between two runs."""
        self._running = False
        os.eventfd_write(self._wake, 1)
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._dispatch([fd for fd, _ in self._poll.poll(0)])

    def close(self) -> None:
        """Release the descriptors; the loop must be stopped."""
        self._poll.close()
        os.close(self._wake)

    def _run(self) -> None:
        while self._running:
            self._dispatch([fd for fd, _ in self._poll.poll(self._beat)])

    def _dispatch(self, ready: list[int]) -> None:
        try:
            with self._lock:
                self._between()
                for fd in ready:
                    self._deliver(fd)
                    self._between()
        except Exception as error:
            self._failed(error)

    def _deliver(self, fd: int) -> None:
        if fd == self._wake:
            os.eventfd_read(fd)
            return
        callback = self._callbacks.get(fd)
        if callback is not None:
            callback()
        for doorbell in self._doorbells.get(fd, ())[:1]:
            self._ring(doorbell)

    @staticmethod
    def _ring(doorbell: IoEventFd) -> None:
        count = doorbell.notifier.test_and_clear()
        if count:
            doorbell.handler(count)
