"""A vfio-user client sees what the bench sees of drawn descriptions (tests/hosts/test_hosts_agree.py: other hosts).

The client writes with a reply, without one, or several times in one message; and it sends each message when the last
one has been answered, or all at once up to the next step of the world.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Literal

import pytest
from generated_code import class_of, described_in
from generated_descriptions import MARK, Drawn, descriptions
from generated_hardware import DrawnHardware, hardware_descriptions
from generated_steps import (
    HARDWARE_STEPS,
    STEPS,
    Advance,
    Begin,
    Drive,
    Read,
    Receive,
    Reset,
    Shown,
    Step,
    Take,
    World,
    Write,
    as_shown,
    marked,
    on_the_bench,
    with_a_move_after,
    with_beginnings,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from planted_faults import is_found
from vfio_client import CONFIG, HEADER, NO_REPLY, Client

import devgen.hosts.vfio_user.served_state as served_state
from devgen.hosts.bench import Bench
from devgen.hosts.bench.output_taker import OutputTaker
from devgen.hosts.vfio_user import VfioUserServer, protocol
from devgen.hosts.vfio_user.known_accesses import HEAD, KnownAccesses
from devgen.hosts.vfio_user.protocol import MULTI_COUNT, MULTI_ENTRY, REGION_ACCESS, Command
from devgen.runtime.base.plain_state import Json
from devgen.runtime.observe.journal import Journal
from devgen.runtime.pci import PciDevice
from devgen.runtime.time.clock import Clocks, VirtualClock

Writing = Literal["answered", "posted", "joined"]
PLACES = {"ports": (0, 0), "bank": (1, 0), "store": (1, 0x1000)}
"""Region of the client, and offset in it."""


@dataclass(frozen=True, slots=True)
class Way:
    """How the client makes its accesses, and after how many steps it makes a mark."""

    writing: Writing
    at_once: bool
    every: int

    def marks(self, number: int) -> bool:
        """Whether there is a mark after this step."""
        return number % self.every == self.every - 1


WAYS = st.builds(
    Way,
    st.sampled_from(["answered", "posted", "posted", "posted", "joined"]),
    st.sampled_from([True, True, True, False]),
    st.sampled_from([1, 1, 7, 1000]),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("drawn")


@contextmanager
def served(device: type[PciDevice], saved: Json) -> Iterator[tuple[VfioUserServer, Client]]:
    """The device behind a socket, on a clock that only the test moves."""
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(Clocks, "live", Clocks.manual)
        with VfioUserServer(device, Path(folder) / "s") as server:
            if saved is not None:
                server.load_state(saved)
            thread = threading.Thread(target=server.run)
            thread.start()
            try:
                with Client(server.path) as client:
                    client.hello()
                    yield server, client
            finally:
                server.stop()
                thread.join(20)
            assert not thread.is_alive()


class Driver:
    """Carries steps out as a client, and as the world."""

    def __init__(self, server: VfioUserServer, client: Client, way: Way) -> None:
        clock = server.clocks.virtual
        assert isinstance(clock, VirtualClock)
        self.clock, self.server, self.client, self.way = clock, server, client, way
        self.taker = OutputTaker(server.device.streams["line"])
        self.journal = Journal(server.device, clock)
        self.journal.tap_streams()
        server.event_sinks.append(self.journal.event)
        self.values: list[int] = []

    def carry_out(self, steps: Sequence[Step], first: int) -> None:
        """The steps, numbered from ``first``; `Begin` has no number."""
        self.world(Begin())
        numbered = list(enumerate(steps, first))
        for accesses, group in groupby(numbered, lambda each: isinstance(each[1], Read | Write)):
            if accesses:
                self.accesses([access for number, step in group for access in self._marked(number, step)])
                continue
            for number, step in group:
                assert isinstance(step, World)
                self.world(step)
                self.accesses(self._mark(number))

    def _marked(self, number: int, step: Step) -> list[Read | Write]:
        assert isinstance(step, Read | Write)
        return [step, *self._mark(number)]

    def _mark(self, number: int) -> list[Read | Write]:
        return [Write("ports", MARK, 1, number)] if self.way.marks(number) else []

    def accesses(self, accesses: Sequence[Read | Write]) -> None:
        """Send the messages; afterwards all of them have been handled."""
        waiting: list[Read | Write] = []
        data = b""
        for command, flags, payload, answered in self._messages(accesses):
            self.client.identifier += 1
            data += (
                HEADER.pack(self.client.identifier & 0xFFFF, command, HEADER.size + len(payload), flags, 0) + payload
            )
            waiting += answered
            if not self.way.at_once:
                data, waiting = self._exchange(data, waiting)
        self._exchange(data, waiting)
        self.client.read(CONFIG, 0, 2)  # posted writes come first

    def _messages(self, accesses: Sequence[Read | Write]) -> Iterator[tuple[int, int, bytes, list[Read | Write]]]:
        """Command, flags and payload of each message, and the accesses that its reply answers."""
        for write, group in groupby(accesses, lambda access: isinstance(access, Write)):
            if write and self.way.writing == "joined":
                entries = [_entry(access) for access in group if isinstance(access, Write)]
                yield Command.REGION_WRITE_MULTI, NO_REPLY, MULTI_COUNT.pack(len(entries)) + b"".join(entries), []
                continue
            for access in group:
                region, start = PLACES[access.place]
                payload = REGION_ACCESS.pack(start + access.offset, region, access.size)
                if isinstance(access, Read):
                    yield Command.REGION_READ, 0, payload, [access]
                else:
                    posted = self.way.writing == "posted"
                    payload += access.value.to_bytes(access.size, "little")
                    yield Command.REGION_WRITE, NO_REPLY if posted else 0, payload, [] if posted else [access]

    def _exchange(self, data: bytes, waiting: list[Read | Write]) -> tuple[bytes, list[Read | Write]]:
        """Send, and take the replies; nothing is left to send or to wait for."""
        self.client.send_raw(data)
        for access in waiting:
            reply = self.client.receive()
            assert reply.error == 0
            if isinstance(access, Read):
                self.values.append(int.from_bytes(reply.payload[REGION_ACCESS.size :], "little"))
        return b"", []

    def world(self, step: World | Begin) -> None:
        """One step of the world, in the server's thread between two messages."""
        if isinstance(step, Reset):
            assert self.client.ask(Command.DEVICE_RESET).error == 0
        else:
            self.server.call(self._action(step))

    def _action(self, step: World | Begin) -> Callable[[], object]:
        device = self.server.device
        match step:
            case Advance(ns):
                return lambda: self.clock.advance(ns)
            case Drive(level):
                return lambda: device.gpio_in["button"].set(level)
            case Receive(data):
                return lambda: device.streams["line"].receive(data)
            case Take(count):
                return lambda: self.taker.take(count)
            case _:
                return lambda: self.taker.take(None)


def _entry(write: Write) -> bytes:
    region, start = PLACES[write.place]
    return MULTI_ENTRY.pack(REGION_ACCESS.pack(start + write.offset, region, write.size), write.value)


def on_vfio_user(device: type[PciDevice], steps: list[Step], way: Way, cut: int | None) -> tuple[list[int], Shown]:
    """The values read and the outputs in order, marks included; saved and restored after ``cut`` steps."""
    values: list[int] = []
    shown: Shown = []
    saved: Json = None
    parts = [(0, steps)] if cut is None else [(0, steps[:cut]), (cut, steps[cut:])]
    for first, part in parts:
        with served(device, saved) as (server, client):
            driver = Driver(server, client, way)
            driver.carry_out(part, first)
            shown += [as_shown(output) for output in server.call(driver.journal.take)]
            values += driver.values
            saved = json.loads(json.dumps(server.call(server.save_state)))
    return values, shown


def compare(folder: Path, drawn: Drawn | DrawnHardware, steps: list[Step], way: Way, cut: int | None) -> None:
    """The client sees what the bench shows."""
    device: type[PciDevice] = class_of(described_in(drawn.text, folder))
    cut = None if cut is None else min(cut, len(steps))
    steps = with_a_move_after(steps, cut)
    with Bench(device) as bench:
        expected = marked(on_the_bench(bench, with_beginnings(steps, cut)), way.marks)
    assert on_vfio_user(device, steps, way, cut) == expected


EXAMPLES = 40
CUTS = st.none() | st.integers(0, 20) | st.integers(0, 40)


@pytest.mark.slow
@settings(max_examples=EXAMPLES, deadline=None)
@given(descriptions(), STEPS, WAYS, CUTS)
def test_a_client_sees_what_the_bench_sees(
    folder: Path, drawn: Drawn, steps: list[Step], way: Way, cut: int | None
) -> None:
    compare(folder, drawn, steps, way, cut)


@pytest.mark.slow
@settings(max_examples=EXAMPLES, deadline=None)
@given(hardware_descriptions(), HARDWARE_STEPS, WAYS, CUTS)
def test_a_client_sees_interrupt_fields_counters_and_locks_as_the_bench(
    folder: Path, drawn: DrawnHardware, steps: list[Step], way: Way, cut: int | None
) -> None:
    compare(folder, drawn, steps, way, cut)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(descriptions(), STEPS, WAYS, CUTS)
def test_many_clients_see_what_the_bench_sees(
    folder: Path, drawn: Drawn, steps: list[Step], way: Way, cut: int | None
) -> None:
    compare(folder, drawn, steps, way, cut)


def never_settles(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(VfioUserServer, "settle", lambda server: None)


def posted_writes_do_not_settle(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(KnownAccesses, "_posted", lambda self, write, count: partial(_write_only, write, count))


def _write_only(write: Callable[[int], None], count: int, _identifier: int, data: bytes, at: int) -> None:
    write(int.from_bytes(data[at + HEAD : at + HEAD + count], "little"))


def joined_writes_come_backwards(patch: pytest.MonkeyPatch) -> None:
    unpack = MULTI_ENTRY.iter_unpack
    backwards = SimpleNamespace(size=MULTI_ENTRY.size, iter_unpack=lambda data: reversed(list(unpack(data))))
    patch.setattr(protocol, "MULTI_ENTRY", backwards)


def a_restore_loses_timers(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(served_state, "arm_restored", lambda restorations: None)


def a_reset_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(VfioUserServer, "reset_device", lambda server: None)


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault",
    [
        never_settles,
        posted_writes_do_not_settle,
        joined_writes_come_backwards,
        a_restore_loses_timers,
        a_reset_is_forgotten,
    ],
)
def test_a_planted_fault_is_found(
    tmp_path: Path, fault: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    fault(monkeypatch)
    assert is_found(partial(compare, tmp_path), (descriptions(), STEPS, WAYS, CUTS), EXAMPLES)
