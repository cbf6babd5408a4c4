"""The NVMe controller's namespace: data in and out, wherever PRPs say, and what is refused."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable

import pytest
from nvme_driver import (
    CC,
    DATA,
    FLUSH,
    IDENTIFY,
    INVALID_FIELD,
    INVALID_NAMESPACE,
    INVALID_OPCODE,
    INVALID_PRP_OFFSET,
    LBA_OUT_OF_RANGE,
    PAGE,
    READ,
    WRITE,
    WRITE_PROTECTED,
    WRITE_ZEROES,
    Driver,
    started,
)

from devgen.hosts.bench import Bench

MakeBench = Callable[..., Bench]


@pytest.fixture
def driver(bench: MakeBench) -> Driver:
    """A driver with a controller that is enabled and has an I/O queue."""
    return started(bench("nvme", blocks=1024, serial="A1"))


def some_bytes(length: int) -> bytes:
    return random.Random(1).randbytes(length)


@pytest.mark.parametrize("count", [1, 8, 9, 16, 17, 255, 256])
def test_what_is_written_can_be_read(driver: Driver, count: int) -> None:
    data = some_bytes(512 * count)
    driver.bench.store(DATA, data)
    assert driver.transfer(WRITE, 3, count) == 0
    driver.bench.store(DATA, bytes(len(data) + 512))
    assert driver.transfer(READ, 3, count) == 0
    assert driver.bench.load(DATA, len(data) + 512) == data + bytes(512)
    medium = driver.bench.dut.medium
    assert medium[3 * 512 : (3 + count) * 512] == data
    assert not any(medium[: 3 * 512]) and not any(medium[(3 + count) * 512 :])


def test_data_may_begin_within_a_page_and_a_list_anywhere(driver: Driver) -> None:
    """The list's last place in its page leads to the rest of it."""
    data = some_bytes(256 * 512)
    pages = [DATA + 0x10000 + 2 * PAGE * n for n in range(33)]
    where = [(pages[0] + 0x404, PAGE - 0x404), *((page, PAGE) for page in pages[1:])]
    position = 0
    for address, length in where:
        driver.bench.store(address, data[position : position + length])
        position += length
    driver.bench.store(DATA - 24, struct.pack("<3Q", *pages[1:3], DATA - 0x8000))
    driver.bench.store(DATA - 0x8000, struct.pack("<30Q", *pages[3:]))
    fields = {"prp1": pages[0] + 0x404, "prp2": DATA - 24}
    assert driver.access(WRITE, 0, 256, **fields) == 0
    assert driver.bench.dut.medium[: len(data)] == data


def test_a_list_that_ends_with_its_page_leads_nowhere(driver: Driver) -> None:
    driver.bench.store(DATA - 16, struct.pack("<2Q", DATA + 0x3000, DATA + 0x5000))
    driver.bench.store(DATA + 0x5000, b"last" * 1024)
    assert driver.access(WRITE, 0, 24, prp2=DATA - 16) == 0
    assert driver.bench.dut.medium[2 * PAGE : 3 * PAGE] == b"last" * 1024


@pytest.mark.parametrize(
    ("count", "fields"),
    [(1, {"prp1": DATA + 2}), (16, {"prp2": DATA + 0x10}), (24, {"prp2": DATA - 0x1C}), (24, {"prp2": DATA - 0x40})],
)
def test_entries_that_point_within_a_page_are_refused(driver: Driver, count: int, fields: dict[str, int]) -> None:
    driver.bench.store(DATA - 0x40, struct.pack("<2Q", DATA + 0x10, DATA))
    assert driver.access(READ, 0, count, **fields) == INVALID_PRP_OFFSET


@pytest.mark.parametrize(("block", "count"), [(1024, 1), (1023, 2), (769, 256), (1 << 32, 1), ((1 << 64) - 1, 1)])
def test_blocks_beyond_the_end_are_refused(driver: Driver, block: int, count: int) -> None:
    for opcode in (READ, WRITE, WRITE_ZEROES):
        assert driver.access(opcode, block, count) == LBA_OUT_OF_RANGE


def test_no_more_than_128_kib_go_at_once(driver: Driver) -> None:
    assert driver.access(READ, 0, 257) == driver.access(WRITE, 0, 257) == INVALID_FIELD
    assert driver.access(WRITE_ZEROES, 0, 1024) == 0


def test_blocks_are_zeroed(driver: Driver) -> None:
    driver.bench.store(DATA, b"\xff" * 512 * 16)
    assert driver.transfer(WRITE, 0, 16) == 0
    assert driver.access(WRITE_ZEROES, 3, 10) == 0
    assert driver.bench.dut.medium[: 512 * 16] == b"\xff" * 512 * 3 + bytes(512 * 10) + b"\xff" * 512 * 3


@pytest.mark.parametrize("nsid", [0, 2, 0xFFFFFFFF])
def test_there_is_one_namespace(driver: Driver, nsid: int) -> None:
    for opcode in (READ, WRITE, WRITE_ZEROES):
        assert driver.access(opcode, 0, 1, nsid=nsid) == INVALID_NAMESPACE
    assert driver.access(FLUSH, 0, 1, nsid=nsid) == (0 if nsid == 0xFFFFFFFF else INVALID_NAMESPACE)


@pytest.mark.parametrize("opcode", [4, 5, 9, 0xD, 0x80])
def test_unknown_commands_of_the_medium_are_refused(driver: Driver, opcode: int) -> None:
    assert driver.access(opcode, 0, 1) == INVALID_OPCODE


def test_a_write_protected_namespace_is_only_read(bench: MakeBench) -> None:
    """Figure 128 of NVMe 1.4 (status 20h), and NSATTR in figure 247."""
    driver = started(bench("nvme", blocks=1024, read_only=True))
    driver.bench.store(DATA, b"\xff" * 512)
    assert driver.access(WRITE, 0, 1) == driver.access(WRITE_ZEROES, 0, 1) == WRITE_PROTECTED
    assert driver.access(FLUSH, 0, 1) == driver.access(READ, 0, 1) == 0
    assert not any(driver.bench.dut.medium)
    assert driver.admin(IDENTIFY, nsid=1, prp1=DATA).status == 0
    assert driver.bench.load(DATA + 99, 1) == b"\x01"


def test_a_function_that_is_no_bus_master_fetches_nothing(driver: Driver) -> None:
    dut, queue = driver.bench, driver.queues[1]
    driver.put(queue, WRITE, nsid=1, prp1=DATA)
    dut.write("cfg", 4, 2, 2)
    driver.ring(queue)
    assert driver.peek(queue) is None
    assert not any(dut.dut.medium)


def test_data_that_lies_in_its_own_registers_breaks_nothing(driver: Driver) -> None:
    """A block that is read over CC disables the controller in the middle of the command."""
    base = driver.bench.dut.config.bar_address(driver.bench.dut.BARS[0])
    queue = driver.queues[1]
    driver.put(queue, READ, nsid=1, prp1=base, prp2=base + PAGE, cdw12=15)
    driver.ring(queue)
    driver.bench.advance("1 s")
    driver.bench.write32(CC, 0)
    driver.enable()
    driver.add_queue()
    assert driver.access(FLUSH, 0, 1) == 0
