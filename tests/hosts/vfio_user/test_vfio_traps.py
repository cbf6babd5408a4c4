"""Traps of the protocol that real clients fall into, beyond those in `test_vfio_protocol`, which goes by message."""

from __future__ import annotations

import errno
import mmap
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import pytest
from qtest import BAR0 as QEMU_BAR0
from qtest import Qtest, eventually
from vfio_client import BAR0, CONFIG, ERROR, MEMORY, Client, rung

from devgen.hosts.vfio_user import VfioUserServer, protocol
from devgen.hosts.vfio_user.client_session import Session
from devgen.hosts.vfio_user.message_channel import Message
from devgen.hosts.vfio_user.protocol import Command, Irq, SetFlag
from devgen.runtime.device.device import Device
from devgen.runtime.device.environment import Environment
from devgen.runtime.device.properties import PropertyValue
from devgen.runtime.machine.device_registry import Registry
from devgen.runtime.memory.memory_region import MemoryRegion
from devgen.runtime.memory.ram_block import RamBlock
from devgen.runtime.memory.register_bank import Reg, RegisterBank
from devgen.runtime.pci import Bar, PciDevice, PciIdentity

Eventfds = Callable[[int], list[int]]
REGION_INFO = Command.DEVICE_GET_REGION_INFO


class Window(PciDevice):
    """A BAR of registers, then two windows of RAM."""

    NAME: ClassVar[str] = "window"
    PCI: ClassVar[PciIdentity] = PciIdentity(0x1B36, 0x00F1, 1, 0xFF0000)
    BARS: ClassVar[tuple[Bar, ...]] = (Bar(0, "mem32", 0x8000),)

    def __init__(self, env: Environment, **properties: PropertyValue) -> None:
        super().__init__(env, **properties)
        registers = (Reg("ID", 0, 32, lambda: 0x1234, lambda value: None),)
        self.add_region(
            MemoryRegion.io("registers", 0x100, RegisterBank("registers", 0x100, registers=registers)), bar=0
        )
        for at, size in ((0x2000, 0x1000), (0x4000, 0x2800)):
            self.add_region(MemoryRegion.ram(f"ram{at:x}", size, RamBlock(size)), bar=0, offset=at)


@contextmanager
def serving(device: type[Device], path: Path, *, mapped: bool = True) -> Iterator[VfioUserServer]:
    with VfioUserServer(device, path, mapped=mapped) as server:
        thread = threading.Thread(target=server.run)
        thread.start()
        yield server
        server.stop()
        thread.join(20)


# --- sizes of replies ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "request_of"),
    [
        (Command.DEVICE_GET_INFO, lambda argsz: protocol.DEVICE_INFO.pack(argsz, 0, 0, 0)),
        (REGION_INFO, lambda argsz: protocol.REGION_INFO.pack(argsz, 0, 0, 0, 0, 0)),
        (Command.DEVICE_GET_IRQ_INFO, lambda argsz: protocol.IRQ_INFO.pack(argsz, 0, 2, 0)),
        (Command.DEVICE_GET_REGION_IO_FDS, lambda argsz: protocol.IO_FDS.pack(argsz, 0, 0, 0)),
        (Command.DMA_UNMAP, lambda argsz: protocol.DMA_UNMAP.pack(argsz, 0, 0, 0x1000)),
    ],
)  # fmt: skip
def test_no_reply_is_longer_than_argsz(client: Client, command: int, request_of: Callable[[int], bytes]) -> None:
    for argsz in (*range(130), 1 << 31):
        reply = client.ask(command, request_of(argsz))
        assert len(reply.payload) <= argsz
        for fd in reply.fds:
            os.close(fd)


def test_memory_beside_registers_is_told_when_there_is_room_for_it(tmp_path: Path) -> None:
    with serving(Window, tmp_path / "s"), Client(tmp_path / "s") as client:
        client.hello()
        first, more, fds = client.region_info(0, 32)
        assert (first, more, fds) == ((80, 3, 0, 0, 0x8000, 0), b"", [])  # neither capabilities nor an offset of them
        full, more, fds = client.region_info(0, first[0])
        assert full == (80, 0xF, 0, 32, 0x8000, 0)
        assert protocol.SPARSE.unpack_from(more) == (protocol.SPARSE_ID, 1, 0, 2, 0)
        areas = [protocol.AREA.unpack_from(more, 16 + 16 * at) for at in range(2)]
        assert areas == [(0x2000, 0x1000), (0x4000, 0x2000)]  # whole pages
        (fd,) = fds
        with mmap.mmap(fd, 0x2000, offset=0x4000) as window:
            window[:4] = b"abcd"
            assert client.read(0, 0x4000, 4) == b"abcd"
        client.write(0, 0x6000, b"tail")  # what is no whole page goes by messages
        assert client.read(0, 0x6000, 4) == b"tail"
        assert client.read32(0, 0) == 0x1234
        os.close(fd)


# --- what is not here ------------------------------------------------------------------------------


@pytest.mark.parametrize("feature", [1, 2, 6, 7, 8, 999])
@pytest.mark.parametrize("flags", [1 << 16, 1 << 17, 1 << 18])
def test_device_features_are_unknown(client: Client, feature: int, flags: int) -> None:
    reply = client.ask(Command.DEVICE_FEATURE, protocol.FEATURE.pack(64, flags | feature) + bytes(16))
    assert (reply.error, reply.payload) == (errno.ENOTTY, b"")


def test_a_device_feature_that_is_cut_off(client: Client) -> None:
    assert client.ask(Command.DEVICE_FEATURE, bytes(7)).error == errno.EINVAL


@pytest.mark.parametrize("command", [17, 18])
def test_migration_data_is_not_supported(client: Client, command: int) -> None:
    assert client.ask(command, bytes(16)).error == errno.ENOTSUP


def test_only_what_was_offered_is_agreed_on(stranger: Client) -> None:
    reply = stranger.hello({"capabilities": {"twin_socket": {"supported": True}, "migration": {"pgsize": 4096}}})
    assert reply.payload == protocol.VERSION.pack(0, 1)


# --- interrupts --------------------------------------------------------------------------------------


@pytest.mark.parametrize("chunk", [1, 2, 7, 16])
def test_vectors_come_in_chunks_of_what_was_offered(client: Client, eventfds: Eventfds, chunk: int) -> None:
    fds = eventfds(8)
    for start in range(0, 8, chunk):
        part = fds[start : start + chunk]
        assert not client.set_irqs(Irq.MSIX, SetFlag.EVENTFD | SetFlag.TRIGGER, start, len(part), part).error
    client.set_irqs(Irq.MSIX, SetFlag.NONE | SetFlag.TRIGGER, 0, 8)
    assert [rung(fd) for fd in fds] == [1] * 8


def copy_word(client: Client, source: int, destination: int) -> None:
    client.write(BAR0, 0x08, source.to_bytes(8, "little") + destination.to_bytes(8, "little"))
    client.write32(BAR0, 0x18, 4)
    client.write32(BAR0, 0x800, 1)


def test_a_part_of_huge_pages_is_mapped_with_what_is_round_it(
    client: Client, memory: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devgen.hosts.vfio_user.client_memory._block", lambda status: 1 << 16)
    assert not client.map(0xC0000, 0x3000, memory, offset=0x1D000).error
    os.pwrite(memory, b"data", 0x1D000)
    copy_word(client, 0xC0000, 0xC2FFC)
    assert os.pread(memory, 4, 0x1FFFC) == b"data"


def test_a_file_that_cannot_be_written_nor_mapped_safely_is_asked_for(client: Client) -> None:
    fd = os.memfd_create("shrinkable")
    os.ftruncate(fd, 0x1000)
    unwritable = os.open(f"/proc/self/fd/{fd}", os.O_RDONLY)
    assert not client.map(0, 0x1000, unwritable).error
    copy_word(client, 0, 0x100)
    assert client.receive().command == Command.DMA_READ
    os.close(unwritable)
    os.close(fd)


def test_no_more_doorbells_are_handed_out_than_a_client_takes_descriptors(tmp_path: Path) -> None:
    with VfioUserServer(Registry().find("virtio-blk-pci"), tmp_path / "s") as server:
        thread = threading.Thread(target=server.run)
        thread.start()
        found = []
        for most in (2, 16):
            with Client(server.path) as client:
                client.hello({"capabilities": {"max_msg_fds": most}})
                reply = client.ask(Command.DEVICE_GET_REGION_IO_FDS, protocol.IO_FDS.pack(4096, 0, BAR0, 0))
                found.append((protocol.IO_FDS.unpack_from(reply.payload)[3], len(reply.fds)))
                for fd in reply.fds:
                    os.close(fd)
        server.stop()
        thread.join(20)
    assert found == [(2, 2), (4, 4)]


def test_intx_that_is_up_when_its_eventfd_comes_fires_at_once(client: Client, eventfds: Eventfds) -> None:
    (fd,) = eventfds(1)
    client.write(CONFIG, 4, b"\x07\x00")
    client.write32(BAR0, 0x800, 1)
    client.set_irqs(Irq.INTX, SetFlag.EVENTFD | SetFlag.TRIGGER, 0, 1, [fd])
    assert rung(fd) == 1


# --- what stock QEMU does ------------------------------------------------------------------------------


@pytest.mark.qemu
@pytest.mark.parametrize(("mapped", "posted"), [(True, False), (False, True)])
def test_qemu_posts_writes_only_of_a_card_that_has_nothing_mapped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mapped: bool, posted: bool
) -> None:
    seen: list[bool] = []
    plain = Session._region_write

    def look(self: Session, message: Message) -> None:
        if protocol.REGION_ACCESS.unpack_from(message.payload)[1] == BAR0:
            seen.append(bool(message.flags & protocol.NO_REPLY))
        plain(self, message)

    monkeypatch.setattr(Session, "_region_write", look)
    with serving(Registry().find("dma-engine"), tmp_path / "s", mapped=mapped):
        qemu = Qtest(tmp_path, tmp_path / "s")
        try:
            qemu.set_up()
            qemu.writel(QEMU_BAR0 + 0x24, 5)
            assert eventually(lambda: qemu.readl(QEMU_BAR0 + 0x24) == 5)
        finally:
            qemu.close()
    assert seen == [posted]


def test_memory_that_is_not_mapped_is_reached_by_messages(tmp_path: Path) -> None:
    with serving(Registry().find("dma-engine"), tmp_path / "s", mapped=False), Client(tmp_path / "s") as client:
        client.hello()
        assert client.region_info(MEMORY) == ((32, 3, MEMORY, 0, 0x10000, 0), b"", [])
        client.write(MEMORY, 0xFFF0, b"0123456789abcdef")
        assert client.read(MEMORY, 0xFFF0, 16) == b"0123456789abcdef"
        assert client.ask(Command.REGION_READ, protocol.REGION_ACCESS.pack(0xFFFF, MEMORY, 2)).flags & ERROR
