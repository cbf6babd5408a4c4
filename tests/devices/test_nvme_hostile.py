"""The NVMe controller under a driver that means no good: any command, any pointer, any doorbell, in any order."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from nvme_driver import CC, CSTS, DATA, FLUSH, RDY, Driver, started

from devgen.hosts.bench import Bench

MakeBench = Callable[..., Bench]

EXPIRATIONS = 100
COMMANDS = 400


def address(driver: Driver, choose: random.Random) -> int:
    """Memory, a queue, the controller's own registers and doorbells, or nowhere."""
    bar = driver.bench.dut.config.bar_address(driver.bench.dut.BARS[0])
    places = (DATA, 0x10_0000, 0x11_0000, 0x14_0000, bar, bar + 0x1000, bar + 0x2000, 0, (1 << 64) - 4096)
    near = choose.choice((0, 0, 0, 4, 0xFF8, 0x800, 1))
    return (choose.choice(places) + near) & (1 << 64) - 1


def put_anything(driver: Driver, choose: random.Random) -> None:
    """A command that is right in most of its parts."""
    queue = choose.choice(list(driver.queues.values()))
    word = (0, 1, 2, 7, 0xF0002, 0x10001, 255, 0xFFFF, 0xFFFFFFFF, choose.getrandbits(32))
    driver.put(
        queue,
        choose.choice((0, 1, 2, 4, 5, 6, 8, 9, 10, 12, choose.randrange(256))),
        nsid=choose.choice((0, 1, 1, 1, 0xFFFFFFFF)),
        prp1=address(driver, choose),
        prp2=address(driver, choose),
        flags=choose.choice((0,) * 15 + (0x40,)),
        **{f"cdw{n}": choose.choice(word) for n in range(10, 16)},
    )
    offset = choose.choice((8 * queue.number, 8 * queue.number, 8 * queue.number + 4, 4 * choose.randrange(1024)))
    value = queue.tail if offset == 8 * queue.number else choose.choice((queue.head, choose.randrange(20), 0xFFFFFFFF))
    driver.bench.write32(offset, value, "bells")


@pytest.mark.parametrize("seed", range(6))
def test_whatever_a_driver_commands_the_controller_can_be_started_again(bench: MakeBench, seed: int) -> None:
    choose = random.Random(seed)
    driver = started(bench("nvme", blocks=512))
    size = len(driver.bench.dut.medium)
    for _ in range(COMMANDS):
        put_anything(driver, choose)
        driver.bench.clock.run_until(driver.bench.now + 1, EXPIRATIONS)
        if driver.bench.read32(CSTS) != RDY or choose.random() < 0.05:
            driver.bench.write32(CC, 0)
            driver.enable()
            driver.add_queue()
    driver.bench.write32(CC, 0)
    driver.bench.advance("1 s")
    driver.enable()
    driver.add_queue()
    assert driver.access(FLUSH, 0, 1) == 0
    assert len(driver.bench.dut.medium) == size
