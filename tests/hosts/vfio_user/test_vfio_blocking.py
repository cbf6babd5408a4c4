"""No client can make the server wait: not by eventfds, files, silence or slowness. What it was given ends with it."""

from __future__ import annotations

import errno
import mmap
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from serving import ROOT, environment, serving
from vfio_client import BAR0, CONFIG, ERROR, MEMORY, Client
from vfio_faults import ID, alive, connect, connect_to, fds

from devgen.hosts.vfio_user import VfioUserServer, protocol
from devgen.hosts.vfio_user.client_descriptors import DescriptorCloser
from devgen.hosts.vfio_user.eventfd_signals import SLOTS, EventfdSignals
from devgen.hosts.vfio_user.protocol import HEADER, Command, Irq, SetFlag
from devgen.runtime.machine.device_registry import Registry
from devgen.runtime.memory.ram_block import RamBlock

FULL = (1 << 64) - 2
"""The count at which a write to an eventfd waits."""
TRIGGER = SetFlag.EVENTFD | SetFlag.TRIGGER
CHANNEL = "devgen.hosts.vfio_user.message_channel."
SCRATCH, BELL = 0x24, 0x800


@pytest.fixture
def signals() -> Iterator[EventfdSignals]:
    signals = EventfdSignals()
    yield signals
    signals.close()


# --- eventfds ----------------------------------------------------------------------------------------


def test_signals_are_counted(signals: EventfdSignals) -> None:
    fd = os.eventfd(0)
    assert all(signals.signal(fd) for _ in range(3 * SLOTS))
    assert os.eventfd_read(fd) == 3 * SLOTS
    os.close(fd)


def test_a_full_eventfd_that_would_block_is_signalled_without_waiting(signals: EventfdSignals) -> None:
    fd = os.eventfd(0)
    os.eventfd_write(fd, FULL)
    done = threading.Event()
    thread = threading.Thread(target=lambda: [signals.signal(fd) for _ in range(3)] and done.set(), daemon=True)
    thread.start()
    assert done.wait(20)
    assert os.eventfd_read(fd) > FULL
    os.close(fd)


def test_only_eventfds_are_signalled(signals: EventfdSignals, memory: int) -> None:
    assert not signals.signal(memory)
    assert not signals.signal(999)


def test_a_client_that_fills_its_eventfd_and_flips_its_flags_all_the_time(
    client: Client, server: VfioUserServer
) -> None:
    fd = os.eventfd(0, os.EFD_NONBLOCK)
    client.set_irqs(Irq.MSIX, TRIGGER, 0, 1, [fd])
    over = threading.Event()

    def flip() -> None:
        while not over.is_set():
            with suppress(BlockingIOError):
                os.eventfd_write(fd, FULL)
            os.set_blocking(fd, True)
            os.set_blocking(fd, False)
            os.eventfd_read(fd)

    thread = threading.Thread(target=flip)
    thread.start()
    for _ in range(2000):
        assert not client.set_irqs(Irq.MSIX, SetFlag.NONE | SetFlag.TRIGGER, 0, 1).error
    over.set()
    thread.join(20)
    os.close(fd)


# --- files -------------------------------------------------------------------------------------------


def test_memory_on_a_fuse_mount_that_answers_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "mount"
    folder.mkdir()
    script = Path(__file__).with_name("fuse_client.py")
    path = f"{ROOT}{os.pathsep}{script.parent}"
    with (
        serving(tmp_path / "s") as server,
        subprocess.Popen(
            [sys.executable, str(script), str(tmp_path / "s"), str(folder)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**environment(), "PYTHONPATH": path},
        ) as hostile,
    ):  # fmt: skip
        assert hostile.stdout is not None
        first = hostile.stdout.readline()
        if first.startswith("no FUSE"):
            pytest.skip(first.strip())
        assert first == "mapped 0\n"
        assert hostile.stdout.readline() == f"asked {Command.DMA_READ.value}\n"
        assert hostile.stdout.readline() == f"refused {errno.EINVAL}\n"
        with connect_to(tmp_path / "s") as client:
            assert client.read32(BAR0, 0) == ID
        server.send_signal(signal.SIGTERM)
        _, errors = server.communicate(timeout=20)
        assert server.returncode == 0, errors
        assert "DMA goes by messages" in errors
        assert hostile.stdin is not None
        hostile.stdin.close()
        assert hostile.wait(20) == 0


def test_descriptors_of_any_kind_are_closed(memory: int) -> None:
    closer = DescriptorCloser()
    before = fds()
    reading, writing = os.pipe()
    closer.close([os.dup(memory), os.eventfd(0), reading, writing, os.open("/", os.O_RDONLY)])
    assert fds() == before
    for _ in range(1000):
        if not closer.stuck():
            break
        time.sleep(0.01)
    assert closer.stuck() == 0


def test_a_shrunken_file_of_shared_memory_reads_as_ones(client: Client) -> None:
    fd = os.memfd_create("shrinkable")
    os.ftruncate(fd, 0x2000)
    assert not client.map(0, 0x2000, fd).error
    os.ftruncate(fd, 0)
    client.write(BAR0, 0x08, bytes(8) + (0x1000).to_bytes(8, "little"))
    client.write32(BAR0, 0x18, 8)
    client.write32(BAR0, BELL, 1)
    assert client.read32(BAR0, 0) == ID
    os.close(fd)


# --- silence and slowness ----------------------------------------------------------------------------


@pytest.mark.parametrize("sent", [b"", b"\1", HEADER.pack(1, Command.VERSION, 64, 0, 0)], ids=["none", "one", "head"])
def test_a_client_that_does_not_say_its_version_is_let_go(
    server: VfioUserServer, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(CHANNEL + "MESSAGE_PATIENCE", 0.05)
    with Client(server.path) as silent:
        silent.send_raw(sent)
        assert silent.closed()
    alive(server)


def test_a_client_that_sends_a_message_bit_by_bit_is_let_go(
    client: Client, server: VfioUserServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CHANNEL + "MESSAGE_PATIENCE", 0.05)
    client.send_raw(HEADER.pack(1, Command.REGION_WRITE, 1 << 20, 0, 0))
    until = time.monotonic() + 20
    with pytest.raises(OSError):
        while time.monotonic() < until:
            client.send_raw(b"\0")
            time.sleep(0.001)
    client.close()
    alive(server)


def test_a_client_may_say_nothing_between_messages(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CHANNEL + "MESSAGE_PATIENCE", 0.05)
    client.read32(BAR0, 0)
    time.sleep(0.2)
    assert client.read32(BAR0, 0) == ID


def test_a_known_access_that_comes_in_two_parts_leaves_no_deadline(
    client: Client, server: VfioUserServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CHANNEL + "MESSAGE_PATIENCE", 0.5)
    read = HEADER.pack(9, Command.REGION_READ, 32, 0, 0) + protocol.REGION_ACCESS.pack(0, BAR0, 4)
    for parts in ([read], [read], [read[:20], read[20:]]):
        for part in parts:
            client.send_raw(part)
            server.call(lambda: None)  # it has been read
        assert client.socket.recv(64)[-4:] == ID.to_bytes(4, "little")
    time.sleep(0.7)
    assert client.read32(BAR0, 0) == ID


def test_a_server_whose_client_reads_nothing_ends_when_it_is_told_to(tmp_path: Path) -> None:
    with serving(tmp_path / "s", "--save", str(tmp_path / "state")) as process, Client(tmp_path / "s") as client:
        client.hello()
        client.socket.settimeout(1)
        read = HEADER.pack(1, Command.REGION_READ, 32, 0, 0) + protocol.REGION_ACCESS.pack(0, MEMORY, 0x10000)
        with suppress(TimeoutError):
            while True:
                client.send_raw(read)
        process.send_signal(signal.SIGTERM)
        assert process.wait(3) == 0  # less than the 5 s that the client has to read
    assert (tmp_path / "state").exists()


def test_the_end_of_a_terminal_ends_the_server_in_order(tmp_path: Path) -> None:
    with serving(tmp_path / "s", "--save", str(tmp_path / "state")) as process:
        process.send_signal(signal.SIGHUP)
        assert process.wait(20) == 0
    assert (tmp_path / "state").exists()
    assert not (tmp_path / "s").exists()


# --- what a client was given -------------------------------------------------------------------------


def test_the_ram_of_a_client_that_has_gone_is_not_the_next_ones(client: Client, server: VfioUserServer) -> None:
    client.write(MEMORY, 0x100, b"kept")
    (fd,) = client.region_info(MEMORY)[2]
    with mmap.mmap(fd, 0x10000) as old:
        client.close()
        with connect(server) as following:
            assert following.read(MEMORY, 0x100, 4) == b"kept"
            (other,) = following.region_info(MEMORY)[2]
            following.write(MEMORY, 0x100, b"mine")
            assert old[0x100:0x104] == b"kept"
            old[0x100:0x104] = b"evil"
            assert following.read(MEMORY, 0x100, 4) == b"mine"
            with mmap.mmap(other, 0x10000) as new:
                assert new[0x100:0x104] == b"mine"
            os.close(other)
    os.close(fd)


def test_a_client_that_has_gone_rings_no_doorbell(client: Client, server: VfioUserServer) -> None:
    reply = client.ask(Command.DEVICE_GET_REGION_IO_FDS, protocol.IO_FDS.pack(4096, 0, BAR0, 0))
    (old,) = reply.fds
    client.close()
    with connect(server) as following:
        following.write(CONFIG, 4, b"\x07\x04")
        (new,) = following.ask(Command.DEVICE_GET_REGION_IO_FDS, protocol.IO_FDS.pack(4096, 0, BAR0, 0)).fds
        copies = following.read32(BAR0, 0x28)
        os.eventfd_write(old, 1)
        assert following.read32(BAR0, 0x28) == copies
        os.eventfd_write(new, 1)
        while following.read32(BAR0, 0x28) == copies:
            time.sleep(0.001)
        assert following.read32(BAR0, 0x28) == copies + 1
        os.close(new)
    os.close(old)


def test_a_block_that_is_taken_back_keeps_its_bytes_and_its_place() -> None:
    block = RamBlock(3 * 4096 - 5)
    fd = os.memfd_create("shared")
    os.ftruncate(fd, 3 * 4096)
    block.view[-4:] = b"last"
    block.share(fd, 0)
    block.view[:5] = b"first"
    block.unshare()
    os.pwrite(fd, bytes(3 * 4096), 0)
    assert (bytes(block.view[:5]), bytes(block.view[-4:])) == (b"first", b"last")
    os.close(fd)
    block.close()


# --- SET_IRQS ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("index", "start", "count", "number"),
    [
        (Irq.MSIX, 8, 0, errno.EINVAL),
        (Irq.MSIX, 8, 1, errno.EINVAL),
        (Irq.MSIX, 0xFFFFFFFF, 0, errno.EINVAL),
        (Irq.MSIX, 7, 2, errno.EINVAL),
        (Irq.MSIX, 7, 0, 0),
        (Irq.MSIX, 7, 1, 0),
        (Irq.INTX, 1, 0, errno.EINVAL),
    ],
)
def test_interrupts_beyond_the_vectors_are_refused(
    client: Client, index: int, start: int, count: int, number: int
) -> None:
    assert client.set_irqs(index, SetFlag.NONE | SetFlag.TRIGGER, start, count).error == number


def test_unmaps_of_several_mappings_or_none_succeed(client: Client, server: VfioUserServer, memory: int) -> None:
    for address in (0x1000, 0x3000):
        client.map(address, 0x1000, memory)
    assert not client.unmap(0x100000, 0x1000).error
    assert not client.unmap(0, 0x10000).error
    assert len(server.memory) == 0


# --- the socket --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("options", "mode"), [((), 0o600), (("--mode", "0660"), 0o660), (("--mode", "666"), 0o666)])
def test_the_sockets_mode_is_what_was_asked_for_whatever_the_umask(
    tmp_path: Path, options: tuple[str, ...], mode: int
) -> None:
    before = os.umask(0o002)
    try:
        with serving(tmp_path / "s", *options):
            assert (tmp_path / "s").stat().st_mode & 0o7777 == mode
    finally:
        os.umask(before)


def test_a_mode_is_octal(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "devgen", "serve", "edu", "--socket", str(tmp_path / "s"), "--mode", "rw"]
    result = subprocess.run(command, check=False, capture_output=True, text=True, env=environment())
    assert result.returncode == 2
    assert "'rw' is not a mode; write it in octal, such as 0660" in result.stderr


# --- refusals ----------------------------------------------------------------------------------------


def test_a_second_client_is_told_that_the_device_is_busy(client: Client, server: VfioUserServer) -> None:
    with Client(server.path) as second:
        reply = second.hello()
        assert (reply.command, reply.flags & ERROR, reply.error) == (Command.VERSION, ERROR, errno.EBUSY)
        assert second.closed()
    assert client.read32(BAR0, 0) == ID


def test_a_second_client_that_says_nothing_is_let_go(
    client: Client, server: VfioUserServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devgen.hosts.vfio_user.refused_clients.MESSAGE_PATIENCE", 0.05)
    before = fds()
    with Client(server.path) as second:
        assert second.closed()
    assert client.read32(BAR0, 0) == ID
    assert fds() == before


def test_many_clients_that_say_nothing_keep_no_descriptor(client: Client, server: VfioUserServer) -> None:
    several = []
    for _ in range(20):
        several.append(Client(server.path))
        server.call(lambda: None)  # it has been accepted
    with Client(server.path) as last:
        assert last.hello().error == errno.EBUSY
    assert several[0].closed()
    for one in several:
        one.close()
    assert client.read32(BAR0, 0) == ID


def test_a_first_message_that_is_not_version_is_answered(stranger: Client, server: VfioUserServer) -> None:
    assert stranger.ask(Command.DEVICE_RESET).error == errno.EINVAL
    assert stranger.closed()
    alive(server)


def test_a_client_that_waits_when_the_server_ends_is_answered(tmp_path: Path) -> None:
    server = VfioUserServer(Registry().find("edu"), tmp_path / "s")
    with Client(tmp_path / "s") as waiting:
        identifier = waiting.send(Command.VERSION, protocol.VERSION.pack(0, 1))
        server.close()
        reply = waiting.receive()
    assert (reply.identifier, reply.error) == (identifier, errno.ESHUTDOWN)
