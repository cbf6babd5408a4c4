"""What is recorded replays exactly: from a bench, from a machine on a live clock, from the middle of things."""

from __future__ import annotations

import io
import json
import random
from typing import Any

import pytest
from device_kit import Card, Kit
from handwritten_pl031 import Pl031

from devgen.hosts.bench import Bench
from devgen.hosts.bench.replay import replay_file
from devgen.hosts.bench.replay_comparison import ReplayResult
from devgen.runtime.machine.device_registry import Registry
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.machine_config import DevicePlacement, MachineConfig
from devgen.runtime.observe.recorder import Recorder
from devgen.runtime.time.clock import Clocks, LiveClock, OffsetClock


def replay(text: str, **options: Any) -> ReplayResult:
    registry = Registry(bundled=False, installed=False)
    for device_class in (Kit, Card, Pl031):
        registry.add(device_class)
    return replay_file(io.BytesIO(text.encode()), "t", registry, **options)


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def use(dev: Bench, seed: int, ops: int) -> None:
    """Anything that a guest or a host may do."""
    choose = random.Random(seed)
    for _ in range(ops):
        match choose.randrange(10):
            case 0 | 1 | 2:
                size = choose.choice((1, 2, 4, 8))
                dev.write(None, choose.randrange(0, 0x90), choose.getrandbits(choose.choice((3, 8 * size))), size)
            case 3 | 4 | 5:
                dev.read(None, choose.randrange(0, 0x90), choose.choice((1, 2, 4, 8)))
            case 6:
                dev.advance(choose.choice((0, 1, 7, 1000, 10**9)))
            case 7 if dev.dut.gpio_in:
                dev.drive(f"gate[{choose.randrange(2)}]", choose.randrange(2))
            case 8 if dev.dut.streams:
                dev.receive(choose.randbytes(2))
            case 9 if choose.randrange(5) == 0:
                dev.machine.reset()
            case _:
                dev.write(None, 0x80, 7, 4)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("device", [Kit, Pl031])
def test_a_bench_session_replays(device: type[Kit] | type[Pl031], seed: int) -> None:
    out = io.StringIO()
    with Bench(device, rtc=1_000_000 + seed) as dev:
        use(dev, seed, 40)
        with Recorder(dev.machine, dev.dut, out) as recorder:
            use(dev, seed + 100, 120)
        use(dev, seed, 10)
    result = replay(out.getvalue())
    assert result.passed, str(result.divergence)
    assert result.ops == recorder.ops == lines(out.getvalue())[-1]["ops"]


def test_what_is_not_told_is_noticed() -> None:
    out = io.StringIO()
    with Bench(Kit) as dev, Recorder(dev.machine, dev.dut, out):
        dev.write32(0x20, 50)
        dev.advance(100)
        dev.read32(0)
    told = [line for line in out.getvalue().splitlines() if '"irq"' not in line]
    assert not replay("\n".join(told)).passed


def test_memory_that_the_device_reads_and_writes_is_in_the_trace() -> None:
    out = io.StringIO()
    with Bench(Kit) as dev, Recorder(dev.machine, dev.dut, out):
        dev.write64(8, 0x1000)
        dev.store(0x1000, b"\5\0\0\0")
        assert dev.read32(0x10) == 5
        dev.write32(0x10, 9)
    ops = [line["op"] for line in lines(out.getvalue())]
    assert ops == ["header", "write", "mem_write", "read", "write", "mem_read", "end"]
    assert replay(out.getvalue()).passed


def test_merged_rings_of_a_doorbell_stay_one() -> None:
    out = io.StringIO()
    with Bench(Kit) as dev, Recorder(dev.machine, dev.dut, out):
        dev.dut.regions["registers"].ioeventfds[0].handler(3)
    assert [line.get("rings") for line in lines(out.getvalue()) if line["op"] == "write"] == [3]
    assert replay(out.getvalue()).passed


def test_configuration_space_and_moved_bars() -> None:
    out = io.StringIO()
    machine = Machine(MachineConfig(ram=1 << 20, pci=True, clock="manual"))
    card = machine.add_device(DevicePlacement("card", "card", slot=4), Card)
    assert isinstance(card, Card)
    with machine, Recorder(machine, card, out):
        for command, base in ((0, 0xC000), (1, 0xC000), (1, 0xD000)):
            card.config.write(0x14, base, 4)
            card.config.write(4, command, 2)
            machine.io.write(base + 4, 1, 4)
            machine.io.write(base + 4, 0, 4)
        machine.reset()
        card.config.read(4, 2)
    result = replay(out.getvalue())
    assert result.passed, str(result.divergence)
    assert lines(out.getvalue())[0]["pci"]["command"] == 0


class Source:
    """A host's time that moves with every look at it."""

    def __init__(self) -> None:
        self.time = 0
        self.random = random.Random(5)

    def __call__(self) -> int:
        self.time += self.random.randrange(1, 300)
        return self.time


@pytest.mark.parametrize("device", [Kit, Pl031])
def test_a_device_on_a_live_clock_replays_exactly(device: type[Kit] | type[Pl031]) -> None:
    source = Source()
    clock = LiveClock(source=source)
    clocks = Clocks(clock, OffsetClock(clock, 1_700_000_000_123_456_789), OffsetClock(clock))
    machine = Machine(MachineConfig(ram=1 << 20), clocks=clocks)
    at = {"registers": 0xFE000000, "buffer": 0xFE001000} if device is Kit else {"registers": 0xFE000000}
    dut = machine.add_device(DevicePlacement("one", device.NAME, at=at), device)
    out = io.StringIO()
    choose = random.Random(1)
    with machine, Recorder(machine, dut, out):
        for _ in range(300):
            offset = 4 * choose.randrange(0, 12)
            if choose.randrange(2):
                machine.memory.write(0xFE000000 + offset, choose.getrandbits(choose.choice((2, 9, 12))), 4)
            else:
                machine.memory.read(0xFE000000 + offset, 4)
            source.time += choose.choice((0, 500, 10**9))
            if choose.randrange(3) == 0:
                clock.run_due(100)
    result = replay(out.getvalue())
    assert result.passed, str(result.divergence)
    assert '"irq"' in out.getvalue()


def test_a_machine_that_starts_late_replays_with_the_seconds_that_the_guest_read() -> None:
    """The rtc goes on while a machine is stopped, so it is further ahead once the machine starts."""
    source = Source()
    clock = LiveClock(source=source)
    rtc = OffsetClock(clock, 1_700_000_000_000_000_000)
    clock.follow(rtc)
    clocks = Clocks(clock, rtc, OffsetClock(clock))
    machine = Machine(MachineConfig(ram=1 << 20), clocks=clocks)
    dut = machine.add_device(DevicePlacement("rtc", "pl031", at={"registers": 0xFE000000}), Pl031)
    out = io.StringIO()
    clock.stop()
    with machine, Recorder(machine, dut, out):
        source.time += 3_000_000_000
        clock.start()
        seconds = machine.memory.read(0xFE000000, 4)
    assert seconds == 1_700_000_003
    result = replay(out.getvalue())
    assert result.passed, str(result.divergence)


def test_a_full_disk_ends_the_recording_and_not_the_guest() -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

    with Bench(Kit) as dev, Recorder(dev.machine, dev.dut, Full()) as recorder:
        dev.write32(0, 1)
        assert dev.read32(0) == 1
    assert recorder.error is not None


def test_after_the_recording_the_device_is_as_before() -> None:
    with Bench(Kit) as dev:
        ops = dev.dut.regions["registers"].ops
        bells = dev.dut.regions["registers"].ioeventfds[0].handler
        recorder = Recorder(dev.machine, dev.dut, io.StringIO())
        recorder.close()
        recorder.close()
        assert dev.dut.regions["registers"].ops is ops
        assert dev.dut.regions["registers"].ioeventfds[0].handler == bells
        assert dev.dut.observer is None
        dev.write32(0x80, 7)
        assert dev.read32(0x14) == 1
