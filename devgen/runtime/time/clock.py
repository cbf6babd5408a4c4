"""Clocks in nanoseconds.

A machine has one master clock (``virtual``), manual in tests and replays, live on a CPU host. ``rtc`` and ``host``
stand at an offset from it, so that all timers of a machine lie in one queue and fire in one order: by deadline,
equal deadlines in the order in which they were armed.

What is due now fires now. An *entry* into a device is one access, one GPIO input that is driven, one received byte, one
doorbell, one reset or one timer. A timer that an entry arms for the present time, or for a time that has passed, does
not fire in the middle of that entry; it fires as soon as the entry ends, before anything else happens to any device and
before the guest's next instruction. Each host calls `MasterClock.settle` there if ``queue.due`` says so; only arming a
timer sets ``queue.due``, so an entry that arms none pays nothing.
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
        """The present times, as plain data: keys ``clock`` (virtual), ``rtc`` and ``host``."""
        return {"clock": self.virtual.now(), "rtc": self.rtc.now(), "host": self.host.now()}

    @staticmethod
    def check(data: Mapping[str, Json]) -> tuple[int, int, int]:
        """The times that ``save`` gave. Raises StateError for anything else."""
        return (
            integer(data["clock"], 0, 1 << 62, "the clock"),
            integer(data["rtc"], -NEVER, NEVER, "the rtc clock"),
            integer(data["host"], -NEVER, NEVER, "the host clock"),
        )

    def restore(self, times: tuple[int, int, int]) -> None:
        """Put all clocks at the ``times`` of a saved state, without firing anything, before its devices are restored.

        So counters read as saved and deadlines keep their distance, wherever the clocks were. On a live host all of
        them, rtc too, go on from there.
        """
        virtual, rtc, host = times
        self.virtual.set_time(virtual)
        self.virtual.put(self.rtc, rtc)
        self.virtual.put(self.host, host)

    @staticmethod
    def manual(start: int = 0, rtc_epoch: int = 0) -> Clocks:
        """Clocks for tests and replays: time from ``start`` ns; the rtc reads ``rtc_epoch`` seconds at time 0."""
        virtual = VirtualClock(start)
        return Clocks(virtual, OffsetClock(virtual, rtc_epoch * 1_000_000_000), OffsetClock(virtual))

    @staticmethod
    def live(*, running: bool = True) -> Clocks:
        """Clocks for a CPU host: rtc is the wall's time as of now, and goes on while the VM is held."""
        virtual = LiveClock(running=running)
        rtc = OffsetClock(virtual, time.time_ns() - virtual.now())
        host = OffsetClock(virtual, time.monotonic_ns() - virtual.now())
        virtual.follow(rtc)
        virtual.follow(host)
        return Clocks(virtual, rtc, host)
