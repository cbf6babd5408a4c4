"""What the server says of a client's memory.

Memory that the client has mapped privately is seen where it can be, and asked for instead of read past its back.
"""

from __future__ import annotations

import mmap
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import qtest
from qtest import Qtest, copy, eventually
from vfio_client import BAR0, CONFIG, Client

from devgen.hosts.vfio_user import VfioUserServer
from devgen.hosts.vfio_user import memory_sharing as sharing
from devgen.hosts.vfio_user.client_descriptors import is_shared_memory
from devgen.hosts.vfio_user.client_session import NO_MEMORY, PRIVATE
from devgen.hosts.vfio_user.protocol import Command
from devgen.runtime.machine.device_registry import Registry


@contextmanager
def heard(path: Path) -> Iterator[tuple[VfioUserServer, list[str]]]:
    """A server, and what it says of its clients."""
    said: list[str] = []
    with VfioUserServer(Registry().find("dma-engine"), path, on_client=said.append) as server:
        thread = threading.Thread(target=server.run)
        thread.start()
        yield server, said
        server.stop()
        thread.join(20)


@pytest.mark.parametrize(("how", "asks"), [(mmap.MAP_PRIVATE, 2), (mmap.MAP_SHARED, 0), (None, 0)])
def test_how_the_client_maps_its_memory_is_seen(tmp_path: Path, memory: int, how: int | None, asks: int) -> None:
    with heard(tmp_path / "s") as (server, said), Client(tmp_path / "s") as client:
        client.hello()
        mapping = None if how is None else mmap.mmap(memory, 1 << 20, how)
        for address in (0, 0x10000):
            assert not client.map(address, 0x10000, memory, offset=address).error
        assert server.call(lambda: server.memory.asks) == asks
        assert said == ["a client has connected", *([PRIVATE] if asks else [])]
        if mapping is not None:
            mapping.close()


def test_memory_that_is_refused_is_told_once(tmp_path: Path, memory: int) -> None:
    with heard(tmp_path / "s") as (_, said), Client(tmp_path / "s") as client:
        client.hello()
        client.map(0, 0x10000, memory)
        for _turn in range(3):
            assert client.map(0x8000, 0x10000, memory).error
        refused = "memory of the client was refused, DMA there reads ones: DMA_MAP at 0x8000 over a mapping"
        assert said == ["a client has connected", refused]


def test_one_shared_mapping_is_enough(tmp_path: Path, memory: int) -> None:
    with (
        heard(tmp_path / "s") as (server, said),
        Client(tmp_path / "s") as client,
        mmap.mmap(memory, 1 << 20, mmap.MAP_PRIVATE),
        mmap.mmap(memory, 1 << 20, mmap.MAP_SHARED),
    ):
        client.hello()
        client.map(0, 0x10000, memory)
        assert (server.call(lambda: server.memory.asks), len(said)) == (0, 1)


def test_a_process_that_may_not_be_looked_at(tmp_path: Path, memory: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for process in (0, 1 << 30):  # in another namespace; gone
        monkeypatch.setattr(sharing, "_peer", lambda _connection, process=process: process)
        with (
            heard(tmp_path / "s") as (server, said),
            Client(tmp_path / "s") as client,
            mmap.mmap(memory, 1 << 20, mmap.MAP_PRIVATE),
        ):
            client.hello()
            client.map(0, 0x10000, memory)
            assert (server.call(lambda: server.memory.asks), len(said)) == (0, 1)


def test_a_client_of_many_files_is_looked_at_no_more_than_so_often(
    tmp_path: Path, memory: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[sharing.Identity] = []
    monkeypatch.setattr(sharing, "_only_private", lambda _maps, identity: bool(looks.append(identity)))
    with heard(tmp_path / "s"), Client(tmp_path / "s") as client:
        client.hello()
        for index in range(2 * sharing.MOST):
            fd = os.memfd_create("one")
            os.ftruncate(fd, 0x1000)
            assert not client.map(index << 12, 0x1000, fd).error
            os.close(fd)
    assert len(looks) == sharing.MOST


def said_of(kind: str, folder: Path) -> str:
    """What is said of memory with share=off: a file on a disk is no shared memory in the first place."""
    fd = os.open(folder, os.O_TMPFILE | os.O_RDWR)
    try:
        return PRIVATE if kind == "memfd" or is_shared_memory(fd) else NO_MEMORY
    finally:
        os.close(fd)


@pytest.mark.qemu
@pytest.mark.parametrize("kind", ["memfd", "file"])
def test_dma_of_a_qemu_with_share_off(tmp_path: Path, kind: str) -> None:
    place = f",mem-path={tmp_path / 'ram'}" if kind == "file" else ""
    with heard(tmp_path / "s") as (_, said):
        qemu = Qtest(tmp_path, tmp_path / "s", backend=f"memory-backend-{kind},id=mem0,size=64M,share=off{place}")
        try:
            qemu.set_up()
            qemu.writeq(0x10000, 0x0123456789ABCDEF)
            copy(qemu, 0x10000, 0x20000, 8)
            assert eventually(lambda: qemu.readl(qtest.BAR0 + 0x20) == 1)
            assert qemu.readq(0x20000) == 0x0123456789ABCDEF
            assert said == ["a client has connected", said_of(kind, tmp_path)]
        finally:
            qemu.close()


@pytest.mark.qemu
def test_nothing_is_said_of_a_qemu_with_share_on(tmp_path: Path) -> None:
    with heard(tmp_path / "s") as (server, said):
        qemu = Qtest(tmp_path, tmp_path / "s")
        try:
            qemu.set_up()
            assert said == ["a client has connected"]
            assert server.call(lambda: len(server.memory) > server.memory.asks)
        finally:
            qemu.close()


def test_private_memory_is_asked_for(tmp_path: Path, memory: int) -> None:
    with heard(tmp_path / "s"), Client(tmp_path / "s") as client, mmap.mmap(memory, 1 << 20, mmap.MAP_PRIVATE):
        client.hello()
        client.map(0, 0x10000, memory)
        client.write(CONFIG, 4, b"\7\4")
        client.write32(BAR0, 0x18, 4)
        client.write32(BAR0, 0x800, 1)
        assert client.receive().command == Command.DMA_READ
