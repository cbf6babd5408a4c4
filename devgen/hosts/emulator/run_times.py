"""When a run of the emulator host must look up from the guest: timers, the run's time limit, time slices, signals.

The kicker's thread calls ``_look`` and closes the gate in time, so that the guest stops before its next instruction. A
halted processor sleeps on ``wake`` instead.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from devgen.hosts.emulator.kicker import BEAT, Kicker
from devgen.runtime.machine.machine import Machine
from devgen.runtime.time.clock import LiveClock, VirtualClock

SIGNAL_BEAT: Final = 0.1
"""Seconds after which a running or halted guest is interrupted so that Python can handle signals."""

_SLICE: Final = 0.002
"""Seconds of a time slice."""


class RunTimes:
    """The times of a machine's runs.

    ``noticed``: whether the gate is to be closed in any case. ``close_gate`` closes it, from any thread. ``wake`` is
    set when a halted processor has to be looked at. ``timeout``: the present run's limit in seconds.
    """

    def __init__(self, machine: Machine, noticed: Callable[[], bool], close_gate: Callable[[], None]) -> None:
        self.wake = threading.Event()
        self.timeout: float | None = None
        self._machine = machine
        self._clock = machine.clocks.virtual
        self._noticed = noticed
        self._close_gate = close_gate
        self._kicker: Kicker | None = None
        self._deadline: float | None = None
        self._slice_end: float | None = None
        self._last_turn = 0.0

    @contextmanager
    def running(self, timeout: float | None) -> Iterator[None]:
        """Let virtual time pass, and close the gate in time, while the context lasts."""
        self.timeout = timeout
        self._deadline = None if timeout is None else time.monotonic() + timeout
        queue = self._clock.queue
        self._kicker = kicker = Kicker(self._look)
        self._hold_clock(False)
        earlier, queue.on_earlier = queue.on_earlier, self._timer_moved
        kicker.start()
        try:
            yield
        finally:
            queue.on_earlier = earlier
            self._kicker = None
            kicker.close()
            self._hold_clock(True)

    def turn(self) -> None:
        """Note that Python's code runs now and can handle signals."""
        self._last_turn = time.monotonic()

    @property
    def is_over(self) -> bool:
        """Whether the run's time limit has passed."""
        return self._deadline is not None and time.monotonic() >= self._deadline

    @contextmanager
    def slice(self) -> Iterator[None]:
        """Close the gate at the end of a time slice, which begins now."""
        self._slice_end = time.monotonic() + _SLICE
        if self._kicker is not None:
            self._kicker.poke()
        yield
        self._slice_end = None

    def seconds_to_wait(self, deadline: int | None) -> float:
        """Seconds for which a halted processor may sleep; ``deadline``: the next timer, in ns of virtual time."""
        waits = [SIGNAL_BEAT]
        if deadline is not None:
            waits.append((deadline - self._clock.now()) / 1e9)
        if self._deadline is not None:
            waits.append(self._deadline - time.monotonic())
        return max(min(waits), 0.0)

    def _look(self) -> float:
        """Close the gate if a timer or a deadline is due; return the seconds until the next call."""
        now = time.monotonic()
        deadlines = [deadline for deadline in (self._deadline, self._slice_end) if deadline is not None]
        with self._machine.lock:
            left = min([self._time_to_timer(), *(deadline - now for deadline in deadlines)])
        if self._noticed() or left <= 0 or now - self._last_turn > SIGNAL_BEAT:
            self._close_gate()
            return _SLICE
        return left

    def _time_to_timer(self) -> float:
        """Seconds until the next timer is due, at most `BEAT`."""
        deadline = self._clock.next_deadline()
        if deadline is None or isinstance(self._clock, VirtualClock):
            return BEAT
        return min((deadline - self._clock.now()) / 1e9, BEAT)

    def _timer_moved(self) -> None:
        self.wake.set()
        if self._kicker is not None:
            self._kicker.poke()

    def _hold_clock(self, hold: bool) -> None:
        """Stop or start a live clock: virtual time passes only during a run."""
        clock = self._clock
        if not isinstance(clock, LiveClock):
            return
        with self._machine.lock:
            if hold:
                clock.stop()
            else:
                clock.start()
