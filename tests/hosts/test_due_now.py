"""A timer that is due now fires when the present entry into the device ends, in the same order on every host."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from struct import pack
from typing import Literal

import pytest
from due_device import AT_RESET, FIRST, due_device

from devgen.hosts.bench import Bench
from devgen.hosts.bench.placing import place_bars
from devgen.hosts.bench.replay import replay_file
from devgen.hosts.emulator import EmulatorHost
from devgen.hosts.kvm import KvmHost
from devgen.runtime.machine.device_registry import Registry
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.machine_config import DevicePlacement, GuestConfig, MachineConfig
from devgen.runtime.pci import PciDevice
from devgen.runtime.time.clock import AT_ONCE_LIMIT

PORT = 0xC000
START, FIRED, PAST, MATCH, ENDLESS, TURNS, DONE = range(0, 0x1C, 4)

Access = tuple[Literal["in", "out", "outs"], int]

ORDERS: dict[str, tuple[list[Access], list[int]]] = {
    "a write": ([("out", START)], [1, 2, *FIRST]),
    "a read": ([("in", START)], [10, 11, *FIRST]),
    "before the next access": ([("out", START), ("in", FIRED)], [1, 2, *FIRST, 2]),
    "after each of three": ([("out", START), ("in", START), ("in", FIRED)], [1, 2, *FIRST, 10, 11, *FIRST, 3]),
    "deadlines that have passed": ([("out", PAST)], [6, 7]),
    "an alarm at no distance": ([("out", MATCH)], [9, 8]),
    "each element of a string": ([("outs", START), ("in", FIRED)], [*[1, 2, *FIRST] * 3, 4]),
}
"""Accesses (a string has three elements), and the steps that they cause after power-on, when FIRED is 1 already."""


@pytest.fixture
def device(tmp_path: Path) -> type[PciDevice]:
    return due_device(tmp_path)


def steps_on_the_bench(device: type[PciDevice], accesses: Sequence[Access]) -> list[int]:
    with Bench(device) as bench:
        bench.advance(10)
        for how, offset in accesses:
            for _ in range(3 if how == "outs" else 1):
                if how == "in":
                    bench.read32(offset)
                else:
                    bench.write32(offset, 0)
        return steps_of(bench)


def steps_of(bench: Bench) -> list[int]:
    return [event.values["n"] for event in bench.events if event.name == "STEP"]


def program(accesses: Sequence[Access]) -> bytes:
    """Real-mode code that makes the accesses with value 0, then writes DONE."""
    code = b"\x66\x31\xc0\x8e\xd8\x8e\xc0\xfc\xbe\x00\x50"  # xor eax,eax; mov ds,ax; mov es,ax; cld; mov si,0x5000
    for how, offset in [*accesses, ("out", DONE)]:
        code += b"\xba" + pack("<H", PORT + offset)  # mov dx, port
        code += {"in": b"\x66\xed", "out": b"\x66\x31\xc0\x66\xef", "outs": b"\xb9\x03\x00\x66\xf3\x6f"}[how]
    return code + b"\xf4"


def steps_of_a_guest(
    host: Callable[[Machine], KvmHost | EmulatorHost], device: type[PciDevice], accesses: Sequence[Access]
) -> list[int]:
    guest = GuestConfig(program(accesses), 0x7000, 0x7000)
    config = MachineConfig(ram=1 << 20, irqchip="none", pci=True, guest=guest)
    with Machine(config) as machine:
        seen: list[int] = []
        machine.event_sinks.append(lambda _name, event, values: seen.append(values["n"]) if event == "STEP" else None)
        placement = DevicePlacement("dut", device.NAME, slot=4, on_event={"END": "exit"})
        card = machine.add_device(placement, device)
        assert isinstance(card, PciDevice)
        place_bars(card, {"0": PORT})
        with host(machine) as running:
            result = running.run(20)
        assert result.reason == "exit", result
        return seen


@pytest.mark.parametrize("name", ORDERS)
def test_on_the_bench(device: type[PciDevice], name: str) -> None:
    accesses, expected = ORDERS[name]
    assert steps_on_the_bench(device, accesses) == expected


@pytest.mark.parametrize("name", ORDERS)
def test_on_the_emulator(device: type[PciDevice], name: str) -> None:
    accesses, expected = ORDERS[name]
    assert steps_of_a_guest(EmulatorHost, device, accesses) == [*AT_RESET, *expected]


@pytest.mark.kvm
@pytest.mark.parametrize("name", ORDERS)
def test_on_kvm(device: type[PciDevice], name: str) -> None:
    accesses, expected = ORDERS[name]
    assert steps_of_a_guest(KvmHost, device, accesses) == [*AT_RESET, *expected]


@pytest.mark.kvm
def test_on_kvm_while_every_exit_is_counted(device: type[PciDevice]) -> None:
    accesses, expected = ORDERS["after each of three"]
    counting = lambda machine: KvmHost(machine, count_exits=True)  # noqa: E731
    assert steps_of_a_guest(counting, device, accesses) == [*AT_RESET, *expected]


def test_after_an_input_a_byte_and_a_reset(device: type[PciDevice]) -> None:
    with Bench(device) as bench:
        bench.drive("button", 1)
        bench.receive(b"ab")
        bench.reset()
        assert steps_of(bench) == [20, *FIRST, 30, *FIRST, 30, *FIRST, *AT_RESET]


def test_the_clock_stands_still_meanwhile(device: type[PciDevice]) -> None:
    with Bench(device) as bench:
        bench.advance(70)
        bench.write32(START, 0)
        assert {event.t for event in bench.events if event.t} == {70}


def test_a_timer_that_rearms_for_now_is_bounded_and_said_once(
    device: type[PciDevice], caplog: pytest.LogCaptureFixture
) -> None:
    with Bench(device) as bench, caplog.at_level(logging.WARNING, "devgen.time"):
        bench.write32(ENDLESS, 0)
        assert bench.read32(TURNS) == AT_ONCE_LIMIT
        bench.write32(ENDLESS, 0)
        assert bench.read32(TURNS) == 2 * AT_ONCE_LIMIT
        bench.advance(0)  # a move of the clock, if only by nothing, fires on
        assert bench.read32(TURNS) > 2 * AT_ONCE_LIMIT
    assert [record.message for record in caplog.records] == [
        "more than 64 timers are due at 0 ns after one event; the others fire later"
    ]


@pytest.mark.parametrize("host", [EmulatorHost, pytest.param(KvmHost, marks=pytest.mark.kvm)])
def test_a_guest_goes_on_beside_a_timer_that_rearms_for_now(
    device: type[PciDevice], host: Callable[[Machine], KvmHost | EmulatorHost]
) -> None:
    accesses: list[Access] = [("out", ENDLESS), ("out", START), ("in", TURNS)]
    steps = steps_of_a_guest(host, device, accesses)
    assert steps[: len(AT_RESET) + 2] == [*AT_RESET, 1, 2]


def test_a_recording_replays(device: type[PciDevice]) -> None:
    trace = io.StringIO()
    with Bench(device) as bench:
        bench.advance(10)
        with bench.record(trace):
            bench.write32(START, 0)
            bench.read32(START)
            bench.drive("button", 1)
            bench.receive(b"ab")
            bench.write32(MATCH, 0)
            bench.write32(PAST, 0)
    registry = Registry()
    registry.add(device)
    assert '"due": "stepped"' in trace.getvalue()
    for snapshot_every in (0, 1):
        file = io.BytesIO(trace.getvalue().encode())
        result = replay_file(file, "trace", registry, snapshot_every=snapshot_every)
        assert result.passed, result.divergence


def test_outputs_follow_the_input_in_a_trace_of_another_recorder(device: type[PciDevice]) -> None:
    lines = (
        '{"op": "header", "device": "due-now", "events": "all"}',
        '{"op": "clock_step", "ns": 10, "t": 10}',
        '{"op": "write", "space": "pio", "offset": 8, "size": 4, "value": 0}',
        '{"op": "event", "name": "STEP", "data": {"n": 6}, "t": 10}',
        '{"op": "event", "name": "STEP", "data": {"n": 7}, "t": 10}',
        '{"op": "end"}',
    )
    registry = Registry()
    registry.add(device)
    result = replay_file(io.BytesIO("\n".join(lines).encode()), "trace", registry)
    assert result.passed, result.divergence


def test_hpet_a_32_bit_comparator_at_the_end_of_the_count_raises_its_line_at_once() -> None:
    with Bench("hpet") as bench:
        bench.write32(0xF0, 0xFFFFFFFF)
        bench.write32(0x140, 0x104)
        bench.write32(0x10, 1)  # arms comparator 2, which the 32-bit mode has cut to 0xffffffff
        assert bench.transitions("irq[0]") == [(0, 1), (0, 0)]
        bench.write32(0x148, 9)
        assert bench.transitions("irq[0]") == [(0, 1), (0, 0)] * 2


def test_mc146818_a_faster_rate_finds_its_periodic_interrupt_due() -> None:
    with Bench("mc146818rtc") as bench:

        def put(index: int, value: int) -> None:
            bench.write8(0, index)
            bench.write8(1, value)

        put(0xA, 0x2D)
        put(0xB, 0x42)
        bench.advance("1.1 s")
        bench.write8(0, 0xC)
        bench.read8(1)
        put(0xA, 0x28)
        bench.write8(0, 0xC)
        assert bench.read8(1) & 0x40
