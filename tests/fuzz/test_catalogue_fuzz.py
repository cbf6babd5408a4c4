"""Anything a guest, a host and time can do to a device of the catalogue, in any order.

Each step is carried out on two benches: one that lives on and one that was made from a snapshot of it. Both must do
the same, to the nanosecond. No exception may leave the runtime, no access may take long, nothing kept may grow.

What an access costs is the smaller of the two benches' processor times, so that a pause of the machine is no failure.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from devgen.hosts.bench import Bench, BenchError
from devgen.runtime.device.device import Device
from devgen.runtime.device.properties import Property
from devgen.runtime.machine.device_registry import Registry
from devgen.runtime.memory.access import unobserved
from devgen.runtime.memory.memory_region import MemoryRegion
from devgen.runtime.memory.register_bank import RegisterBank
from devgen.runtime.memory.resolved_accesses import LIMIT
from devgen.runtime.pci import PciDevice
from devgen.runtime.pci.config_space import FIRST_CAPABILITY
from devgen.runtime.time.counter import Counter
from devgen.runtime.time.timer import Timer

Access = tuple[str, int, int, int | None]
"""Region (``cfg``: configuration space), offset, size, value (None: a read)."""

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))
import fuzz_long  # noqa: E402

REGISTRY = Registry([ROOT / "generated"], bundled=False, installed=False)
DEVICES = REGISTRY.names()

RAM = 8 << 10
RTC = 3
"""Seconds at the beginning: so few that a small number written to a register meets them."""

EXPIRATIONS = 500
"""Timers that may fire in one step: a guest may program one a nanosecond."""

ACCESS_LIMIT = 0.05
"""Seconds of processor time for one access."""

SETTINGS = settings(
    max_examples=10,
    stateful_step_count=25,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


class Pair(RuleBasedStateMachine):
    """One device and its twin."""

    device: type[Device]
    batches: st.SearchStrategy[list[Access]]

    def __init__(self) -> None:
        super().__init__()
        self.properties: dict[str, Any] = {}
        self.benches: list[Bench] = []
        self.failed = False

    @initialize(data=st.data())
    def begin(self, data: Any) -> None:
        self.properties = {one.name: data.draw(property_values(one)) for one in self.device.PROPERTIES}
        self.benches = [self._bench(), self._bench()]

    def _bench(self) -> Bench:
        return Bench(self.device, ram=RAM, rtc=RTC, log=lambda _line: None, properties=self.properties)

    def teardown(self) -> None:
        try:
            if self.benches and not self.failed:
                self.make_the_twin_anew()
        finally:
            for bench in self.benches:
                bench.close()

    def both(self, act: Callable[[Bench], object], *, limited: bool = False) -> None:
        """Do it on both benches and compare what comes back and what comes out."""
        self.failed = True
        results: list[object] = []
        times: list[float] = []
        for bench in self.benches:
            started = time.thread_time()
            result = act(bench)
            times.append(time.thread_time() - started)
            results.append((result, bench.journal.take(), bench.now))
        assert results[0] == results[1]
        assert not limited or min(times) < ACCESS_LIMIT
        self.failed = False

    # --- the guest -----------------------------------------------------------------------

    @rule(data=st.data(), often=st.sampled_from((1, 1, 1, 20)))
    def access(self, data: Any, often: int) -> None:
        for one in data.draw(self.batches) * often:
            self.both(lambda bench, one=one: reach(bench, one), limited=True)

    # --- the world -----------------------------------------------------------------------

    @rule(ns=st.sampled_from((0, 1, 9, 10, 1000, 10**6, 10**9, 10**12)) | st.integers(0, 10**10))
    def pass_time(self, ns: int) -> None:
        self.both(lambda bench: bench.clock.run_until(bench.now + ns, EXPIRATIONS))

    @rule()
    def reset(self) -> None:
        self.both(Bench.reset)

    @rule(data=st.data(), level=st.booleans())
    def drive(self, data: Any, level: bool) -> None:
        inputs = list(self.benches[0].dut.gpio_in)
        if inputs:
            name = data.draw(st.sampled_from(inputs))
            self.both(lambda bench: bench.drive(name, level))

    @rule(data=st.data(), text=st.binary(min_size=1, max_size=40) | st.none())
    def receive(self, data: Any, text: bytes | None) -> None:
        streams = list(self.benches[0].dut.streams)
        if streams:
            name = data.draw(st.sampled_from(streams))
            self.both(lambda b: b.receive_break(name) if text is None else b.receive(text, name))

    @rule(data=st.data(), contents=st.binary(min_size=1, max_size=64))
    def fill_memory(self, data: Any, contents: bytes) -> None:
        address = data.draw(st.integers(0, RAM - 64))
        self.both(lambda bench: bench.store(address, contents))

    # --- snapshots -----------------------------------------------------------------------

    @rule()
    def make_the_twin_anew(self) -> None:
        first, old = self.benches
        saved = json.loads(json.dumps(first.machine.save_state()))
        assert saved == old.machine.save_state()
        twin = self._bench()
        self.benches[1] = twin
        old.close()
        twin.machine.load_state(saved)
        assert twin.machine.save_state() == saved
        assert plain_attributes(twin.dut) == plain_attributes(first.dut)
        twin.journal.take()

    # --- what always holds ---------------------------------------------------------------

    @invariant()
    def nothing_grows(self) -> None:
        for bench in self.benches:
            queue = bench.clock.queue
            assert len(queue) <= timers(bench.dut)
            assert len(queue._heap) <= 2 * len(queue) + 66
            assert all(len(space._resolved) <= LIMIT for space in (bench.machine.memory, bench.machine.io))
            assert len(bench.dut.log._seen) <= 256
            assert bench.journal.lost == 0


def reach(bench: Bench, access: Access) -> int | None:
    """A guest's access; one to a BAR that is not decoded goes where the BAR's region lies in its container."""
    name, offset, size, value = access
    if name == "cfg" and size not in (1, 2, 4, 8):
        return reach_configuration(bench.dut, offset, size, value)
    try:
        if value is None:
            return bench.read(name, offset, size)
        bench.write(name, offset, value, size)
    except BenchError:
        address = bench.dut.regions[name].address + offset
        if value is None:
            return bench.machine.memory.read(address, size)
        bench.machine.memory.write(address, value, size)
    return None


def reach_configuration(device: PciDevice, offset: int, size: int, value: int | None) -> int | None:
    """An access of a size that no processor has but a client of a served device may ask for."""
    if value is None:
        return device.config.read(offset, size)
    device.config.write(offset, value, size)
    return None


VALUES = (
    st.sampled_from((0, 1, 2, 0xFF, 0xFFFF, 0xFFFFFFFF, (1 << 64) - 1, 0xFE000000, 0xE0000000, 0x1000, RAM - 2))
    | st.integers(0, 16)
    | st.integers(0, 63).map(lambda bit: 1 << bit)
    | st.integers(0, (1 << 64) - 1)
)


def property_values(declared: Property) -> st.SearchStrategy[Any]:
    if declared.type == "bool":
        return st.booleans()
    if declared.type == "int":
        return st.just(declared.default) | st.integers(declared.low, declared.high)
    return st.just(declared.default)


def plain_attributes(device: Device) -> dict[str, object]:
    """All numbers, deadlines and counts that the device holds, declared as state or not."""
    found = {
        name: [plain(one) for one in (value if isinstance(value, list) else [value])]
        for name, value in vars(device).items()
    }
    return {name: values for name, values in found.items() if values and None not in values}


def plain(value: object) -> object:
    """What a part is, as something to compare; None if it is no part of the state."""
    match value:
        case int():
            return value
        case bytearray():
            return bytes(value)
        case Timer():
            return ("deadline", value.deadline)
        case Counter():
            return value.save()
    return None


def timers(device: Device) -> int:
    """Timers that the device has."""
    parts: list[object] = [getattr(device, item.held_in) for item in device.STATE]
    return sum(sum(isinstance(one, Timer) for one in (part if isinstance(part, list) else [part])) for part in parts)


def pair_of(name: str) -> type[Pair]:
    """The state machine for a device, with its regions and offsets found out once."""
    device = REGISTRY.find(name)
    with Bench(device, ram=RAM) as bench:
        places = [accesses_of(name, memory) for name, memory in bench.dut.regions.items()]
        if isinstance(bench.dut, PciDevice):
            config = bench.dut.config
            behind = [at for at in range(FIRST_CAPABILITY, config.size, 2) if any(config.writable[at : at + 2])]
            header = [0x04, 0x06, 0x0C, 0x10, 0x14, 0x18, 0x30, 0x3C]
            places.append(accesses("cfg", config.size, [*header, *header, *behind]))
    batches = st.lists(st.one_of(places), min_size=1, max_size=12)
    return type(f"Pair_{name}", (Pair,), {"device": device, "batches": batches})


def accesses_of(name: str, region: MemoryRegion) -> st.SearchStrategy[Access]:
    """Accesses to a region, most of them where something is."""
    offsets = [doorbell.offset for doorbell in region.ioeventfds]
    ops = unobserved(region.ops)
    if isinstance(ops, RegisterBank):
        offsets += [reg.offset + at * reg.stride for reg in ops.registers for at in range(min(reg.count, 4))]
    return accesses(name, region.size, offsets or [0])


def accesses(name: str, length: int, offsets: list[int]) -> st.SearchStrategy[Access]:
    near = st.builds(
        lambda at, by: min(at + by, length - 1), st.sampled_from(offsets), st.sampled_from((0, 0, 0, 0, 1, 2, 4))
    )
    sizes = st.sampled_from((4, 4, 4, 1, 2, 8)) | st.integers(1, 8)
    values = st.none() | VALUES | VALUES
    return st.builds(
        lambda offset, size, value: (name, offset, size, None if value is None else value & ((1 << 8 * size) - 1)),
        near | near | near | near | st.integers(0, length - 1),
        sizes,
        values,
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", DEVICES)
def test_nothing_that_is_done_to_a_device_breaks_it(name: str) -> None:
    run_state_machine_as_test(pair_of(name), settings=SETTINGS)


SPAN = 60
"""Random accesses between two snapshots."""


@pytest.mark.slow
@pytest.mark.parametrize("name", DEVICES)
def test_a_restored_device_goes_on_as_the_one_that_was_saved(name: str) -> None:
    """Long random sessions reach combinations that the search above does not; it in turn finds the short ones."""
    first = Bench(REGISTRY.find(name), ram=RAM, log=lambda _line: None)
    with first:
        for span in range(30):
            saved = json.loads(json.dumps(first.machine.save_state()))
            with Bench(REGISTRY.find(name), ram=RAM, log=lambda _line: None) as twin:
                twin.machine.load_state(saved)
                twin.journal.take()
                assert twin.machine.save_state() == saved
                assert plain_attributes(twin.dut) == plain_attributes(first.dut)
                done = [session(bench, random.Random(f"{name} {span}")) for bench in (first, twin)]
            assert done[0] == done[1]


def session(bench: Bench, choose: random.Random) -> list[object]:
    """Random accesses and events, what came back of them, and what came out."""
    places = fuzz_long.targets(bench)
    found: list[object] = []
    for _ in range(SPAN):
        if choose.random() < 0.2:
            fuzz_long.world(bench, choose)
        found.append(fuzz_long.carry_out(bench, fuzz_long.access(bench, choose, places)))
    return [*found, bench.journal.take(), bench.now]
