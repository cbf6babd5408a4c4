"""Stops the processor, always between two instructions.

A stop request in the middle of an instruction takes effect after the instruction's next memory access: Unicorn has then
executed a part of the instruction, and executes all of it again when the guest continues. Only a code hook runs between
two instructions. So a request adds a code hook. Unicorn calls it before the next instruction, and it stops the run.
Nothing else stops Unicorn, so a run that ends without a request has executed HLT or WFI.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from unicorn import UC_HOOK_CODE

from devgen.hosts.emulator.unicorn_engine import Engine

_NOWHERE = (1 << 64) - 2


class Gate:
    """Stops a run between two instructions. ``stopped``: whether the last run ended by a request or `watch`."""

    def __init__(self, engine: Engine) -> None:
        """Prepare ``engine``. Raises UcError."""
        self._engine = engine
        self._lock = threading.Lock()
        self._open = False
        self._hooks: list[int] = []
        self.stopped = False
        # With two code hooks, Unicorn searches its list of hooks at each instruction. With one, it compiles the call
        # into the translated code, which then does not call a hook that is added later.
        engine.hook_add(UC_HOOK_CODE, self._never, begin=_NOWHERE, end=_NOWHERE)

    @property
    def running(self) -> bool:
        """Whether the processor runs."""
        return self._open

    def open(self) -> None:
        """Call before a run: requests have an effect from now on."""
        with self._lock:
            self.stopped = False
            self._open = True

    def close(self) -> None:
        """Call after a run: remove the added hooks."""
        with self._lock:
            self._open = False
            for hook in self._hooks:
                self._engine.hook_del(hook)
            self._hooks.clear()

    def request(self) -> None:
        """Stop before the next instruction; no effect if the processor does not run. From any thread."""
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
        """Never called: no instruction has this address."""
