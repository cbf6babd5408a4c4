"""A queue of functions that other threads and signal handlers pass to the server's thread."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from devgen.runtime.base.faults import MachineError

T = TypeVar("T")


class Calls:
    """The queue. All methods except ``work`` and ``end`` may be called from any thread."""

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], object]] = deque()
        self._futures: set[Future[object]] = set()
        self._gate = threading.Lock()
        self._ended = False

    def add(self, function: Callable[[], object]) -> None:
        """Queue a function; its result is discarded. Takes no lock, so a signal handler may call it."""
        self._waiting.append(function)

    def put(self, function: Callable[[], T]) -> Future[T]:
        """Queue a function; pass the future to ``wait``. Raises MachineError if the server has ended."""
        future: Future[T] = Future()

        def do() -> None:
            try:
                future.set_result(function())
            except BaseException as error:
                future.set_exception(error)

        with self._gate:
            if self._ended:
                raise MachineError("the server has ended")
            self._futures.add(future)  # type: ignore[arg-type]
            self._waiting.append(do)
        return future

    def wait(self, future: Future[T]) -> T:
        """Return the function's result or raise its exception; MachineError if it was never called."""
        try:
            return future.result()
        finally:
            with self._gate:
                self._futures.discard(future)

    def work(self) -> None:
        """Call the queued functions."""
        while self._waiting:
            self._waiting.popleft()()

    def end(self) -> None:
        """Discard the queue; waiting threads get a MachineError."""
        with self._gate:
            self._ended = True
            self._waiting.clear()
            for future in self._futures:
                if not future.done():
                    future.set_exception(MachineError("the server has ended"))
