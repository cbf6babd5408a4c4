"""The block device: requests, what they do to the medium, and how they end."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from virtio_driver import DEVICE, INDIRECT_DESCRIPTORS, NEEDS_RESET, VERSION_1, WRITE, Buffer, Driver, Queue

from devgen.hosts.bench import Bench

MakeBench = Callable[..., Bench]

IN, OUT, FLUSH, GET_ID, WRITE_ZEROES = 0, 1, 4, 8, 13
OK, IOERR, UNSUPP = 0, 1, 2
HEADER, DATA, RESULT = 0x10000, 0x20000, 0x11000
SEG_MAX, RO, BLK_SIZE, F_FLUSH, MQ, F_WRITE_ZEROES = 1 << 2, 1 << 5, 1 << 6, 1 << 9, 1 << 12, 1 << 14


class Disk:
    """A driver with one queue. ``request`` gives a request's result and the bytes that the device says it wrote."""

    def __init__(self, bench: Bench, queues: int = 1) -> None:
        self.bench = bench
        self.driver = Driver(bench)
        self.queues = self.driver.begin(size=64, queues=queues)

    def request(self, kind: int, sector: int = 0, *data: Buffer, queue: int = 0) -> tuple[int, int]:
        self.begin(kind, sector, *data, queue=queue)
        self.bench.advance("1 ms")
        [(head, written)] = self.queues[queue].take()
        assert head == 0
        return self.bench.load(RESULT, 1)[0], written

    def begin(self, kind: int, sector: int, *data: Buffer, queue: int = 0) -> None:
        self.put_header(kind, sector)
        self.queues[queue].ask((HEADER, 16, 0), *data, (RESULT, 1, WRITE))

    def put_header(self, kind: int, sector: int) -> None:
        self.bench.store(HEADER, kind.to_bytes(4, "little") + bytes(4) + sector.to_bytes(8, "little"))
        self.bench.store(RESULT, b"\xee")

    def write(self, sector: int, data: bytes) -> int:
        self.bench.store(DATA, data)
        return self.request(OUT, sector, (DATA, len(data), 0))[0]

    def read(self, sector: int, length: int) -> bytes:
        self.bench.store(DATA, b"\xee" * length)
        assert self.request(IN, sector, (DATA, length, WRITE)) == (OK, length + 1)
        return self.bench.load(DATA, length)


@pytest.fixture
def disk(bench: MakeBench) -> Disk:
    return Disk(bench("virtio-blk-pci", serial="A0123456789"))


def pattern(length: int) -> bytes:
    return bytes(number * number >> 3 & 0xFF for number in range(min(length, 4096))) * max(1, length >> 12)


class TestConfiguration:
    def test_it_is_a_block_device(self, disk: Disk) -> None:
        assert disk.bench.read("cfg", 0, 4) == 0x10421AF4

    def test_features(self, bench: MakeBench) -> None:
        common = VERSION_1 | INDIRECT_DESCRIPTORS | SEG_MAX | BLK_SIZE | F_FLUSH | MQ
        assert Driver(bench("virtio-blk-pci")).features == common | F_WRITE_ZEROES
        assert Driver(bench("virtio-blk-pci", read_only=True)).features == common | RO

    def test_the_driver_learns_the_shape_of_the_disk(self, bench: MakeBench) -> None:
        driver = Driver(bench("virtio-blk-pci", sectors=12345))
        fields = ((0x00, 4), (0x04, 4), (0x0C, 4), (0x14, 4), (0x22, 2), (0x30, 4), (0x34, 4))
        assert [driver.read(offset, size, DEVICE) for offset, size in fields] == [12345, 0, 254, 512, 4, 2048, 1]


class TestRequests:
    def test_what_was_written_is_read(self, disk: Disk) -> None:
        assert disk.write(3, pattern(1024)) == OK
        assert disk.read(2, 2048) == bytes(512) + pattern(1024) + bytes(512)

    def test_data_may_be_in_pieces_of_any_length_and_the_header_and_the_result_too(self, disk: Disk) -> None:
        disk.bench.store(DATA, pattern(512))
        disk.put_header(OUT, 1)
        pieces = [(HEADER, 5, 0), (HEADER + 5, 11, 0), (DATA, 1, 0), (DATA + 1, 511, 0), (RESULT, 1, WRITE)]
        disk.queues[0].ask(*pieces)
        disk.put_header(IN, 1)
        disk.queues[0].ask((HEADER, 16, 0), (DATA + 1024, 500, WRITE), (DATA + 1524, 13, WRITE))
        assert disk.queues[0].take() == [(0, 1), (0, 513)]
        assert disk.bench.load(DATA + 1024, 513) == pattern(512) + b"\0"

    def test_header_and_data_may_share_a_descriptor(self, disk: Disk) -> None:
        disk.put_header(OUT, 0)
        disk.bench.store(HEADER + 16, pattern(512))
        disk.queues[0].ask((HEADER, 528, 0), (RESULT, 1, WRITE))
        assert disk.queues[0].take() == [(0, 1)]
        assert disk.read(0, 512) == pattern(512)

    def test_a_large_request_is_done_in_turns(self, bench: MakeBench) -> None:
        disk = Disk(bench("virtio-blk-pci", sectors=8192))
        disk.bench.store(DATA, pattern(3 << 20))
        disk.begin(OUT, 0, (DATA, 3 << 20, 0))
        assert disk.queues[0].take() == []
        disk.bench.advance("1 ms")
        assert disk.queues[0].take() == [(0, 1)]
        assert bytes(disk.bench.dut.medium[: 3 << 20]) == pattern(3 << 20)

    def test_a_saved_device_goes_on_in_the_middle_of_a_request(self, bench: MakeBench) -> None:
        disk = Disk(bench("virtio-blk-pci", sectors=8192))
        disk.bench.store(DATA, pattern(2 << 20))
        disk.begin(OUT, 0, (DATA, 2 << 20, 0))
        saved = json.loads(json.dumps(disk.bench.machine.save_state()))
        twin = bench("virtio-blk-pci", sectors=8192)
        twin.machine.load_state(saved)
        twin.advance("1 ms")
        assert bytes(twin.dut.medium[: 2 << 20]) == pattern(2 << 20)
        assert twin.load(RESULT, 1)[0] == OK

    def test_flush(self, disk: Disk) -> None:
        assert disk.request(FLUSH) == (OK, 1)

    def test_the_serial_number_has_20_bytes(self, disk: Disk) -> None:
        assert disk.request(GET_ID, 0, (DATA, 20, WRITE)) == (OK, 21)
        assert disk.bench.load(DATA, 20) == b"A0123456789".ljust(20, b"\0")

    def test_the_medium_outlives_a_reset(self, disk: Disk) -> None:
        disk.write(0, pattern(512))
        disk.bench.reset()
        disk.queues = disk.driver.begin(size=64)
        assert disk.read(0, 512) == pattern(512)

    def test_every_queue_takes_requests_and_sends_its_own_message(self, bench: MakeBench) -> None:
        disk = Disk(bench("virtio-blk-pci"), queues=4)
        disk.driver.use_messages(5)
        for queue in (2, 0, 3, 1):
            assert disk.request(FLUSH, queue=queue) == (OK, 1)
            assert disk.driver.take_messages(5) == [1 + queue]


class TestZeroing:
    def zero(self, disk: Disk, sector: int, number: int, flags: int = 0) -> int:
        disk.bench.store(DATA, b"".join(v.to_bytes(s, "little") for v, s in ((sector, 8), (number, 4), (flags, 4))))
        return disk.request(WRITE_ZEROES, 0, (DATA, 16, 0))[0]

    @pytest.mark.parametrize("flags", [0, 1])
    def test_a_range_is_zeroed(self, disk: Disk, flags: int) -> None:
        disk.write(0, b"\xaa" * 2048)
        assert self.zero(disk, 1, 2, flags) == OK
        assert disk.read(0, 2048) == b"\xaa" * 512 + bytes(1024) + b"\xaa" * 512

    @pytest.mark.parametrize(
        ("sector", "number", "flags", "result"),
        [(2047, 2, 0, IOERR), ((1 << 64) - 1, 1, 0, IOERR), (0, 2049, 0, IOERR), (0, 1, 2, UNSUPP), (2048, 0, 0, OK)],
    )
    def test_other_ranges_are_refused(self, disk: Disk, sector: int, number: int, flags: int, result: int) -> None:
        disk.write(0, b"\xaa" * 512)
        assert self.zero(disk, sector, number, flags) == result
        assert disk.read(0, 512) == b"\xaa" * 512

    def test_there_is_one_range_and_all_of_it(self, disk: Disk) -> None:
        for length in (0, 8, 32):
            assert disk.request(WRITE_ZEROES, 0, (DATA, length, 0))[0] == UNSUPP


class TestErrors:
    @pytest.mark.parametrize(("sector", "length"), [(2048, 512), (2047, 1024), ((1 << 64) - 1, 512), (0, 100)])
    @pytest.mark.parametrize(("kind", "flags"), [(IN, WRITE), (OUT, 0)])
    def test_outside_the_disk_and_parts_of_sectors(
        self, disk: Disk, kind: int, flags: int, sector: int, length: int
    ) -> None:
        assert disk.request(kind, sector, (DATA, length, flags))[0] == IOERR
        assert disk.request(FLUSH) == (OK, 1)

    def test_4_gib_at_once(self, disk: Disk) -> None:
        """The driver waits long, and others do not."""
        disk.begin(IN, 0, *[(DATA, 0xFFFFFFFF, WRITE)] * 60)
        disk.bench.advance("1 us")
        disk.queues = disk.driver.begin(size=64)
        assert disk.request(FLUSH) == (OK, 1)

    @pytest.mark.parametrize("kind", [2, 11, 14, 0xFFFFFFFF])
    def test_what_the_device_does_not_know(self, disk: Disk, kind: int) -> None:
        assert disk.request(kind, 0, (DATA, 512, 0)) == (UNSUPP, 1)

    def test_a_disk_that_may_only_be_read(self, bench: MakeBench) -> None:
        disk = Disk(bench("virtio-blk-pci", read_only=True))
        assert disk.write(0, pattern(512)) == IOERR
        assert disk.request(WRITE_ZEROES, 0, (DATA, 16, 0))[0] == UNSUPP
        assert disk.read(0, 512) == bytes(512)

    @pytest.mark.parametrize(
        "chain",
        [
            [(HEADER, 15, 0), (RESULT, 1, WRITE)],
            [(HEADER, 16, 0)],
            [(HEADER, 16, 0), (DATA, 512, 0)],
            [(HEADER, 16, WRITE)],
            [(HEADER, 0, 0)],
            [(HEADER, 16, 0), (DATA, 512, WRITE), (RESULT, 0, WRITE)],
        ],
    )
    def test_a_chain_that_is_no_request_stops_the_device(self, disk: Disk, chain: list[Buffer]) -> None:
        disk.put_header(IN, 0)
        disk.queues[0].ask(*chain)
        assert disk.driver.status & NEEDS_RESET
        disk.queues = disk.driver.begin(size=64)
        assert disk.request(FLUSH) == (OK, 1)


def test_requests_come_back_in_order(disk: Disk) -> None:
    queue: Queue = disk.queues[0]
    disk.put_header(FLUSH, 0)
    for first in (10, 20, 30):
        queue.add((HEADER, 16, 0), (RESULT, 1, WRITE), first=first)
    queue.kick()
    assert queue.take() == [(10, 1), (20, 1), (30, 1)]
