"""What virtio 1.2 says of every device on PCI, shown on the entropy device: status, features, queues, interrupts."""

from __future__ import annotations

import json
import random
from collections.abc import Callable

import pytest
from virtio_driver import (
    ACKNOWLEDGE,
    DRIVER,
    DRIVER_OK,
    FAILED,
    FEATURES_OK,
    INDIRECT,
    INDIRECT_DESCRIPTORS,
    ISR,
    NEEDS_RESET,
    NEXT,
    NO_INTERRUPT,
    NOTIFY,
    PCI_ACCESS,
    VERSION_1,
    WRITE,
    Driver,
    Queue,
    all_writable,
)

from devgen.hosts.bench import Bench

MakeBench = Callable[..., Bench]


@pytest.fixture
def driver(bench: MakeBench) -> Driver:
    """Of an entropy device, which looks at its queue only while it has bytes."""
    return Driver(bench("virtio-rng-pci"))


def feed(driver: Driver, data: bytes) -> None:
    driver.bench.receive(data)
    driver.bench.advance("10 us")


class TestStatus:
    def test_a_driver_that_takes_version_1_is_welcome(self, driver: Driver) -> None:
        assert driver.features == VERSION_1 | INDIRECT_DESCRIPTORS
        assert driver.accept(VERSION_1)

    @pytest.mark.parametrize("features", [0, VERSION_1 | 1, VERSION_1 << 1 | VERSION_1, 1 << 29 | VERSION_1])
    def test_features_that_are_not_offered_are_refused_and_so_is_a_legacy_driver(
        self, driver: Driver, features: int
    ) -> None:
        assert not driver.accept(features)
        driver.status = FAILED
        assert driver.status == ACKNOWLEDGE | DRIVER | FAILED

    def test_features_cannot_change_once_they_are_settled(self, driver: Driver) -> None:
        driver.accept(VERSION_1)
        driver.write(0x0C, 0, 4)
        assert driver.read(0x0C, 4) == 1

    def test_there_are_64_bits_of_features(self, driver: Driver) -> None:
        for select in (0, 8):
            driver.write(select, 2, 4)
            driver.write(select + 4, 0xFFFFFFFF, 4)
            assert driver.read(select + 4, 4) == 0

    def test_zero_resets_all(self, driver: Driver) -> None:
        before = [driver.read(offset, 4) for offset in range(0, 0x38, 4)]
        driver.begin()
        assert driver.status == ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK
        driver.status = 0
        assert [driver.read(offset, 4) for offset in range(0, 0x38, 4)] == before

    def test_a_reset_forgets_the_chain_under_way(self, driver: Driver) -> None:
        feed(driver, bytes(100))
        driver.begin(size=64)[0].ask(*all_writable(*[1] * 64))
        [queue] = driver.begin()
        driver.bench.advance("1 ms")
        assert queue.take() == []

    def test_nothing_is_taken_before_the_driver_is_ready(self, driver: Driver) -> None:
        [queue] = driver.begin()
        driver.status = 0
        feed(driver, b"abc")
        driver.accept(VERSION_1)
        queue = type(queue)(driver, 0, 0x1000, 8)
        queue.ask(*all_writable(3))
        assert queue.take() == []
        driver.status = DRIVER_OK
        assert queue.take() == [(0, 3)]


class TestQueueSetup:
    def test_a_queue_is_as_long_as_the_driver_wants_if_that_is_a_power_of_two(self, driver: Driver) -> None:
        assert (driver.read(0x12, 2), driver.read(0x18, 2)) == (1, 256)
        for wanted, found in ((64, 64), (3, 64), (0, 64), (512, 64), (1, 1)):
            driver.write(0x18, wanted, 2)
            assert driver.read(0x18, 2) == found

    def test_an_enabled_queue_stays_as_it_is(self, driver: Driver) -> None:
        driver.begin(size=8)
        for offset in (0x18, 0x20, 0x24, 0x28, 0x2C, 0x30, 0x34):
            before = driver.read(offset, 4)
            driver.write(offset, 0x40, 4)
            assert driver.read(offset, 2) == before & 0xFFFF
        driver.write(0x1C, 0, 2)
        assert driver.read(0x1C, 2) == 1

    def test_a_queue_that_is_not_there_has_no_size(self, driver: Driver) -> None:
        driver.write(0x16, 1, 2)
        for offset in range(0x18, 0x38, 2):
            driver.write(offset, 1, 2)
            assert driver.read(offset, 2) == (0xFFFF if offset == 0x1A else 0)

    def test_a_vector_that_is_not_there_reads_as_none(self, driver: Driver) -> None:
        for offset in (0x10, 0x1A):
            assert driver.read(offset, 2) == 0xFFFF
            driver.write(offset, 1, 2)
            assert driver.read(offset, 2) == 1
            driver.write(offset, 2, 2)
            assert driver.read(offset, 2) == 0xFFFF


class TestQueue:
    def test_chains_come_back_in_order_with_what_was_written(self, driver: Driver) -> None:
        [queue] = driver.begin()
        feed(driver, bytes(range(30)))
        queue.add(*all_writable(4, 6), first=3)
        queue.add(*all_writable(5, at=0x11000), first=0)
        queue.kick()
        assert queue.take() == [(3, 10), (0, 5)]
        assert driver.bench.load(0x10000, 10) + driver.bench.load(0x11000, 5) == bytes(range(15))

    def test_rings_wrap(self, driver: Driver) -> None:
        [queue] = driver.begin(size=2)
        for number in range(70):
            feed(driver, bytes((number,)))
            queue.ask(*all_writable(1), first=number & 1)
            assert queue.take() == [(number & 1, 1)]
            assert driver.bench.load(0x10000, 1)[0] == number

    def test_much_work_is_done_in_turns(self, driver: Driver) -> None:
        [queue] = driver.begin(size=64)
        feed(driver, bytes(4096))
        for number in range(64):
            queue.add(*all_writable(1), first=number)
        queue.kick()
        some = len(queue.take())
        assert 0 < some < 64
        driver.bench.advance("1 ms")
        assert len(queue.take()) == 64 - some

    def test_a_saved_device_goes_on_in_the_middle_of_a_chain(self, bench: MakeBench, driver: Driver) -> None:
        [queue] = driver.begin(size=64)
        feed(driver, bytes(range(64)))
        queue.ask(*all_writable(*[1] * 48))
        assert queue.take() == []
        saved = json.loads(json.dumps(driver.bench.machine.save_state()))
        twin = bench("virtio-rng-pci")
        twin.machine.load_state(saved)
        twin.advance("1 ms")
        queue.driver = Driver(twin)
        assert queue.take() == [(0, 48)]
        assert twin.load(0x10000, 48) == bytes(range(48))

    @pytest.mark.parametrize("notify", [(2, 0), (2, 7), (4, 0), (1, 0)])
    def test_any_write_to_the_notification_address_rings(self, driver: Driver, notify: tuple[int, int]) -> None:
        [queue] = driver.begin()
        feed(driver, b"a")
        queue.add(*all_writable(1))
        driver.write(queue.bell, notify[1], notify[0], NOTIFY)
        assert queue.take() == [(0, 1)]


class TestIndirectDescriptors:
    TABLE = 0x9000

    def begin(self, driver: Driver) -> Queue:
        [queue] = driver.begin(INDIRECT_DESCRIPTORS, size=4)
        feed(driver, bytes(range(64)))
        return queue

    def test_a_descriptor_may_stand_for_a_table_longer_than_the_queue(self, driver: Driver) -> None:
        queue = self.begin(driver)
        queue.chain(*all_writable(*range(1, 9)), table=self.TABLE)
        queue.ask((self.TABLE, 8 * 16, INDIRECT | WRITE), first=2)
        assert queue.take() == [(2, 36)]
        assert driver.bench.load(0x10000, 36) == bytes(range(36))

    def test_plain_ones_may_come_before_it(self, driver: Driver) -> None:
        queue = self.begin(driver)
        queue.chain(*all_writable(3, at=0x10004), table=self.TABLE)
        queue.ask(*all_writable(4), (self.TABLE, 16, INDIRECT))
        assert queue.take() == [(0, 7)]

    @pytest.mark.parametrize(
        ("length", "flags", "inside"),
        [
            (24, INDIRECT, 0),  # not whole descriptors
            (0, INDIRECT, 0),
            (32, INDIRECT | NEXT, 0),
            (32, INDIRECT, INDIRECT),  # a table in a table
            (32, INDIRECT, NEXT),  # a loop
            (16, INDIRECT, NEXT),  # a next outside the table
        ],
    )
    def test_others_stop_the_device(self, driver: Driver, length: int, flags: int, inside: int) -> None:
        queue = self.begin(driver)
        queue.describe(0, (0x10000, 0, WRITE | NEXT), 1, self.TABLE)
        queue.describe(1, (self.TABLE, 16, WRITE | inside), 0, self.TABLE)
        queue.describe(0, (self.TABLE, length, flags), 1)
        queue.offer(0)
        queue.kick()
        assert driver.status & NEEDS_RESET

    def test_one_that_was_not_negotiated_stops_the_device(self, driver: Driver) -> None:
        [queue] = driver.begin()
        feed(driver, b"a")
        queue.ask((0x10000, 16, INDIRECT))
        assert driver.status & NEEDS_RESET


def begin_fed(driver: Driver) -> list[Queue]:
    """Bring up a device that takes chains."""
    feed(driver, bytes(16))
    return driver.begin()


class TestMalformedQueue:
    def expect_failure(self, driver: Driver) -> None:
        driver.bench.advance("1 ms")
        assert driver.status & NEEDS_RESET
        assert driver.read(0, 1, ISR) & 2
        [queue] = driver.begin()
        feed(driver, b"a")
        queue.ask(*all_writable(1))
        assert queue.take() == [(0, 1)]

    def test_a_loop(self, driver: Driver) -> None:
        [queue] = begin_fed(driver)
        queue.describe(0, (0x10000, 0, WRITE | NEXT), 1)
        queue.describe(1, (0x10000, 0, WRITE | NEXT), 0)
        queue.offer(0)
        queue.kick()
        self.expect_failure(driver)

    @pytest.mark.parametrize("head", [8, 0xFFFF])
    def test_a_head_outside_the_table(self, driver: Driver, head: int) -> None:
        [queue] = begin_fed(driver)
        queue.offer(head)
        queue.kick()
        self.expect_failure(driver)

    def test_a_next_outside_the_table(self, driver: Driver) -> None:
        [queue] = begin_fed(driver)
        queue.describe(0, (0x10000, 0, WRITE | NEXT), 8)
        queue.offer(0)
        queue.kick()
        self.expect_failure(driver)

    def test_more_chains_than_the_ring_has(self, driver: Driver) -> None:
        [queue] = begin_fed(driver)
        driver.bench.store(queue.available + 2, bytes((9, 0)))
        queue.kick()
        self.expect_failure(driver)

    def test_a_readable_descriptor_behind_a_writable_one(self, driver: Driver) -> None:
        [queue] = driver.begin()
        feed(driver, b"aaaa")
        queue.ask((0x10000, 1, WRITE), (0x10000, 1, 0))
        self.expect_failure(driver)

    def test_rings_that_are_nowhere(self, driver: Driver) -> None:
        [queue] = begin_fed(driver)
        driver.status = 0
        driver.accept(VERSION_1)
        type(queue)(driver, 0, 0xFFFF_FFFF_FFFF_F000, 8)
        driver.status = DRIVER_OK
        self.expect_failure(driver)

    def test_until_it_is_reset_the_device_does_nothing(self, driver: Driver) -> None:
        [queue] = begin_fed(driver)
        queue.offer(8)
        queue.kick()
        feed(driver, b"a")
        queue.ask(*all_writable(1))
        assert queue.take() == []


@pytest.mark.slow
@pytest.mark.parametrize("device", ["virtio-rng-pci", "virtio-blk-pci", "virtio-console-pci"])
@pytest.mark.parametrize("seed", range(40))
def test_whatever_a_queue_holds_the_device_can_be_reset_and_used(bench: MakeBench, device: str, seed: int) -> None:
    choose = random.Random(seed)
    driver = Driver(bench(device))
    queues = driver.begin(queues=driver.read(0x12, 2))
    lengths = (0, 1, 16, 512, 0xFFFFFFFF)
    places = (0x10000, 0x1000, 0x1800, 0xFE000000, driver.bench.read("cfg", 0x10, 4), 1 << 40, (1 << 64) - 1)
    for queue in queues:
        for number in range(8):
            flags = choose.choice((0, NEXT, NEXT, NEXT | WRITE, WRITE, choose.getrandbits(16)))
            buffer = (choose.choice(places), choose.choice(lengths), flags)
            queue.describe(number, buffer, choose.choice((number + 1, choose.randrange(9))))
        for _ in range(choose.randrange(1, 9)):
            queue.offer(choose.randrange(8))
        driver.bench.store(0x10000, choose.randbytes(4) if choose.random() < 0.5 else bytes((choose.randrange(15), 0)))
        queue.kick()
    if driver.bench.dut.streams:
        feed(driver, choose.randbytes(100))
    driver.bench.advance("5 us")
    queue = driver.begin()[0]
    if driver.bench.dut.streams:
        feed(driver, b"a")
        queue.ask(*all_writable(1))
    else:
        driver.bench.store(0x10000, bytes((4, *bytes(15))))
        queue.ask((0x10000, 16, 0), (0x10100, 1, WRITE))
    assert queue.take() == [(0, 1)]


class TestInterrupts:
    def test_reading_the_isr_status_lowers_the_line(self, driver: Driver) -> None:
        [queue] = driver.begin()
        feed(driver, b"a")
        queue.ask(*all_writable(1))
        assert driver.bench.irq("inta") == 1
        assert (driver.read(0, 1, ISR), driver.bench.irq("inta")) == (1, 0)
        assert driver.read(0, 1, ISR) == 0

    def test_a_queue_has_its_own_vector(self, driver: Driver) -> None:
        driver.use_messages(2)
        [queue] = driver.begin()
        feed(driver, b"a")
        queue.ask(*all_writable(1))
        assert (driver.take_messages(2), driver.bench.irq("inta")) == ([1], 0)

    def test_a_failure_is_a_change_of_configuration(self, driver: Driver) -> None:
        driver.use_messages(2)
        [queue] = begin_fed(driver)
        driver.write(0x10, 0, 2)
        queue.offer(8)
        queue.kick()
        assert driver.take_messages(2) == [0]

    def test_a_driver_that_wants_no_interrupt_gets_none(self, driver: Driver) -> None:
        [queue] = driver.begin()
        queue.set_flags(NO_INTERRUPT)
        feed(driver, b"a")
        queue.ask(*all_writable(1))
        assert (queue.take(), driver.read(0, 1, ISR)) == ([(0, 1)], 0)


class TestAccessThroughConfigurationSpace:
    """Section 4.1.4.9: a driver may reach the BARs before they are mapped."""

    def reach(self, driver: Driver, offset: int, bar: int = 0) -> int:
        """Point the window; where its data is."""
        at = driver.structures[PCI_ACCESS].capability
        driver.bench.write("cfg", at + 4, bar, 1)
        driver.bench.write("cfg", at + 8, offset, 4)
        return at + 16

    @pytest.mark.parametrize(("offset", "size", "value"), [(0x12, 2, 1), (0x18, 2, 256), (0x14, 1, 0), (0x18, 1, 0)])
    def test_reads(self, driver: Driver, offset: int, size: int, value: int) -> None:
        driver.bench.write("cfg", 4, 0, 2)  # not decoded
        assert driver.bench.read("cfg", self.reach(driver, offset), size) == value

    def test_writes(self, driver: Driver) -> None:
        driver.bench.write("cfg", self.reach(driver, 0x14), ACKNOWLEDGE, 1)
        assert driver.status == ACKNOWLEDGE
        driver.bench.write("cfg", self.reach(driver, 0x18), 16, 2)
        assert driver.read(0x18, 4) == 0xFFFF0010

    def test_notifications(self, driver: Driver) -> None:
        [queue] = driver.begin()
        feed(driver, b"a")
        queue.add(*all_writable(1))
        driver.bench.write("cfg", self.reach(driver, driver.structures[NOTIFY].offset), 0, 2)
        assert queue.take() == [(0, 1)]

    @pytest.mark.parametrize(("offset", "bar"), [(0, 1), (0x12, 6), (0xFFFFFFFC, 0), (0x1000, 0)])
    def test_elsewhere_there_is_nothing(self, driver: Driver, offset: int, bar: int) -> None:
        data = self.reach(driver, offset, bar)
        driver.bench.write("cfg", data, 0xFFFFFFFF, 4)
        assert driver.bench.read("cfg", data, 4) == 0
