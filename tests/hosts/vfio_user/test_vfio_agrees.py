"""A vfio-user client sees what the bench sees of drawn descriptions (tests/hosts/test_hosts_agree.py: other hosts)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from generated_code import class_of, described_in
from generated_descriptions import STEPS, Outcome, Step, descriptions, on_the_bench
from hypothesis import given, settings
from vfio_client import BAR0, Client

from devgen.hosts.bench import Bench
from devgen.hosts.vfio_user import VfioUserServer
from devgen.runtime.observe.journal import Journal
from devgen.runtime.pci import PciDevice
from devgen.runtime.time.clock import Clocks, VirtualClock


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("drawn")


@contextmanager
def served(device: type[PciDevice]) -> Iterator[tuple[VfioUserServer, Client]]:
    """The device behind a socket, on a clock that only the test moves."""
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(Clocks, "live", Clocks.manual)
        with VfioUserServer(device, Path(folder) / "s") as server:
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


def on_vfio_user(device: type[PciDevice], steps: list[Step]) -> Outcome:
    with served(device) as (server, client):
        clock = server.clocks.virtual
        assert isinstance(clock, VirtualClock)
        journal = Journal(server.device, clock)
        server.event_sinks.append(journal.event)
        return [(vfio_step(server, clock, client, step), server.call(journal.take)) for step in steps]


def vfio_step(server: VfioUserServer, clock: VirtualClock, client: Client, step: Step) -> int | None:
    match step:
        case "read", offset, size, _:
            return int.from_bytes(client.read(BAR0, offset, size), "little")
        case "write", offset, size, value:
            client.write(BAR0, offset, value.to_bytes(size, "little"))
        case "advance", _, _, ns:
            server.call(lambda: clock.advance(ns))
        case _, _, _, level:
            server.call(lambda: server.device.gpio_in["button"].set(level))
            server.call(server.settle)
    return None


@settings(max_examples=30, deadline=None)
@given(descriptions(), STEPS)
def test_a_client_sees_what_the_bench_sees(folder: Path, text: str, steps: list[Step]) -> None:
    device: type[PciDevice] = class_of(described_in(text, folder))
    with Bench(device) as bench:
        assert on_vfio_user(device, steps) == on_the_bench(bench, steps)
