"""Clocks and timers: order, exact times, bounds."""

from __future__ import annotations

import pytest
from device_kit import manual
from hypothesis import given
from hypothesis import strategies as st

from devgen.runtime.time.clock import NEVER, SAME_TIME_LIMIT, Clocks, LiveClock, OffsetClock, VirtualClock
from devgen.runtime.time.timer import Timer


def test_a_timer_fires_at_its_own_time() -> None:
    clock = VirtualClock()
    seen: list[int] = []
    Timer(clock, lambda: seen.append(clock.now())).arm_at(70)
    clock.advance(69)
    assert seen == []
    clock.advance(31)
    assert (seen, clock.now()) == ([70], 100)


@given(st.lists(st.integers(0, 20), max_size=30))
def test_order_is_deadline_then_arming(deadlines: list[int]) -> None:
    clock = VirtualClock()
    seen: list[int] = []
    for index, deadline in enumerate(deadlines):
        Timer(clock, lambda index=index: seen.append(index)).arm_at(deadline)
    clock.advance(20)
    assert seen == sorted(range(len(deadlines)), key=lambda index: (deadlines[index], index))


def test_arming_again_goes_to_the_end_of_the_queue() -> None:
    clock = VirtualClock()
    seen: list[str] = []
    first = Timer(clock, lambda: seen.append("first"))
    second = Timer(clock, lambda: seen.append("second"))
    first.arm_at(5)
    second.arm_at(5)
    first.arm_at(5)
    clock.advance(5)
    assert seen == ["second", "first"]


def test_a_past_deadline_fires_on_the_next_run_without_moving_time_back() -> None:
    clock = VirtualClock(100)
    seen: list[int] = []
    Timer(clock, lambda: seen.append(clock.now())).arm_at(50)
    clock.advance(0)
    assert seen == [100]


def test_cancelled_and_negative_and_endless_deadlines() -> None:
    clock = VirtualClock()
    timer = Timer(clock, lambda: None)
    timer.arm_at(-5)
    assert timer.deadline == 0
    timer.arm_at(1 << 90)
    assert timer.deadline == NEVER
    timer.cancel()
    timer.cancel()
    assert (timer.armed, clock.next_deadline(), len(clock.queue)) == (False, None, 0)


def test_rearming_for_ever_keeps_the_queue_small() -> None:
    clock = VirtualClock()
    timers = [Timer(clock, lambda: None) for _ in range(3)]
    for step in range(10_000):
        timers[step % 3].arm_at(1_000_000 - step)
    assert len(clock.queue) == 3
    assert len(clock.queue._heap) < 100


def test_run_until_with_a_limit_stops_where_the_last_one_fired() -> None:
    clock = VirtualClock()
    timer = Timer(clock, lambda: timer.arm_in(1))
    timer.arm_at(1)
    assert clock.run_until(1_000_000_000, limit=50) is False
    assert clock.now() == 50
    assert clock.run_until(60) is True


def test_a_timer_that_rearms_at_now_does_not_stop_time() -> None:
    clock = VirtualClock()
    count = 0

    def again() -> None:
        nonlocal count
        count += 1
        timer.arm_at(clock.now())

    timer = Timer(clock, again)
    timer.arm_at(10)
    clock.advance(12)
    assert clock.now() == 12
    assert count <= 3 * SAME_TIME_LIMIT


def test_offset_clocks_share_the_queue() -> None:
    clocks, virtual = manual()
    rtc = OffsetClock(virtual, 1_000_000)
    seen: list[str] = []
    Timer(virtual, lambda: seen.append("virtual")).arm_at(500)
    Timer(rtc, lambda: seen.append(f"rtc {rtc.now()}")).arm_at(1_000_400)
    virtual.advance(1000)
    assert seen == ["rtc 1000400", "virtual"]
    assert clocks.host.now() == virtual.now() == 1000


def test_moving_an_offset_clock_keeps_deadlines_on_it() -> None:
    clock = VirtualClock()
    rtc = OffsetClock(clock, 1000)
    timer = Timer(rtc, lambda: None)
    timer.arm_at(1500)
    rtc.set_offset(1300)
    assert clock.next_deadline() == 200
    assert timer.deadline == 1500


class Source:
    def __init__(self) -> None:
        self.time = 0

    def __call__(self) -> int:
        return self.time


def test_live_time_stands_still_while_stopped_and_the_rtc_catches_up() -> None:
    source = Source()
    clock = LiveClock(source=source)
    rtc = OffsetClock(clock, 5000)
    clock.follow(rtc)
    source.time = 100
    clock.stop()
    source.time = 700
    assert (clock.now(), rtc.now()) == (100, 5100)
    clock.start()
    assert (clock.now(), rtc.now()) == (100, 5700)
    source.time = 710
    assert (clock.now(), rtc.now()) == (110, 5710)
    clock.set_time(9)
    assert (clock.now(), rtc.now()) == (9, 5710)


def test_a_periodic_timer_of_one_tick_is_bounded_work_on_a_live_clock() -> None:
    source = Source()
    clock = LiveClock(source=source)
    fired = 0

    def again() -> None:
        nonlocal fired
        fired += 1
        timer.arm_at(fired)

    timer = Timer(clock, again)
    timer.arm_at(1)
    source.time = 1_000_000_000
    assert clock.run_due(100) is True
    assert fired == 100


def test_an_earlier_deadline_wakes_the_host() -> None:
    clock = LiveClock(source=Source())
    woken: list[int | None] = []
    clock.queue.on_earlier = lambda: woken.append(clock.next_deadline())
    late, soon = Timer(clock, lambda: None), Timer(clock, lambda: None)
    late.arm_at(900)
    soon.arm_at(100)
    late.arm_at(800)
    assert woken == [900, 100]


def test_the_latched_time_is_one_time() -> None:
    source = Source()
    clock = LiveClock(source=source)
    seen: list[int] = []
    timer = Timer(clock, lambda: seen.append(clock.now()))
    timer.arm_at(40)
    clock.make_exact([timer])
    source.time = 100
    clock.latch(10)
    source.time = 130
    assert (seen, clock.now()) == ([40], 100)
    clock.unlatch()
    assert clock.now() == 130


@pytest.mark.parametrize("clocks", [Clocks.manual(), Clocks.live()], ids=["manual", "live"])
def test_clocks_name_three(clocks: Clocks) -> None:
    assert clocks.virtual.queue is clocks.rtc.queue is clocks.host.queue
