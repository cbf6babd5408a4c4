"""vfio-user, message by message, as a client sees it; and the traps that real clients have met."""

from __future__ import annotations

import errno
import json
import mmap
import os
import struct
from collections.abc import Callable

import pytest
from vfio_client import BAR0, CONFIG, ERROR, MEMORY, NO_REPLY, PORTS, TABLES, Client, Reply, rung

from devgen.hosts.vfio_user import VfioUserServer, protocol
from devgen.hosts.vfio_user.protocol import Command, Irq, SetFlag

Eventfds = Callable[[int], list[int]]
ID, STATUS, SOURCE, DESTINATION, LENGTH, VECTOR, COPIES, SCRATCH, RINGS, BELL = (
    0x00, 0x04, 0x08, 0x10, 0x18, 0x1C, 0x20, 0x24, 0x28, 0x800,
)  # fmt: skip
EVENTFD = SetFlag.EVENTFD | SetFlag.TRIGGER
DISABLE = SetFlag.NONE | SetFlag.TRIGGER


def enable_msix(client: Client, control: int = 0x8000) -> None:
    at = client.read(CONFIG, 0x34, 1)[0]
    assert client.read(CONFIG, at, 1) == b"\x11"
    client.write(CONFIG, at + 2, control.to_bytes(2, "little"))


def start_copy(client: Client, source: int, destination: int, length: int, vector: int = 0) -> None:
    client.write(BAR0, SOURCE, source.to_bytes(8, "little"))
    client.write(BAR0, DESTINATION, destination.to_bytes(8, "little"))
    client.write32(BAR0, LENGTH, length)
    client.write32(BAR0, VECTOR, vector)
    client.write32(BAR0, BELL, 1)


def refused(reply: Reply, number: int = errno.EINVAL) -> bool:
    return bool(reply.flags & ERROR) and reply.error == number


# --- version -------------------------------------------------------------------------------------


def test_version_gives_a_subset_of_what_was_offered(stranger: Client) -> None:
    offered = {"capabilities": {"max_msg_fds": 8, "write_multiple": True, "pgsizes": 4096, "twin_socket": {}}}
    reply = stranger.hello(offered)
    assert protocol.VERSION.unpack_from(reply.payload) == (0, 1)
    assert json.loads(reply.payload[4:].rstrip(b"\0")) == {"capabilities": {"write_multiple": True, "max_msg_fds": 16}}


@pytest.mark.parametrize("length", range(0, 120, 7))
def test_the_version_reply_is_no_longer_than_its_request(stranger: Client, length: int) -> None:
    data = (json.dumps({"capabilities": {"write_multiple": True, "max_msg_fds": 1}}) + " " * length).encode() + b"\0"
    reply = stranger.ask(Command.VERSION, protocol.VERSION.pack(0, 1) + data)
    assert len(reply.payload) <= 4 + len(data)
    assert not reply.flags & ERROR


@pytest.mark.parametrize("name", ["max_msg_fds", "max_data_xfer_size"])
def test_a_capability_that_the_client_has_no_room_for_is_left_out(stranger: Client, name: str) -> None:
    data = b'{"capabilities":{"%s":1}}\0' % name.encode()
    reply = stranger.ask(Command.VERSION, protocol.VERSION.pack(0, 1) + data)
    assert (reply.flags & ERROR, len(reply.payload)) == (0, 4)


def test_version_without_data(stranger: Client) -> None:
    assert stranger.ask(Command.VERSION, protocol.VERSION.pack(0, 7)).payload == protocol.VERSION.pack(0, 1)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\0",
        struct.pack("=HH", 1, 0),
        *(struct.pack("=HH", 0, 1) + x for x in (b"{", b"[]\0", b'{"capabilities":1}', b"[" * 9999)),
    ],
)
def test_a_bad_version_is_refused_and_the_connection_closed(stranger: Client, payload: bytes) -> None:
    assert stranger.ask(Command.VERSION, payload).flags & ERROR
    assert stranger.closed()


def test_the_first_message_must_be_version(stranger: Client) -> None:
    stranger.send(Command.DEVICE_GET_INFO, protocol.DEVICE_INFO.pack(16, 0, 0, 0))
    assert stranger.closed()


def test_version_comes_once(client: Client) -> None:
    assert refused(client.hello())


# --- information -----------------------------------------------------------------------------------


def test_device_info(client: Client) -> None:
    reply = client.ask(Command.DEVICE_GET_INFO, protocol.DEVICE_INFO.pack(16, 0, 0, 0))
    assert protocol.DEVICE_INFO.unpack(reply.payload) == (16, 3, 9, 5)
    assert refused(client.ask(Command.DEVICE_GET_INFO, protocol.DEVICE_INFO.pack(15, 0, 0, 0)))


@pytest.mark.parametrize(
    ("index", "flags", "size"), [(0, 3, 4096), (1, 3, 32), (3, 0, 0), (4, 3, 4096), (6, 0, 0), (7, 3, 4096), (8, 0, 0)]
)
def test_region_info(client: Client, index: int, flags: int, size: int) -> None:
    assert client.region_info(index) == ((32, flags, index, 0, size, 0), b"", [])


def test_region_info_of_what_is_not_there(client: Client) -> None:
    for index, argsz in ((9, 32), (1 << 31, 32), (0, 31), (0, 0)):
        request = protocol.REGION_INFO.pack(argsz, 0, index, 0, 0, 0)
        assert refused(client.ask(Command.DEVICE_GET_REGION_INFO, request))


def test_a_bar_of_ram_can_be_mapped_and_is_the_devices_memory(client: Client) -> None:
    client.write32(MEMORY, 0x10, 0x11223344)
    info, capabilities, fds = client.region_info(MEMORY)
    assert (info, capabilities, len(fds)) == ((32, 7, MEMORY, 0, 0x10000, 0), b"", 1)
    with mmap.mmap(fds[0], 0x10000) as ram:
        assert ram[0x10:0x14] == b"\x44\x33\x22\x11"
        ram[0xFFFC:] = b"abcd"
        assert client.read(MEMORY, 0xFFFC, 4) == b"abcd"
    with pytest.raises(OSError, match="not permitted"):
        os.ftruncate(fds[0], 0)
    os.close(fds[0])


def test_irq_info(client: Client) -> None:
    found = []
    for index in range(5):
        reply = client.ask(Command.DEVICE_GET_IRQ_INFO, protocol.IRQ_INFO.pack(16, 0, index, 0))
        found.append(protocol.IRQ_INFO.unpack(reply.payload)[1:])
    assert found == [(7, 0, 1), (9, 1, 4), (3, 2, 8), (9, 3, 1), (9, 4, 1)]
    assert refused(client.ask(Command.DEVICE_GET_IRQ_INFO, protocol.IRQ_INFO.pack(16, 0, 5, 0)))


# --- accesses --------------------------------------------------------------------------------------


def test_configuration_space_in_one_read(client: Client) -> None:
    space = client.read(CONFIG, 0, 256)
    assert (space[:4], space[8:12], space[0x34]) == (b"\x36\x1b\xf2\x00", b"\x01\x00\x80\x08", 0x40)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 7, 8, 16])
def test_reads_and_writes_of_any_size(client: Client, size: int) -> None:
    data = bytes(range(1, size + 1))
    client.write(BAR0, SOURCE, data)
    assert client.read(BAR0, SOURCE, size) == data
    client.write(PORTS, 0, data[:4])
    assert client.read(PORTS, 0, min(size, 4)) == data[:4]


@pytest.mark.parametrize(
    ("region", "offset", "count"),
    [
        (0, 4096, 4), (0, 4094, 4), (0, 0, 0), (3, 0, 4), (9, 0, 4), (0, 1 << 63, 4), (0, (1 << 64) - 1, 4),
        (7, 4096, 1), (2, 0, (1 << 20) + 1), (8, 0, 1), (0xFFFFFFFF, 0, 4), (0, 0, 0xFFFFFFFF),
    ],
)  # fmt: skip
def test_accesses_outside_are_refused(client: Client, region: int, offset: int, count: int) -> None:
    head = protocol.REGION_ACCESS.pack(offset, region, count)
    assert refused(client.ask(Command.REGION_READ, head))
    assert refused(client.ask(Command.REGION_WRITE, head + bytes(min(count, 64))))
    assert client.read32(BAR0, ID) == 0x444D4131


def test_posted_writes_act_and_are_never_answered(client: Client) -> None:
    client.post(BAR0, SCRATCH, b"\x01\x02\x03\x04")
    client.post(BAR0, 0x5000, b"\0")  # an error, and posted
    client.send(99, b"", flags=NO_REPLY)
    assert client.read32(BAR0, SCRATCH) == 0x04030201  # the next message is this reply


def test_two_hundred_writes_in_one_message(client: Client) -> None:
    writes = [protocol.MULTI_WRITE.pack(SCRATCH, BAR0, 4, struct.pack("=Q", n)) for n in range(199)]
    writes.append(protocol.MULTI_WRITE.pack(SOURCE, BAR0, 8, struct.pack("=Q", 1 << 63)))
    payload = protocol.MULTI_COUNT.pack(200) + b"".join(writes)
    assert client.ask(Command.REGION_WRITE_MULTI, payload).payload == protocol.MULTI_COUNT.pack(200)
    client.send(Command.REGION_WRITE_MULTI, payload, flags=NO_REPLY)
    assert (client.read32(BAR0, SCRATCH), client.read(BAR0, SOURCE, 8)) == (198, struct.pack("=Q", 1 << 63))


@pytest.mark.parametrize("count", [1, 3, 1 << 63])
def test_write_multi_that_is_short_changes_nothing(client: Client, count: int) -> None:
    write = protocol.MULTI_WRITE.pack(SCRATCH, BAR0, 4, struct.pack("=Q", 7))
    bad = protocol.MULTI_WRITE.pack(SCRATCH, BAR0, 9, bytes(8))
    payload = protocol.MULTI_COUNT.pack(count) + (write + bad if count > 1 else bad)
    assert refused(client.ask(Command.REGION_WRITE_MULTI, payload))
    assert client.read32(BAR0, SCRATCH) == 0


def test_reset(client: Client) -> None:
    client.write32(BAR0, SCRATCH, 5)
    assert client.ask(Command.DEVICE_RESET).payload == b""
    assert (client.read32(BAR0, SCRATCH), client.read(CONFIG, 4, 2)) == (0, b"\0\0")


# --- memory ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("sealed", [True, False])
def test_dma_through_a_descriptor(client: Client, memory: int, sealed: bool) -> None:
    fd = memory if sealed else os.memfd_create("shrinkable")
    os.ftruncate(fd, 1 << 20)
    os.pwrite(fd, b"through a descriptor", 0x3000)
    assert client.map(0x100000, 0x10000, fd, offset=0x2000).payload == b""
    start_copy(client, 0x101000, 0x104800, 20)
    assert client.read32(BAR0, STATUS) == 1
    assert os.pread(fd, 20, 0x6800) == b"through a descriptor"
    if not sealed:
        os.ftruncate(fd, 0)
        start_copy(client, 0x101000, 0x104800, 20)
        assert client.read32(BAR0, COPIES) == 2
        os.close(fd)


def test_dma_across_adjacent_mappings_and_a_gap(client: Client, memory: int) -> None:
    client.map(0x1000, 0x1000, memory, offset=0)
    client.map(0x2000, 0x1000, memory, offset=0x8000)
    os.pwrite(memory, b"ABCD", 0xFFC)
    os.pwrite(memory, b"EFGH", 0x8000)
    start_copy(client, 0x1FFC, 0x2100, 8)
    assert os.pread(memory, 8, 0x8100) == b"ABCDEFGH"
    start_copy(client, 0x2FFE, 0x2200, 4)
    assert os.pread(memory, 4, 0x8200) == b"\0\0\xff\xff"


def test_dma_needs_the_bus_master_bit_and_a_mapping(client: Client, memory: int) -> None:
    client.map(0, 0x1000, memory)
    os.pwrite(memory, b"data", 0)
    client.write(CONFIG, 4, b"\x03\x04")
    start_copy(client, 0, 0x100, 4)
    assert os.pread(memory, 4, 0x100) == bytes(4)


def test_memory_that_may_not_be_read(client: Client, memory: int) -> None:
    os.pwrite(memory, b"data", 0x1000)
    client.map(0, 0x1000, memory)
    client.map(0x1000, 0x1000, memory, offset=0x1000, flags=2)
    start_copy(client, 0x1000, 0, 4)
    assert os.pread(memory, 4, 0) == b"\xff" * 4


def test_memory_that_may_not_be_written(client: Client, memory: int) -> None:
    client.map(0, 0x1000, memory, flags=1)
    os.pwrite(memory, b"data", 0)
    start_copy(client, 0, 0x100, 4)
    assert os.pread(memory, 4, 0x100) == bytes(4)


def test_maps_may_not_overlap(client: Client, memory: int) -> None:
    assert not client.map(0x2000, 0x2000, memory).flags & ERROR
    for address, size in ((0x2000, 0x2000), (0x1000, 0x1001), (0x3FFF, 1), (0, 1 << 63)):
        assert refused(client.map(address, size), errno.EEXIST)
    assert not client.map(0x1000, 0x1000).flags & ERROR
    assert not client.map(0x4000, 0x1000).flags & ERROR


def test_bad_maps_are_refused(client: Client, memory: int, eventfds: Eventfds) -> None:
    assert refused(client.map(0, 0))
    assert refused(client.map((1 << 64) - 0x1000, 0x2000))
    assert refused(client.map(0, 0x1000, flags=8))
    assert refused(client.map(0, 0x1000, memory, offset=0x10))
    assert refused(client.map(0, 0x1000, memory, offset=1 << 20))
    assert refused(client.map(0, 0x1000, memory, offset=(1 << 64) - 0x1000))
    assert refused(client.map(0, 0x1000, eventfds(1)[0]))
    assert refused(client.ask(Command.DMA_MAP, protocol.DMA_MAP.pack(32, 3, 0, 0, 0x1000), (memory, memory)))
    assert refused(client.ask(Command.DMA_MAP, b"\0" * 31))


def test_unmap_drops_all_that_is_inside(client: Client, server: VfioUserServer, memory: int) -> None:
    for address in (0x1000, 0x3000, 0x5000, 0x9000):
        client.map(address, 0x1000, memory)
    reply = client.unmap(0, 0x6000)
    assert reply.payload == protocol.DMA_UNMAP.pack(24, 0, 0, 0x6000)
    assert len(server.memory) == 1
    assert not client.unmap(0x100000, 0x1000).flags & ERROR
    assert refused(client.unmap(0x9800, 0x1000))
    assert not client.unmap(0, 0, flags=2).flags & ERROR
    assert len(server.memory) == 0


def test_message_dma_comes_after_the_answer_and_serves_meanwhile(client: Client) -> None:
    client.map(0x1000, 0x10000)
    client.write(BAR0, SOURCE, (0x1000).to_bytes(8, "little"))
    client.write(BAR0, DESTINATION, (0x2000).to_bytes(8, "little"))
    client.write32(BAR0, LENGTH, 6)
    client.write32(BAR0, BELL, 1)  # answered, although the copy needs us
    read = client.receive()
    assert (read.command, read.payload) == (Command.DMA_READ, protocol.DMA_ACCESS.pack(0x1000, 6))
    client.identifier = 1000
    identifier = client.send(Command.REGION_READ, protocol.REGION_ACCESS.pack(ID, BAR0, 4))
    other = client.receive()
    assert (other.identifier, other.payload[16:]) == (identifier, b"1AMD")
    answer(client, read, protocol.DMA_ACCESS.pack(0x1000, 6) + b"abcdef")
    write = client.receive()
    assert (write.command, write.payload) == (Command.DMA_WRITE, protocol.DMA_ACCESS.pack(0x2000, 6) + b"abcdef")
    answer(client, write, protocol.DMA_ACCESS.pack(0x2000, 6))
    assert client.read32(BAR0, STATUS) == 1


def answer(client: Client, request: Reply, payload: bytes, flags: int = protocol.REPLY) -> None:
    size = protocol.HEADER.size + len(payload)
    client.send_raw(protocol.HEADER.pack(request.identifier, request.command, size, flags, 0) + payload)


def test_an_error_to_message_dma_reads_ones(client: Client, memory: int) -> None:
    client.map(0x1000, 0x1000)
    client.map(0x2000, 0x1000, memory)
    start_copy(client, 0x1000, 0x2000, 4)
    answer(client, client.receive(), b"", protocol.REPLY | ERROR)
    assert client.read32(BAR0, STATUS) == 1
    assert os.pread(memory, 4, 0) == b"\xff" * 4


def test_a_client_that_dies_during_message_dma(client: Client, server: VfioUserServer) -> None:
    client.map(0x1000, 0x1000)
    start_copy(client, 0x1000, 0x1100, 4)
    client.receive()
    client.close()
    with Client(server.path) as following:
        while True:
            try:
                following.hello()
                break
            except ConnectionError:  # the server has not seen yet that the first has gone
                following.__init__(server.path)  # type: ignore[misc]
        assert following.read32(BAR0, COPIES) == 1
        assert len(server.memory) == 0


# --- interrupts ------------------------------------------------------------------------------------


def test_msix_through_eventfds_in_chunks(client: Client, eventfds: Eventfds) -> None:
    fds = eventfds(8)
    for start in (0, 3, 6):
        assert not client.set_irqs(Irq.MSIX, EVENTFD, start, len(fds[start : start + 3]), fds[start : start + 3]).error
    enable_msix(client)
    start_copy(client, 0, 0, 4, vector=5)
    client.write32(BAR0, BELL, 1)
    assert [rung(fd) for fd in fds] == [0, 0, 0, 0, 0, 2, 0, 0]


def test_without_descriptors_a_vector_is_taken_away(client: Client, eventfds: Eventfds) -> None:
    (fd,) = eventfds(1)
    client.set_irqs(Irq.MSIX, EVENTFD, 2, 1, [fd])
    enable_msix(client)
    client.set_irqs(Irq.MSIX, EVENTFD, 2, 1)
    start_copy(client, 0, 0, 4, vector=2)
    assert (rung(fd), client.read(TABLES, 0x800, 8)) == (0, b"\x04" + bytes(7))
    client.set_irqs(Irq.MSIX, EVENTFD, 2, 1, [fd])
    assert (rung(fd), client.read(TABLES, 0x800, 8)) == (1, bytes(8))


@pytest.mark.parametrize("kind", [Irq.MSI, Irq.MSIX])
def test_a_masked_vector_is_pending_and_fires_on_unmask(client: Client, eventfds: Eventfds, kind: Irq) -> None:
    fds = eventfds(4)
    client.set_irqs(kind, EVENTFD, 0, 4, fds)
    if kind is Irq.MSIX:
        enable_msix(client)
    else:
        at = client.read(CONFIG, 0x41, 1)[0]
        client.write(CONFIG, at + 2, b"\x21\x00")
    client.set_irqs(kind, SetFlag.BOOL | SetFlag.MASK, 0, 4, data=b"\0\1\0\1")
    for vector in (0, 1):
        start_copy(client, 0, 0, 4, vector=vector)
    assert [rung(fd) for fd in fds] == [1, 0, 0, 0]
    client.set_irqs(kind, SetFlag.NONE | SetFlag.UNMASK, 0, 4)
    assert [rung(fd) for fd in fds] == [0, 1, 0, 0]


def test_what_waited_is_forgotten_by_a_reset(client: Client, eventfds: Eventfds) -> None:
    fds = eventfds(1)
    client.set_irqs(Irq.MSIX, EVENTFD, 0, 1, fds)
    enable_msix(client)
    client.set_irqs(Irq.MSIX, SetFlag.NONE | SetFlag.MASK, 0, 1)
    start_copy(client, 0, 0, 4)
    client.ask(Command.DEVICE_RESET)
    client.set_irqs(Irq.MSIX, SetFlag.NONE | SetFlag.UNMASK, 0, 1)
    assert rung(fds[0]) == 0


def test_intx_masks_itself_and_fires_again_while_the_line_is_up(client: Client, eventfds: Eventfds) -> None:
    (fd,) = eventfds(1)
    client.set_irqs(Irq.INTX, EVENTFD, 0, 1, [fd])
    client.write(CONFIG, 4, b"\x07\x00")
    start_copy(client, 0, 0, 4)
    assert rung(fd) == 1
    client.write32(BAR0, BELL, 1)
    assert rung(fd) == 0  # masked by itself
    client.set_irqs(Irq.INTX, SetFlag.NONE | SetFlag.UNMASK, 0, 1)
    assert rung(fd) == 1
    client.write32(BAR0, STATUS, 1)
    client.set_irqs(Irq.INTX, SetFlag.NONE | SetFlag.UNMASK, 0, 1)
    assert rung(fd) == 0
    client.write32(BAR0, BELL, 1)
    assert rung(fd) == 1
    client.write32(BAR0, STATUS, 1)
    client.write32(BAR0, BELL, 1)
    assert rung(fd) == 0  # down, and up again behind the mask


def test_intx_with_a_new_eventfd_is_no_longer_masked(client: Client, eventfds: Eventfds) -> None:
    old, new = eventfds(2)
    client.set_irqs(Irq.INTX, EVENTFD, 0, 1, [old])
    client.write(CONFIG, 4, b"\x07\x00")
    start_copy(client, 0, 0, 4)
    client.set_irqs(Irq.INTX, EVENTFD, 0, 1)
    client.set_irqs(Irq.INTX, EVENTFD, 0, 1, [new])
    assert (rung(old), rung(new)) == (1, 1)


def test_intx_is_unmasked_through_an_eventfd(client: Client, eventfds: Eventfds) -> None:
    fd, unmask = eventfds(2)
    client.set_irqs(Irq.INTX, EVENTFD, 0, 1, [fd])
    client.set_irqs(Irq.INTX, SetFlag.EVENTFD | SetFlag.UNMASK, 0, 1, [unmask])
    client.write(CONFIG, 4, b"\x07\x00")
    start_copy(client, 0, 0, 4)
    assert rung(fd) == 1
    os.eventfd_write(unmask, 1)
    for _ in range(1000):
        client.read32(BAR0, ID)
        if rung(fd):
            break
    else:
        pytest.fail("the line is up, and nothing came")


def test_a_client_triggers_by_itself(client: Client, eventfds: Eventfds) -> None:
    fds = eventfds(3)
    client.set_irqs(Irq.MSIX, EVENTFD, 0, 3, fds)
    client.set_irqs(Irq.MSIX, SetFlag.BOOL | SetFlag.TRIGGER, 0, 3, data=b"\1\0\1")
    client.set_irqs(Irq.MSIX, DISABLE, 1, 1)
    assert [rung(fd) for fd in fds] == [1, 1, 1]
    client.set_irqs(Irq.MSIX, DISABLE, 0, 0)
    client.set_irqs(Irq.MSIX, DISABLE, 0, 3)
    assert [rung(fd) for fd in fds] == [0, 0, 0]


@pytest.mark.parametrize(
    ("index", "flags", "start", "count"),
    [
        (5, DISABLE, 0, 1), (Irq.MSIX, DISABLE, 8, 1), (Irq.MSIX, DISABLE, 0, 9), (Irq.MSIX, DISABLE, 1 << 31, 1 << 31),
        (Irq.MSIX, 0, 0, 1), (Irq.MSIX, SetFlag.NONE, 0, 1), (Irq.MSIX, SetFlag.TRIGGER, 0, 1), (Irq.MSIX, 0x3F, 0, 1),
        (Irq.MSIX, 0x80 | DISABLE, 0, 1), (Irq.MSIX, SetFlag.BOOL | SetFlag.MASK, 0, 2), (Irq.MSI, DISABLE, 4, 1),
        (Irq.MSIX, SetFlag.EVENTFD | SetFlag.MASK, 0, 1), (Irq.MSIX, SetFlag.EVENTFD | SetFlag.UNMASK, 0, 1),
    ],
)  # fmt: skip
def test_bad_set_irqs_are_refused(client: Client, index: int, flags: int, start: int, count: int) -> None:
    assert refused(client.set_irqs(index, flags, start, count))


def test_only_eventfds_are_taken(client: Client, memory: int, eventfds: Eventfds) -> None:
    fds = eventfds(3)
    assert refused(client.set_irqs(Irq.MSIX, EVENTFD, 0, 1, [memory]))
    assert refused(client.set_irqs(Irq.MSIX, EVENTFD, 0, 2, fds))
    assert refused(client.set_irqs(Irq.MSIX, DISABLE, 0, 1, fds[:1]))
    assert refused(client.ask(Command.DEVICE_SET_IRQS, b"\0" * 19))


# --- doorbells -------------------------------------------------------------------------------------


def test_a_doorbell_is_an_eventfd(client: Client) -> None:
    request = protocol.IO_FDS.pack(16, 0, BAR0, 0)
    reply = client.ask(Command.DEVICE_GET_REGION_IO_FDS, request)
    assert (protocol.IO_FDS.unpack(reply.payload), reply.fds) == ((56, 0, BAR0, 1), [])
    reply = client.ask(Command.DEVICE_GET_REGION_IO_FDS, protocol.IO_FDS.pack(56, 0, BAR0, 0))
    assert protocol.IO_FD.unpack_from(reply.payload, 16) == (BELL, 4, 0, 0, 1, 0, 1)
    (fd,) = reply.fds
    os.eventfd_write(fd, 3)
    for _ in range(1000):
        if client.read32(BAR0, RINGS):
            break
    assert client.read32(BAR0, RINGS) == 3
    os.close(fd)


def test_regions_without_doorbells(client: Client) -> None:
    reply = client.ask(Command.DEVICE_GET_REGION_IO_FDS, protocol.IO_FDS.pack(16, 0, PORTS, 0))
    assert protocol.IO_FDS.unpack(reply.payload) == (16, 0, PORTS, 0)
    for argsz, flags, index, count in ((15, 0, 0, 0), (16, 1, 0, 0), (16, 0, 9, 0), (16, 0, 0, 1)):
        bad = protocol.IO_FDS.pack(argsz, flags, index, count)
        assert refused(client.ask(Command.DEVICE_GET_REGION_IO_FDS, bad))
