"""Stopping the processor between two instructions, and only there.

A stop that Unicorn is asked for in the middle of an instruction takes effect behind its next memory access: the
instruction is then half done, and done once more when the guest goes on. Only a code hook runs between two
instructions. So a stop is asked for by adding one: the next instruction meets it, and the hook stops Unicorn for
good. Because nothing else ever stops it, a processor that comes back on its own has met HLT.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from unicorn import UC_HOOK_CODE

from devgen.hosts.emulator.unicorn_engine import Engine

_NOWHERE = (1 << 64) - 2


class Gate:
    """Closed, it lets no further instruction pass. ``stopped`` tells whether the last run ended at it."""

    def __init__(self, engine: Engine) -> None:
        """Prepare ``engine``. Raises UcError."""
        self._engine = engine
        self._lock = threading.Lock()
        self._open = False
        self._hooks: list[int] = []
        self.stopped = False
        # With a second code hook, Unicorn looks through its list at each instruction; with one it compiles the call in,
        # and a hook that is added later goes unnoticed by code that was translated before.
        engine.hook_add(UC_HOOK_CODE, self._never, begin=_NOWHERE, end=_NOWHERE)

    @property
    def running(self) -> bool:
        """Whether the processor runs."""
        return self._open

    def open(self) -> None:
        """The processor is about to run: requests count from now on."""
        with self._lock:
            self.stopped = False
            self._open = True

    def close(self) -> None:
        """The processor has come back: take away what was added."""
        with self._lock:
            self._open = False
            for hook in self._hooks:
                self._engine.hook_del(hook)
            self._hooks.clear()

    def request(self) -> None:
        """Stop before the next instruction; nothing if the processor does not run. From any thread."""
        with self._lock:
            if self._open and not self._hooks:
                self._add(self._stop)

    def watch(self, until: Callable[[], bool]) -> None:
        """Stop before the first instruction where ``until()`` is true. Between ``open`` and the start of the run."""
        with self._lock:
            self._add(lambda *_: self._stop() if until() else None)

    def _add(self, callback: Callable[..., None]) -> None:
        self._hooks.append(self._engine.hook_add(UC_HOOK_CODE, callback))

    def _stop(self, *_: object) -> None:
        self.stopped = True
        self._engine.emu_stop()

    @staticmethod
    def _never(*_: object) -> None:
        """No instruction is there."""
