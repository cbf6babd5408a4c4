"""The console device: what is transmitted goes out on its stream, what comes in is received."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from virtio_driver import DEVICE, VERSION_1, Driver, Queue, all_writable

from devgen.hosts.bench import Bench

MakeBench = Callable[..., Bench]


@pytest.fixture
def driver(bench: MakeBench) -> Driver:
    return Driver(bench("virtio-console-pci"))


@pytest.fixture
def queues(driver: Driver) -> list[Queue]:
    """The receive queue and the transmit queue."""
    return driver.begin(queues=2)


def feed(driver: Driver, data: bytes) -> None:
    driver.bench.receive(data)
    driver.bench.advance("1 ms")


def test_it_is_a_console_without_size_or_further_ports(driver: Driver) -> None:
    assert driver.bench.read("cfg", 0, 4) == 0x10431AF4
    assert driver.features & 0xFFFFFF == 4
    assert driver.accept(VERSION_1 | 4)


def test_what_is_transmitted_goes_out(driver: Driver, queues: list[Queue]) -> None:
    text = bytes(range(256)) * 3
    driver.bench.store(0x10000, text)
    queues[1].ask((0x10000, 300, 0), (0x10000 + 300, 468, 0))
    assert (driver.bench.sent, queues[1].take()) == (text, [(0, 0)])


def test_what_comes_in_waits_for_a_buffer(driver: Driver, queues: list[Queue]) -> None:
    feed(driver, b"hello")
    assert driver.bench.dut.streams["serial"].room() == 4091
    queues[0].ask(*all_writable(3))
    queues[0].ask(*all_writable(64, at=0x11000), first=1)
    assert queues[0].take() == [(0, 3), (1, 2)]
    assert driver.bench.load(0x10000, 3) + driver.bench.load(0x11000, 2) == b"hello"


def test_a_buffer_waits_for_what_comes_in_and_nothing_else_does(driver: Driver, queues: list[Queue]) -> None:
    queues[0].ask(*all_writable(64))
    queues[1].ask((0x20000, 1, 0))
    assert (queues[0].take(), queues[1].take()) == ([], [(0, 0)])
    feed(driver, b"hi")
    assert queues[0].take() == [(0, 2)]


def test_a_byte_can_be_sent_without_a_queue(driver: Driver) -> None:
    driver.write(8, 0x141, 4, DEVICE)
    assert driver.bench.sent == b"A"


def test_buffers_of_the_wrong_direction_are_passed_over(driver: Driver, queues: list[Queue]) -> None:
    feed(driver, b"x")
    queues[0].ask((0x10000, 1 << 31, 0))
    queues[1].ask(*all_writable(1 << 31))
    assert (queues[0].take(), queues[1].take(), driver.bench.sent) == ([(0, 0)], [(0, 0)], b"")


def test_a_chain_waits_while_the_host_takes_nothing(driver: Driver, queues: list[Queue]) -> None:
    text = bytes(range(200)) * 50
    driver.bench.store(0x10000, text)
    driver.bench.take_output(6000)
    queues[1].ask((0x10000, len(text), 0))
    driver.bench.advance("1 ms")
    assert (driver.bench.sent, queues[1].take()) == (text[:6000], [])
    driver.bench.take_output(100_000)
    driver.bench.advance("1 ms")
    assert (driver.bench.sent, queues[1].take()) == (text, [(0, 0)])


def test_what_comes_in_is_received_while_the_host_takes_nothing(driver: Driver, queues: list[Queue]) -> None:
    driver.bench.take_output(0)
    queues[1].ask((0x20000, 10, 0))
    queues[0].ask(*all_writable(64))
    feed(driver, b"hi")
    assert (queues[0].take(), queues[1].take(), driver.bench.sent) == ([(0, 2)], [], b"")


def test_a_device_that_waits_for_the_host_is_idle(driver: Driver, queues: list[Queue]) -> None:
    driver.bench.take_output(5000)
    queues[1].ask((0x10000, 100_000, 0))
    driver.bench.advance("1 ms")
    assert not driver.bench.dut.rest.armed  # type: ignore[attr-defined]
