"""The entropy device: what comes in on its stream is what the driver's buffers hold."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from virtio_driver import Driver, all_writable

from devgen.hosts.bench import Bench

MakeBench = Callable[..., Bench]


@pytest.fixture
def driver(bench: MakeBench) -> Driver:
    return Driver(bench("virtio-rng-pci"))


def feed(driver: Driver, data: bytes) -> None:
    driver.bench.receive(data)
    driver.bench.advance("1 ms")


def test_it_is_an_entropy_device(driver: Driver) -> None:
    assert driver.bench.read("cfg", 0, 4) == 0x10441AF4
    assert driver.bench.read("cfg", 8, 1) >= 1  # not a transitional device


def test_a_request_waits_for_bytes(driver: Driver) -> None:
    [queue] = driver.begin()
    queue.ask(*all_writable(64))
    assert queue.take() == []
    feed(driver, b"some of them")
    assert queue.take() == [(0, 12)]
    assert driver.bench.load(0x10000, 13) == b"some of them\0"


def test_no_byte_is_given_twice(driver: Driver) -> None:
    [queue] = driver.begin()
    feed(driver, b"abcdef")
    queue.add(*all_writable(4), first=0)
    queue.add(*all_writable(4, at=0x11000), first=1)
    queue.kick()
    assert queue.take() == [(0, 4), (1, 2)]
    assert driver.bench.load(0x10000, 4) + driver.bench.load(0x11000, 4) == b"abcdef\0\0"


def test_bytes_that_the_pool_has_no_room_for_are_kept_back(driver: Driver) -> None:
    [queue] = driver.begin()
    stream = driver.bench.dut.streams["entropy"]
    assert stream.room() == 4096
    feed(driver, bytes(4096))
    assert stream.room() == 0
    feed(driver, b"lost")
    queue.ask(*all_writable(5000))
    assert queue.take() == [(0, 4096)]
    assert stream.room() == 4096


def test_what_the_device_may_not_write_is_passed_over(driver: Driver) -> None:
    [queue] = driver.begin()
    feed(driver, b"abc")
    queue.ask((0x10000, 1 << 31, 0), (0x10000, 2, 0), *all_writable(2))
    assert queue.take() == [(0, 2)]
    queue.ask((0x10000, 16, 0))
    assert queue.take() == [(0, 0)]


def test_a_buffer_of_4_gib_takes_what_there_is(driver: Driver) -> None:
    [queue] = driver.begin()
    feed(driver, b"ab")
    queue.ask((0x10000, 0xFFFFFFFF, 2))
    assert queue.take() == [(0, 2)]
