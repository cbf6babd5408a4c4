"""Functions that other threads, and signal handlers, have the server's thread do."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from devgen.runtime.base.faults import MachineError

T = TypeVar("T")


class Calls:
    """What is to be done. All but ``work`` and ``end`` may be called from any thread."""

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], object]] = deque()
        self._futures: set[Future[object]] = set()
        self._gate = threading.Lock()
        self._ended = False

    def add(self, function: Callable[[], object]) -> None:
        """Have it done, for nobody who waits. Takes no lock: a signal handler may call it at any moment."""
        self._waiting.append(function)

    def put(self, function: Callable[[], T]) -> Future[T]:
        """Have it done for who ``wait``s. Raises MachineError when nobody will do it any more."""
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
        """What the function has given back. Raises what it has raised, MachineError if it has never been done."""
        try:
            return future.result()
        finally:
            with self._gate:
                self._futures.discard(future)

    def work(self) -> None:
        """Do what waits."""
        while self._waiting:
            self._waiting.popleft()()

    def end(self) -> None:
        """Nothing is done any more; tell those who wait."""
        with self._gate:
            self._ended = True
            self._waiting.clear()
            for future in self._futures:
                if not future.done():
                    future.set_exception(MachineError("the server has ended"))
