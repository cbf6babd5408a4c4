"""A restored device goes on as the saved one would have, wherever the clocks of the restoring machine are."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from generated_code import class_of, described_in
from hypothesis import given, settings
from hypothesis import strategies as st

from devgen.hosts.bench import Bench
from devgen.runtime.base.faults import StateError
from devgen.runtime.device.device import Device
from devgen.runtime.time.clock import Clocks, LiveClock

DESCRIPTION = """
device: clocks
title: A counter and a timer of every kind
bus: sysbus
counters:
  virtual_edges: {clock: virtual, period: 7 us, width: 32}
  virtual_started: {clock: virtual, frequency: 3 MHz, width: 32, phase: start}
  seconds: {clock: rtc, period: 1 s, width: 32}
  host_edges: {clock: host, period: 1 ms, width: 32}
  gated: {clock: virtual, period: 1 us, width: 32, phase: start, enable: GATE}
state:
  due: {width: 64, description: A time that the description keeps for itself.}
timers:
  after: {clock: virtual, on_expire: [FIRED = u32(FIRED + 1), 'again()']}
  second: {counter: seconds, match: MATCH, on_expire: FIRED ^= 0x100}
  on_host: {clock: host, on_expire: FIRED ^= 0x200}
actions:
  again(): |
    due = u64(due + 1234567)
    after.arm_at(due)
regions:
  registers:
    space: mmio
    size: 64
    registers:
      V: {at: 0x00, access: ro, read: virtual_edges}
      S: {at: 0x04, access: ro, read: virtual_started}
      R: {at: 0x08, access: ro, read: seconds}
      H: {at: 0x0c, access: ro, read: host_edges}
      G: {at: 0x10, access: ro, read: gated}
      GATE: {at: 0x14, width: 32, fields: {ON: 0}}
      FIRED: {at: 0x18, access: ro}
      MATCH: {at: 0x1c, on_write: second.arm()}
      GO: {at: 0x20, access: wo, on_write: ['due = now', 'again()', on_host.arm_in(5000000)]}
interrupts:
  intr: {level: 'FIRED[0]'}
"""


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> type[Device]:
    made: type[Device] = class_of(described_in(DESCRIPTION, tmp_path_factory.mktemp("clocks")))
    return made


TIMES = st.integers(0, 10**10)
STEPS = st.lists(st.integers(0, 4 * 10**6), min_size=1, max_size=4)


def run(bench: Bench, steps: list[int]) -> list[Any]:
    """Registers after each step, and the line's changes by their distance from here."""
    start, seen = bench.now, []
    before = len(bench.transitions("intr"))
    for step in steps:
        bench.advance(step)
        seen.append([bench.read32(offset) for offset in range(0, 0x20, 4)])
    return [seen, [(t - start, level) for t, level in bench.transitions("intr")[before:]]]


def prepare(bench: Bench) -> None:
    bench.write32(0x20, 0)
    bench.write32(0x1C, (bench.read32(0x08) + 2) & 0xFFFFFFFF)


def saved(bench: Bench) -> Any:
    return json.loads(json.dumps(bench.save_state()))


@settings(deadline=None)
@given(TIMES, st.integers(0, 2**32), TIMES, st.integers(0, 2**32), STEPS, st.booleans())
def test_on_the_bench(
    device: type[Device], age: int, epoch: int, other_age: int, other_epoch: int, steps: list[int], gate: bool
) -> None:
    with Bench(device, rtc=epoch) as one, Bench(device, rtc=other_epoch) as other:
        one.advance(age)
        one.write32(0x14, gate)
        prepare(one)
        one.advance(steps[0])
        other.advance(other_age)
        other.write32(0x20, 0)  # what its own timers would do must not matter
        other.load_state(saved(one))
        assert [other.read32(offset) for offset in range(0, 0x20, 4)] == [
            one.read32(offset) for offset in range(0, 0x20, 4)
        ]
        assert run(other, steps) == run(one, steps)
        assert saved(other) == saved(one)


@pytest.mark.parametrize("name", ["pl031", "mc146818rtc", "hpet", "sp804", "i8254", "serial16550"])
def test_devices_of_the_catalogue(name: str) -> None:
    with Bench(name, rtc=10**9) as one, Bench(name) as other:
        one.advance("1234.567 s")
        other.load_state(saved(one))
        for offset in range(0, 16 if one.dut.BUS == "sysbus" else 2):
            assert other.read8(offset) == one.read8(offset), offset
        one.advance("1.5 s")
        other.advance("1.5 s")
        assert saved(other) == saved(one)


def test_a_state_without_its_clocks_changes_nothing(device: type[Device]) -> None:
    with Bench(device) as one:
        one.advance(77)
        before = saved(one)
        for bad in (None, {}, {**before["clocks"], "rtc": "x"}, {**before["clocks"], "more": 1}):
            with pytest.raises(StateError):
                one.load_state({**before, "clocks": bad})
        assert saved(one) == before


class Source:
    """The host's clock, moved by the test."""

    time = 10**12

    def __call__(self) -> int:
        return self.time


def live(source: Callable[[], int], rtc: int) -> Clocks:
    """Clocks of a host on which the wall's time is ``rtc``."""
    from devgen.runtime.time.clock import OffsetClock

    virtual = LiveClock(source=source)
    clocks = Clocks(virtual, OffsetClock(virtual, rtc), OffsetClock(virtual, source()))
    assert isinstance(clocks.rtc, OffsetClock)
    assert isinstance(clocks.host, OffsetClock)
    virtual.follow(clocks.rtc)
    virtual.follow(clocks.host)
    return clocks


def test_live_clocks_go_on_from_the_saved_times() -> None:
    source, elsewhere = Source(), Source()
    one, other = live(source, 5 * 10**18), live(elsewhere, 6 * 10**18)
    source.time += 12345
    elsewhere.time += 10**15
    times = Clocks.check(one.save())
    other.restore(times)
    assert other.save() == one.save()
    elsewhere.time += 50
    assert [now - before for now, before in zip(Clocks.check(other.save()), times, strict=True)] == [50, 50, 50]


def test_a_restored_rtc_keeps_step_with_the_wall_while_the_machine_is_held() -> None:
    source = Source()
    clocks = live(source, 5 * 10**18)
    clocks.restore((100, 7000, 300))
    virtual = clocks.virtual
    assert isinstance(virtual, LiveClock)
    virtual.stop()
    source.time += 40
    virtual.start()
    assert Clocks.check(clocks.save()) == (100, 7040, 340)


def test_a_recording_restores_all_clocks(device: type[Device], tmp_path: Path) -> None:
    from devgen.hosts.bench.replay import replay_trace
    from devgen.runtime.machine.device_registry import Registry
    from devgen.runtime.time.clock import OffsetClock

    path = tmp_path / "trace.jsonl"
    with Bench(device, rtc=12345) as bench, path.open("w") as file:
        host = bench.machine.clocks.host
        assert isinstance(host, OffsetClock)
        host.set_offset(987654321)
        bench.advance(10**9)
        with bench.record(file):
            prepare(bench)
            run(bench, [10**6] * 3)
    registry = Registry()
    registry.add(device)
    result = replay_trace(path, registry, snapshot_every=1)
    assert result.passed, result.divergence
