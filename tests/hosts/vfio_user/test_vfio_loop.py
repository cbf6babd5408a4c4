"""The server's loop: calls from other threads, clients that flood, hang or come when there are no descriptors left."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
from vfio_client import BAR0, CONFIG, Client
from vfio_faults import alive, connect

from devgen.hosts.vfio_user import VfioUserServer, protocol
from devgen.hosts.vfio_user.protocol import HEADER, Command
from devgen.runtime.base.faults import MachineError

SCRATCH, LENGTH, BELL = 0x24, 0x18, 0x800


def test_a_call_is_done_by_the_thread_that_serves(client: Client, server: VfioUserServer) -> None:
    client.write32(BAR0, SCRATCH, 7)
    assert server.call(lambda: server.regions.read(BAR0, SCRATCH, 4)) == b"\7\0\0\0"
    assert server.call(threading.get_ident) != threading.get_ident()
    assert server.call(lambda: server.call(lambda: 5)) == 5


def test_a_call_raises_what_its_function_raises(server: VfioUserServer) -> None:
    with pytest.raises(ZeroDivisionError):
        server.call(lambda: 1 // 0)
    alive(server)


def test_a_call_to_a_server_that_has_ended(server: VfioUserServer) -> None:
    held = threading.Event()
    server.soon(lambda: held.wait(10))
    failures: list[Exception] = []

    def late() -> None:
        try:
            server.call(lambda: None)
        except MachineError as error:
            failures.append(error)

    with suppress(MachineError):
        waiting = threading.Thread(target=late)
        waiting.start()
        server.soon(server.stop)
        server.soon(lambda: None)
        held.set()
        waiting.join(20)
    while server.running:
        time.sleep(0.001)
    with pytest.raises(MachineError, match="has ended"):
        server.call(lambda: None)


def test_a_flood_does_not_keep_the_loop_for_itself(client: Client, server: VfioUserServer) -> None:
    write = protocol.REGION_ACCESS.pack(SCRATCH, BAR0, 4) + b"\1\2\3\4"
    flood = HEADER.pack(1, Command.REGION_WRITE, HEADER.size + len(write), protocol.NO_REPLY, 0) + write
    over = threading.Event()

    def go() -> None:
        with suppress(OSError):
            while not over.is_set():
                client.socket.sendall(flood * 500)

    flooding = threading.Thread(target=go)
    flooding.start()
    try:
        for _ in range(20):
            assert server.call(lambda: server.connected)
    finally:
        over.set()
        server.stop()
        while server.running:
            time.sleep(0.001)
        client.close()
        flooding.join(20)


def test_a_client_that_leaves_a_timers_dma_unanswered_is_let_go(
    client: Client, server: VfioUserServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devgen.hosts.vfio_user.client_session.DMA_PATIENCE", 0.05)
    client.map(0, 0x1000)
    client.write32(BAR0, LENGTH, 4)
    server.soon(lambda: server.device.regions["bells"].ioeventfds[0].handler(1))  # not within a message of the client's
    assert client.receive().command == Command.DMA_READ
    assert client.closed()
    alive(server)


def test_a_client_that_there_is_no_descriptor_for_is_turned_away(client: Client, server: VfioUserServer) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    others: list[Client] = []
    try:
        second = Client.__new__(Client)
        import socket

        second.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        second.socket.settimeout(10)
        others.append(second)
        resource.setrlimit(resource.RLIMIT_NOFILE, (second.socket.fileno() + 1, hard))
        second.socket.connect(str(server.path))
        assert second.closed()
        assert client.read32(BAR0, 0) == 0x444D4131
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for other in others:
            other.close()
    client.close()
    alive(server)


def test_a_signal_ends_a_server_that_is_flooded(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "devgen", "serve", "dma-engine", "--socket", str(tmp_path / "s")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        process.stderr.readline()
        with Client(tmp_path / "s") as client:
            client.hello()
            write = protocol.REGION_ACCESS.pack(4, CONFIG, 4) + b"\7\0\0\0"
            flood = HEADER.pack(1, Command.REGION_WRITE, HEADER.size + len(write), protocol.NO_REPLY, 0) + write
            client.socket.sendall(flood * 3000)
            process.send_signal(signal.SIGTERM)
            with suppress(OSError):
                while True:
                    client.socket.sendall(flood * 500)
        assert process.wait(30) == 0


def test_the_next_client_comes_after_a_flood(server: VfioUserServer) -> None:
    with connect(server) as client:
        client.socket.sendall(HEADER.pack(1, 99, HEADER.size, protocol.NO_REPLY, 0) * 2000)
    alive(server)
