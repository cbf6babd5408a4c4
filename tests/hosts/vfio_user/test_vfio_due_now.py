"""A timer that is due now fires before the client gets its reply (tests/hosts/test_due_now.py has the other hosts)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from due_device import AT_RESET, FIRST, due_device
from vfio_client import BAR0, Client

from devgen.hosts.vfio_user import VfioUserServer, protocol
from devgen.hosts.vfio_user.protocol import Command

START, FIRED = 0, 4


class Served:
    """A client of the device, and what the device has told so far."""

    def __init__(self, client: Client, steps: list[int]) -> None:
        self.client = client
        self.steps = steps

    def new_steps(self) -> list[int]:
        """Since the last call. The client has its reply: what is not here now came too late."""
        found = list(self.steps)
        del self.steps[: len(found)]
        return found


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    steps: list[int] = []

    def heard(_device: str, event: str, values: dict[str, int]) -> None:
        if event == "STEP":
            steps.append(values["n"])

    with VfioUserServer(due_device(tmp_path), tmp_path / "s", on_event=heard) as server:
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            with Client(server.path) as client:
                client.hello()
                assert steps == AT_RESET
                steps.clear()
                yield Served(client, steps)
        finally:
            server.stop()
            thread.join(20)
        assert not thread.is_alive()


def test_before_the_reply_to_a_write(served: Served) -> None:
    for _ in range(3):  # the second one goes by the table of known accesses
        served.client.write32(BAR0, START, 0)
        assert served.new_steps() == [1, 2, *FIRST]


def test_before_the_reply_to_a_read(served: Served) -> None:
    for turn in range(3):
        served.client.read32(BAR0, START)
        assert served.new_steps() == [10, 11, *FIRST]
        served.client.read32(BAR0, FIRED)
        assert served.new_steps() == [turn + 2]


def test_between_two_posted_writes(served: Served) -> None:
    for _ in range(2):
        served.client.post(BAR0, START, bytes(4))
        served.client.post(BAR0, START, bytes(4))
        served.client.read32(BAR0, FIRED)
        assert served.new_steps()[:-1] == [1, 2, *FIRST] * 2


def test_between_the_writes_of_one_message(served: Served) -> None:
    entry = protocol.REGION_ACCESS.pack(START, BAR0, 4) + bytes(8)
    served.client.ask(Command.REGION_WRITE_MULTI, protocol.MULTI_COUNT.pack(3) + 3 * entry)
    assert served.new_steps() == [1, 2, *FIRST] * 3


def test_before_the_reply_to_a_reset(served: Served) -> None:
    served.client.ask(Command.DEVICE_RESET)
    assert served.new_steps() == AT_RESET
