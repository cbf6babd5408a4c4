"""Each condition after which a virtio device needs a reset is told once, with its reason."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from virtio_driver import (
    ACKNOWLEDGE,
    DRIVER,
    DRIVER_OK,
    FEATURES_OK,
    INDIRECT,
    INDIRECT_DESCRIPTORS,
    NEEDS_RESET,
    NEXT,
    NOTIFY,
    VERSION_1,
    WRITE,
    Driver,
    Queue,
)

from devgen.hosts.bench import Bench

MakeBench = Callable[..., Bench]
TABLE = 0x20000
NOWHERE = 0x7FFF_0000_0000
HEADER, DATA, RESULT = 0x10000, 0x11000, 0x12000

Fault = Callable[[Queue], None]


def told(bench: Bench, caplog: pytest.LogCaptureFixture) -> list[str]:
    """The errors that were logged, without the device's name; each has been an event too."""
    name = f"{bench.dut.name}: error: "
    lines = [line.removeprefix(name) for line in caplog.messages if line.startswith(name)]
    events = [event for event in bench.events if event.name in bench.dut.ERRORS]
    assert lines == [bench.dut.ERRORS[event.name].format(**event.values) for event in events]
    return lines


def overrun(queue: Queue) -> None:
    queue.added = 264
    queue.offer(0)


def no_descriptor(queue: Queue) -> None:
    queue.describe(3, (HEADER, 16, NEXT), 99)
    queue.offer(3)


def endless(queue: Queue) -> None:
    queue.describe(0, (HEADER, 1, NEXT), 0)
    queue.offer(0)


def order(queue: Queue) -> None:
    queue.add((HEADER, 16, 0), (DATA, 512, WRITE), (HEADER, 16, 0))


def nested(queue: Queue) -> None:
    queue.describe(0, (TABLE, 16, INDIRECT), 0, TABLE)
    queue.describe(0, (TABLE, 16, INDIRECT))
    queue.offer(0)


def not_last(queue: Queue) -> None:
    queue.describe(0, (TABLE, 16, INDIRECT | NEXT), 1)
    queue.offer(0)


def table_size(queue: Queue) -> None:
    queue.describe(0, (TABLE, 24, INDIRECT))
    queue.offer(0)


def no_table(queue: Queue) -> None:
    queue.describe(0, (NOWHERE, 32, INDIRECT))
    queue.offer(0)


FAULTS: dict[str, tuple[Fault, str]] = {
    "OVERRUN": (overrun, "queue 0 of 8: 265 chains wait in the available ring at 0x1400"),
    "NO_DESCRIPTOR": (no_descriptor, "queue 0: the chain of descriptor 3 leads to descriptor 99 of 8"),
    "ENDLESS": (endless, "queue 0: the chain of descriptor 0 is longer than its table of 8"),
    "ORDER": (order, "queue 0, chain of descriptor 0: descriptor 2 is read after one that is written"),
    "NESTED": (nested, "queue 0, chain of descriptor 0: a table at 0x20000 within a table"),
    "NOT_LAST": (not_last, "queue 0, chain of descriptor 0: a descriptor that is a table at 0x20000 goes on"),
    "TABLE_SIZE": (table_size, "queue 0, chain of descriptor 0: a table of 24 bytes; a descriptor has 16"),
    "NO_TABLE": (no_table, "queue 0: descriptor 0 of the table at 0x7fff00000000 cannot be read"),
    "NO_HEADER": (
        lambda queue: queue.add((HEADER, 15, 0), (RESULT, 1, WRITE)),
        "queue 0: the request of descriptor 0 has 15 bytes of a header of 16",
    ),
    "NO_RESULT": (
        lambda queue: queue.add((HEADER, 16, 0)),
        "queue 0: the request of descriptor 0 ends without a byte for its result",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_the_driver_is_told_with_its_reason(
    bench: MakeBench, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    fault, line = FAULTS[name]
    driver = Driver(bench("virtio-blk-pci"))
    [queue] = driver.begin(INDIRECT_DESCRIPTORS)
    fault(queue)
    for _ in range(3):
        queue.kick()
        driver.bench.advance("1 ms")
    assert driver.status & NEEDS_RESET
    assert told(driver.bench, caplog) == [line]
    assert [event.name for event in driver.bench.events] == [name]


def test_a_table_without_its_feature(bench: MakeBench, caplog: pytest.LogCaptureFixture) -> None:
    driver = Driver(bench("virtio-blk-pci"))
    [queue] = driver.begin()
    queue.ask((TABLE, 16, INDIRECT))
    assert told(driver.bench, caplog) == ["queue 0, chain of descriptor 0: a table, without the feature INDIRECT_DESC"]


def enable(driver: Driver, table: int, available: int, used: int) -> None:
    """Bring up a device whose queue 0 has these addresses."""
    driver.status = 0
    assert driver.accept(VERSION_1)
    driver.write(0x16, 0, 2)
    for offset, address in ((0x20, table), (0x28, available), (0x30, used)):
        driver.write(offset, address & 0xFFFFFFFF, 4)
        driver.write(offset + 4, address >> 32, 4)
    driver.write(0x1C, 1, 2)
    driver.status = ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK
    driver.write(0, 0, 2, NOTIFY)


@pytest.mark.parametrize("addresses", [(0x1008, 0x1400, 0x1800), (0x1000, 0x1401, 0x1800), (0x1000, 0x1400, 0x1802)])
def test_a_queue_that_is_not_aligned(
    bench: MakeBench, caplog: pytest.LogCaptureFixture, addresses: tuple[int, int, int]
) -> None:
    driver = Driver(bench("virtio-blk-pci"))
    enable(driver, *addresses)
    table, available, used = map(hex, addresses)
    assert driver.status & NEEDS_RESET
    assert told(driver.bench, caplog) == [
        f"queue 0: table {table}, rings {available}, {used}: no multiples of 16, 2 and 4"
    ]


def test_a_queue_where_there_is_no_memory(bench: MakeBench, caplog: pytest.LogCaptureFixture) -> None:
    driver = Driver(bench("virtio-blk-pci"))
    enable(driver, NOWHERE, NOWHERE + 0x400, NOWHERE + 0x800)
    assert driver.status & NEEDS_RESET
    assert told(driver.bench, caplog) == ["queue 0: its available ring at 0x7fff00000400 cannot be read"]


def test_a_guest_that_fails_again_and_again_is_not_told_without_end(
    bench: MakeBench, caplog: pytest.LogCaptureFixture
) -> None:
    driver = Driver(bench("virtio-blk-pci"))
    for _ in range(50):
        [queue] = driver.begin()
        overrun(queue)
        queue.kick()
    assert len([event for event in driver.bench.events if event.name == "OVERRUN"]) == 50
    lines = [line for line in caplog.messages if "error" in line]
    assert lines[10] == "virtio-blk-pci: further errors are shown once a second at most"
    assert len(lines) < 50
