"""Who goes and who comes: a client right behind another, a server that is told to end, a socket that is not its own."""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from serving import command as serve
from serving import environment, serving
from vfio_client import BAR0, ERROR, MEMORY, NO_REPLY, Client, Reply
from vfio_faults import alive

from devgen import build_devices
from devgen.hosts.vfio_user import VfioUserServer, protocol
from devgen.hosts.vfio_user.client_session import DEEPEST
from devgen.hosts.vfio_user.protocol import HEADER, Command
from devgen.runtime.base.faults import MachineError
from devgen.runtime.machine.device_registry import Registry

LENGTH, SCRATCH, BELL = 0x18, 0x24, 0x800
SESSION = "devgen.hosts.vfio_user.client_session."
HELLO = protocol.VERSION.pack(0, 1) + b"\0" * 64


def start(path: Path) -> VfioUserServer:
    return VfioUserServer(Registry().find("dma-engine"), path)


def write(offset: int, value: int, region: int = BAR0) -> bytes:
    return protocol.REGION_ACCESS.pack(offset, region, 4) + value.to_bytes(4, "little")


def make_it_ask(client: Client) -> Reply:
    """Have the device read memory that the client is asked for; the server's message, which is left unanswered."""
    client.map(0, 1 << 20)
    client.write32(BAR0, LENGTH, 4)
    client.write32(BAR0, BELL, 1)
    return client.receive()


def test_a_client_that_comes_right_behind_another_is_served(tmp_path: Path) -> None:
    with start(tmp_path / "s") as server:
        first = Client(server.path)
        first.send(Command.VERSION, HELLO)
        server.step(0)
        server.step(0)
        first.send(Command.REGION_WRITE, write(SCRATCH, 7), flags=NO_REPLY)
        first.close()
        with Client(server.path) as second:
            second.send(Command.VERSION, HELLO)
            server.step(0)
            server.step(0)
            assert not second.receive().flags & ERROR
        assert server.regions.read(BAR0, SCRATCH, 4) == b"\7\0\0\0"


@contextmanager
def no_more_descriptors() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    fd = os.open(os.devnull, os.O_RDONLY)
    filling = [fd]
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        while True:
            try:
                filling.append(os.open(os.devnull, os.O_RDONLY))
            except OSError:
                break
        yield
    finally:
        for fd in filling:
            os.close(fd)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize(
    ("command", "payload"),
    [
        (Command.DEVICE_GET_REGION_INFO, protocol.REGION_INFO.pack(32, 0, MEMORY, 0, 0, 0)),
        (Command.DEVICE_GET_REGION_IO_FDS, protocol.IO_FDS.pack(64, 0, BAR0, 0)),
    ],
    ids=["memory to map", "a doorbell"],
)
def test_what_takes_a_descriptor_where_there_is_none_is_refused(
    client: Client, server: VfioUserServer, command: Command, payload: bytes
) -> None:
    with no_more_descriptors():
        assert client.ask(command, payload).flags & ERROR
        assert not client.ask(Command.DEVICE_RESET).flags & ERROR
    assert not client.ask(command, payload).flags & ERROR
    client.close()
    alive(server)


def test_a_client_that_talks_instead_of_answering_dma_is_let_go(
    client: Client, server: VfioUserServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SESSION + "DMA_PATIENCE", 0.05)
    monkeypatch.setattr(SESSION + "TALK", 0.05)
    assert make_it_ask(client).command == Command.DMA_READ
    until = time.monotonic() + 20
    with pytest.raises(OSError):
        while time.monotonic() < until:
            client.read32(BAR0, SCRATCH)
    alive(server)


def test_dma_within_dma_has_an_end(client: Client, server: VfioUserServer) -> None:
    make_it_ask(client)
    for _ in range(500):
        client.send(Command.REGION_WRITE, write(BELL, 1), flags=NO_REPLY)
    read = client.send(Command.REGION_READ, protocol.REGION_ACCESS.pack(0x28, BAR0, 4))
    asked = 1
    while (message := client.receive()).identifier != read or message.command != Command.REGION_READ:
        asked += 1
    assert asked == DEEPEST
    assert message.payload[16:] == (501).to_bytes(4, "little")  # rung each time; what was too deep has read ones
    client.close()
    alive(server)


def test_a_reply_to_dma_may_stand_behind_much_talk(client: Client) -> None:
    asked = make_it_ask(client)
    for value in range(1000):
        client.send(Command.REGION_WRITE, write(SCRATCH, value), flags=NO_REPLY)
    body = asked.payload[:16] + b"abcd"
    client.send_raw(HEADER.pack(asked.identifier, Command.DMA_READ, 16 + len(body), protocol.REPLY, 0) + body)
    assert client.receive().command == Command.DMA_WRITE


def test_a_server_that_waits_for_dma_ends_when_it_is_told_to(
    client: Client, server: VfioUserServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SESSION + "DMA_PATIENCE", 3600)
    make_it_ask(client)
    server.stop()
    assert client.closed()


def test_a_socket_that_another_has_put_there_stays(tmp_path: Path) -> None:
    path = tmp_path / "s"
    first = start(path)
    path.unlink()
    second = start(path)
    first.close()
    assert path.is_socket()
    second.close()
    assert not path.exists()


def test_a_server_that_is_too_busy_to_accept_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as busy:
        busy.bind(str(path))
        busy.listen(0)
        waiting = [socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) for _ in range(4)]
        for one in waiting:
            one.connect_ex(str(path))
        with pytest.raises(MachineError, match="another server listens there"):
            start(path)
        for one in waiting:
            one.close()


SLOW = """
device: slow
bus: pci
pci: {vendor: 0x1b36, device: 0x0005, class: 0xff0000, bars: {0: {type: mem32, size: 4 KiB}}}
state: {sum: {width: 32}}
regions:
  registers:
    bar: 0
    registers:
      WORK:
        at: 0x0
        access: wo
        on_write: |
          for step in range(60000):
              sum = u32(sum + step + value)
"""
"""A device whose register takes milliseconds for each write."""


@pytest.fixture
def stuck(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A server that has been told to end, and cannot yet: one message has writes for minutes."""
    (tmp_path / "devices").mkdir()
    (tmp_path / "devices" / "slow.yaml").write_text(SLOW, encoding="utf-8")
    build_devices([tmp_path / "devices"], tmp_path / "generated")
    command = serve("serve", "slow", "--socket", "s", "--save", str(tmp_path / "state"))
    entry = protocol.MULTI_ENTRY.pack(protocol.REGION_ACCESS.pack(0, BAR0, 4), 1)
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment(), cwd=tmp_path) as server:
        assert server.stderr is not None
        server.stderr.readline()
        with Client(tmp_path / "s", timeout=1) as client, suppress(TimeoutError):
            client.hello()
            client.ask(Command.REGION_WRITE_MULTI, protocol.MULTI_COUNT.pack(40_000) + 40_000 * entry)
        server.send_signal(signal.SIGTERM)
        yield server
        server.kill()


def test_the_second_signal_breaks_off_a_message_and_the_third_everything(
    stuck: subprocess.Popen[str], tmp_path: Path
) -> None:
    assert stuck.stderr is not None
    stuck.send_signal(signal.SIGINT)  # two of one kind might be taken for one
    assert any("nothing is saved" in line for line in stuck.stderr)
    stuck.send_signal(signal.SIGTERM)
    assert stuck.wait(30) == 128 + signal.SIGTERM
    assert not (tmp_path / "s").exists()


def test_signals_in_a_row_change_nothing_for_a_server_that_ends(tmp_path: Path) -> None:
    with serving(tmp_path / "s", "--save", str(tmp_path / "state")) as process:
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) in (0, 130)
    assert not (tmp_path / "s").exists()
