"""Clocks in nanoseconds.

A machine has one master clock (``virtual``), which is manual in tests and replays and live on a CPU host. ``rtc`` and
``host`` have an offset from it, so all timers of a machine are in one queue and fire in one order: by deadline, and
with equal deadlines in the order in which they were armed.

An *entry* into a device is one access, one change of a GPIO input, one received byte, one doorbell, one reset or one
timer. A timer that an entry arms for the present time, or for a time that has passed, does not fire during that entry.
It fires when the entry ends, before any other entry into any device and before the guest's next instruction. Each host
calls `MasterClock.settle` at this point if ``queue.due`` is set. Only arming a timer sets ``queue.due``, so an entry
that arms no timer costs nothing extra.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from devgen.runtime.base.plain_state import Json, integer
from devgen.runtime.time.live_clock import LiveClock
from devgen.runtime.time.master_clock import AT_ONCE_LIMIT, NEVER, Clock, MasterClock, OffsetClock
from devgen.runtime.time.virtual_clock import SAME_TIME_LIMIT, VirtualClock

__all__ = [
    "AT_ONCE_LIMIT",
    "NEVER",
    "SAME_TIME_LIMIT",
    "Clock",
    "Clocks",
    "LiveClock",
    "MasterClock",
    "OffsetClock",
    "VirtualClock",
]


@dataclass(slots=True)
class Clocks:
    """The three clocks that a description can name. ``virtual`` is the master and stops with the VM."""

    virtual: MasterClock
    rtc: Clock
    host: Clock

    def save(self) -> dict[str, Json]:
        """Return the present times in ns, with keys ``clock`` (virtual), ``rtc`` and ``host``."""
        return {"clock": self.virtual.now(), "rtc": self.rtc.now(), "host": self.host.now()}

    def offsets(self) -> dict[str, Json]:
        """Return by how many ns rtc and host are ahead of the virtual clock: it changes when a stopped VM starts."""
        return {"rtc_offset_ns": self.rtc.offset, "host_offset_ns": self.host.offset}

    @staticmethod
    def check(data: Mapping[str, Json]) -> tuple[int, int, int]:
        """Return the (virtual, rtc, host) times of data from ``save``. Raises StateError for other data."""
        return (
            integer(data["clock"], 0, 1 << 62, "the clock"),
            integer(data["rtc"], -NEVER, NEVER, "the rtc clock"),
            integer(data["host"], -NEVER, NEVER, "the host clock"),
        )

    def restore(self, times: tuple[int, int, int]) -> None:
        """Set all clocks to the ``times`` of a saved state without firing timers, before its devices are restored.

        Counters then read as saved, and deadlines keep their distance from now. On a live host all clocks, including
        rtc, continue from these times.
        """
        virtual, rtc, host = times
        self.virtual.set_time(virtual)
        self.virtual.put(self.rtc, rtc)
        self.virtual.put(self.host, host)

    @staticmethod
    def manual(start: int = 0, rtc_epoch: int = 0) -> Clocks:
        """Make clocks for tests and replays that start at ``start`` ns; rtc reads ``rtc_epoch`` seconds at time 0."""
        virtual = VirtualClock(start)
        return Clocks(virtual, OffsetClock(virtual, rtc_epoch * 1_000_000_000), OffsetClock(virtual))

    @staticmethod
    def live(*, running: bool = True) -> Clocks:
        """Make clocks for a CPU host: rtc starts at the wall-clock time and advances also while the VM is paused."""
        virtual = LiveClock(running=running)
        rtc = OffsetClock(virtual, time.time_ns() - virtual.now())
        host = OffsetClock(virtual, time.monotonic_ns() - virtual.now())
        virtual.follow(rtc)
        virtual.follow(host)
        return Clocks(virtual, rtc, host)
