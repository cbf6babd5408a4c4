"""Timers that the host is too slow for: their backlog is bounded, others get their turn, and the user is told."""

from __future__ import annotations

import logging

import pytest

from devgen.runtime.time.clock import Clocks, LiveClock, OffsetClock
from devgen.runtime.time.live_clock import HELD_EXPIRATIONS, LATE_LIMIT, REPORT_EVERY
from devgen.runtime.time.timer import Timer

MS = 1_000_000
BATCH = 64


class SlowHost:
    """A host on which each expiry of a periodic timer of 1 kHz takes ``cost`` ns of its own time."""

    def __init__(self, cost: int) -> None:
        self.wall = 10**12
        self.cost = cost
        self.clock = LiveClock(source=lambda: self.wall)
        self.fired: list[int] = []
        self.due = 0
        self.fast = Timer(self.clock, self._tick)

    def _tick(self) -> None:
        self.wall += self.cost
        self.fired.append(self.clock.now())
        self.due += MS
        self.fast.arm_at(self.due)

    def run(self, seconds: float) -> None:
        end = self.wall + int(seconds * 1e9)
        self.due = self.clock.now() + MS
        self.fast.arm_at(self.due)
        while self.wall < end:
            self.wall += 50_000  # the guest's turn
            self.clock.run_due(BATCH)


def test_a_host_that_is_fast_enough_is_on_time() -> None:
    host = SlowHost(cost=100_000)
    host.run(2)
    assert host.clock.now() == pytest.approx(2e9, abs=2 * MS)
    assert not host.clock.waiting


def test_the_guests_time_waits_and_no_tick_is_lost() -> None:
    host = SlowHost(cost=3 * MS)
    host.run(3)
    elapsed = host.clock.now()
    assert elapsed < 1.5e9
    assert len(host.fired) >= elapsed // MS - LATE_LIMIT // MS - BATCH
    assert host.fired == sorted(host.fired)


def test_another_timer_is_not_kept_waiting_by_more_than_the_limit() -> None:
    host = SlowHost(cost=3 * MS)
    late: list[int] = []

    def other() -> None:
        late.append(host.clock.now() - slow_due[0])
        slow_due[0] += 20 * MS
        timer.arm_at(slow_due[0])

    slow_due = [20 * MS]
    timer = Timer(host.clock, other)
    timer.arm_at(slow_due[0])
    host.run(5)
    # what may be late, and what one batch of the other timer takes before the lateness is looked at again
    assert max(late) <= LATE_LIMIT + BATCH * host.cost
    assert len(late) > 20


def test_time_never_goes_back_and_moves_on_with_a_timer_that_is_always_due() -> None:
    wall = 10**12
    clock = LiveClock(source=lambda: wall)
    count = 0

    def again() -> None:
        nonlocal wall, count
        wall += 1000
        count += 1
        timer.arm_at(1)

    timer = Timer(clock, again)
    wall += 10**9
    timer.arm_at(1)
    seen = []
    for _ in range(10 * HELD_EXPIRATIONS // BATCH):
        wall += 50_000
        clock.run_due(BATCH)
        seen.append(clock.now())
    assert seen == sorted(seen)
    assert seen[-1] > seen[0]
    assert count == 10 * HELD_EXPIRATIONS


def test_a_timer_that_is_cancelled_while_time_waits_lets_it_go_on() -> None:
    host = SlowHost(cost=3 * MS)
    host.run(1)
    while not host.clock.waiting:
        host.wall += 50_000
        host.clock.run_due(BATCH)
    host.fast.cancel()
    host.clock.run_due(BATCH)
    before = host.clock.now()
    host.wall += 5 * MS
    assert (host.clock.waiting, host.clock.now() - before) == (False, 5 * MS)


def test_other_clocks_wait_too_and_are_back_at_the_next_start() -> None:
    host = SlowHost(cost=3 * MS)
    rtc = OffsetClock(host.clock, 10**18)
    host.clock.follow(rtc)
    at_first = host.wall
    host.run(2)
    assert rtc.now() - 10**18 == host.clock.now()
    host.clock.stop()
    host.clock.start()
    assert rtc.now() - 10**18 == host.wall - at_first


def test_a_clock_that_waits_can_be_stopped_and_is_running_until_then() -> None:
    host = SlowHost(cost=3 * MS)
    host.run(1)
    while not host.clock.waiting:
        host.wall += 50_000
        host.clock.run_due(BATCH)
    assert host.clock.running
    host.clock.start()
    assert host.clock.waiting
    host.clock.stop()
    now = host.clock.now()
    host.wall += 10**9
    assert (host.clock.running, host.clock.waiting, host.clock.now()) == (False, False, now)


def test_the_user_is_told_once_in_a_while(caplog: pytest.LogCaptureFixture) -> None:
    host = SlowHost(cost=3 * MS)
    with caplog.at_level(logging.WARNING, "devgen.time"):
        host.run(3 * REPORT_EVERY / 1e9)
    lines = [record.message for record in caplog.records]
    assert 2 <= len(lines) <= 4
    assert all(line.startswith("timers are ") and " s late: the host is too slow" in line for line in lines)


def test_nothing_is_said_of_a_host_that_keeps_up(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "devgen.time"):
        SlowHost(cost=100_000).run(30)
    assert not caplog.records


def test_manual_clocks_are_exact_as_ever() -> None:
    clocks = Clocks.manual()
    assert not clocks.virtual.waiting
