"""Time on a bench: it stands still until a test moves it."""

from __future__ import annotations

from typing import Final

from devgen.hosts.bench.arguments import BenchError, duration_of
from devgen.runtime.machine.machine import Machine
from devgen.runtime.time.clock import VirtualClock

EXPIRATIONS: Final = 10_000_000


def clock_of(machine: Machine) -> VirtualClock:
    """Return the virtual clock of a machine with ``clock="manual"``."""
    clock = machine.clocks.virtual
    assert isinstance(clock, VirtualClock)  # the machine was asked for it
    return clock


class ManualTime:
    """What has a manual ``clock`` gets the methods of time."""

    clock: VirtualClock
    at_once = True
    """Whether timers that an entry makes due fire at its end; False in a replay that steps the clock for them."""

    def settle(self) -> None:
        """Fire the timers that the last entry into a device made due; see `devgen.runtime.time.clock`.

        All methods of the bench call it. Call it after using ``machine`` directly.
        """
        if self.at_once:
            self.clock.settle()

    @property
    def now(self) -> int:
        """Virtual time in ns."""
        return self.clock.now()

    def advance(self, duration: int | str) -> None:
        """Advance time by ns or by a text such as ``"1 s"``, ``"2.5 ms"``; each timer fires at its deadline.

        Raises BenchError for a wrong duration, or if more than ten million timers would fire.
        """
        until = self.clock.now() + duration_of(duration)
        if until < self.clock.now():
            raise BenchError("time does not move back")
        if not self.clock.run_until(until, EXPIRATIONS):
            raise BenchError(f"more than {EXPIRATIONS:,} timers fire in {duration}; time stands at {self.now} ns")
