"""Counters against exact fractions."""

from __future__ import annotations

from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devgen.runtime.base.faults import StateError
from devgen.runtime.time.clock import LiveClock, OffsetClock, VirtualClock
from devgen.runtime.time.counter import Counter
from devgen.runtime.time.timer import Timer

PERIODS = st.tuples(st.integers(1, 10**10), st.integers(1, 10**7))
TIMES = st.integers(0, 10**15)
WIDTHS = st.sampled_from((8, 16, 32, 64))


@given(PERIODS, WIDTHS, TIMES, st.integers(0, 2**64))
def test_phase_clock_counts_the_clocks_own_multiples(period: tuple[int, int], width: int, now: int, start: int) -> None:
    clock = VirtualClock(now)
    counter = Counter(clock, period, width, start=start)
    assert counter.read() == (floor(Fraction(now) / Fraction(*period)) + start) % 2**width


@given(PERIODS, WIDTHS, TIMES, TIMES, st.integers(0, 2**64))
def test_phase_start_counts_from_the_load(period: tuple[int, int], width: int, begin: int, ns: int, value: int) -> None:
    clock = VirtualClock(begin)
    counter = Counter(clock, period, width, phase="start")
    counter.load(value)
    clock.advance(ns)
    assert counter.read() == (floor(Fraction(ns) / Fraction(*period)) + value) % 2**width


@given(PERIODS, TIMES, TIMES, st.integers(1, 10**6), st.sampled_from(("clock", "start")))
def test_time_of_is_the_first_nanosecond_of_the_tick(
    period: tuple[int, int], begin: int, later: int, ticks: int, phase: str
) -> None:
    clock = VirtualClock(begin)
    counter = Counter(clock, period, 64, phase="start" if phase == "start" else "clock")
    clock.advance(later)
    before = counter.read()
    edge = counter.time_of(ticks)
    distance = counter.ns_until(ticks)
    assert edge is not None
    assert distance == edge - clock.now() > 0 or edge == clock.now()
    if edge > clock.now() + 1:
        clock.advance(edge - clock.now() - 1)
        assert counter.read() - before < ticks
    clock.run_until(edge)
    assert counter.read() - before >= ticks


@given(PERIODS, TIMES, st.integers(0, 10**6))
def test_time_after_is_relative_to_now(period: tuple[int, int], now: int, ticks: int) -> None:
    clock = VirtualClock(now)
    exact = Fraction(*period) * ticks
    assert Counter(clock, period, 32).time_after(ticks) == now - floor(-exact)


def test_loading_takes_effect_at_once_and_keeps_the_clocks_edges() -> None:
    clock = VirtualClock(1_700_000_000)
    counter = Counter(clock, (1_000_000_000, 1), 32)
    counter.load(50)
    assert counter.read() == 50
    clock.advance(300_000_000)
    assert counter.read() == 51


def test_a_stopped_counter_keeps_its_value() -> None:
    clock = VirtualClock()
    counter = Counter(clock, (10, 1), 8)
    clock.advance(55)
    counter.stop()
    clock.advance(1000)
    assert (counter.read(), counter.time_of(3), counter.ns_until(3), counter.time_after(3)) == (5, None, None, None)
    counter.load(300)
    assert counter.read() == 300 % 256
    counter.start()
    assert counter.read() == 44
    clock.advance(10)
    assert counter.read() == 45


def test_reset_is_power_on() -> None:
    clock = VirtualClock()
    counter = Counter(clock, (10, 1), 8, phase="start", enabled=False, start=9)
    counter.start()
    clock.advance(100)
    counter.reset()
    assert (counter.enabled, counter.read()) == (False, 9)


@pytest.mark.parametrize("period", [(0, 1), (1, 0), (-1, 1)])
def test_an_impossible_period_is_refused(period: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="positive"):
        Counter(VirtualClock(), period, 8)


@given(st.sampled_from(("clock", "start")), st.integers(0, 10**6), st.booleans(), st.integers(0, 10**6))
def test_saved_state_goes_on_alike(phase: str, now: int, enabled: bool, later: int) -> None:
    clock = VirtualClock()
    kind = "start" if phase == "start" else "clock"
    one = Counter(clock, (7, 3), 16, phase=kind)
    clock.advance(now)
    one.load(now)
    one.set_enabled(enabled)
    other = Counter(clock, (7, 3), 16, phase=kind)
    other.load_state(one.save())
    clock.advance(later)
    assert other.read() == one.read()


@pytest.mark.parametrize(
    "data",
    [None, 5, {}, {"enabled": 1, "value": 0, "origin": 0}, {"enabled": True, "value": 256, "origin": 0}, {"value": 0}],
)
def test_a_state_of_another_kind_is_refused(data: object) -> None:
    counter = Counter(VirtualClock(), (1, 1), 8)
    before = counter.save()
    with pytest.raises(StateError):
        counter.load_state(data)  # type: ignore[arg-type]
    assert counter.save() == before


@pytest.mark.parametrize("offset", [0, 1_000_000])
def test_a_close_match_is_not_missed_by_a_slow_host_that_starts_the_counter(offset: int) -> None:
    """The host takes 10 us for each look at the time; the match is 5 us away."""
    live = LiveClock(source=iter(range(0, 10**9, 10_000)).__next__)
    clock = OffsetClock(live, offset) if offset else live
    counter = Counter(clock, (1_000, 1), 32, phase="start", enabled=False)
    timer = Timer(clock, lambda: None)
    counter.add_alarm(timer, lambda: timer.arm_at(counter.time_of((5 - counter.read()) % 2**32)))
    timer.wait()
    counter.start()
    assert timer.deadline is not None
    assert 0 < clock.now() - timer.deadline < 100_000  # it fires now, not after the count has wrapped
    assert clock.now() < clock.now()
