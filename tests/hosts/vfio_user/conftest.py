"""A server in a thread of its own, and clients of it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from vfio_client import CONFIG, Client

from devgen.hosts.vfio_user import VfioUserServer
from devgen.runtime.machine.device_registry import Registry


@pytest.fixture
def server(tmp_path: Path) -> Iterator[VfioUserServer]:
    """Serves the catalogue's dma-engine."""
    server = VfioUserServer(Registry().find("dma-engine"), tmp_path / "s")
    thread = threading.Thread(target=server.run)
    thread.start()
    yield server
    server.stop()
    thread.join(20)
    assert not thread.is_alive()
    server.close()


@pytest.fixture
def stranger(server: VfioUserServer) -> Iterator[Client]:
    """A client that has said nothing yet."""
    with Client(server.path) as client:
        yield client


@pytest.fixture
def client(stranger: Client) -> Client:
    """A client that has agreed on the version, of a device that is bus master."""
    stranger.hello()
    stranger.write(CONFIG, 4, b"\x07\x04")  # INTx off
    return stranger


@pytest.fixture
def eventfds() -> Iterator[Callable[[int], list[int]]]:
    """Makes eventfds, closed at the end."""
    made: list[int] = []

    def make(count: int) -> list[int]:
        fds = [os.eventfd(0, os.EFD_NONBLOCK) for _ in range(count)]
        made.extend(fds)
        return fds

    yield make
    for fd in made:
        os.close(fd)


@pytest.fixture
def memory() -> Iterator[int]:
    """A file of 1 MiB that cannot shrink, as QEMU's memory has it."""
    import fcntl

    fd = os.memfd_create("guest", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(fd, 1 << 20)
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK)
    yield fd
    os.close(fd)
