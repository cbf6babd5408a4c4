"""The educational device, as its document describes it: liveness, factorial, interrupts, DMA both ways."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from devgen.hosts.bench import Bench

MakeBench = Callable[..., Bench]

ID, LIVENESS, FACTORIAL, STATUS = 0x00, 0x04, 0x08, 0x20
IRQ_STATUS, IRQ_RAISE, IRQ_ACKNOWLEDGE = 0x24, 0x60, 0x64
SOURCE, DESTINATION, COUNT, COMMAND = 0x80, 0x88, 0x90, 0x98
COMPUTING, IRQ_ENABLE = 0x01, 0x80
RUN, TO_MEMORY, INTERRUPT = 1, 2, 4
BUFFER = 0x40000


@pytest.fixture
def dut(bench: MakeBench) -> Bench:
    return bench("edu")


def pin(dut: Bench) -> int:
    return dut.irq("inta")


def whole(dut: Bench, offset: int, size: int) -> int:
    """A read through the address space at an offset of the BAR."""
    base = dut.dut.config.bar_address(dut.dut.BARS[0])
    return dut.machine.memory.read(base + offset, size)


def put(dut: Bench, offset: int, value: int, size: int = 4) -> None:
    base = dut.dut.config.bar_address(dut.dut.BARS[0])
    dut.machine.memory.write(base + offset, value, size)


def transfer(dut: Bench, source: int, destination: int, count: int, command: int) -> None:
    for offset, value in ((SOURCE, source), (DESTINATION, destination), (COUNT, count), (COMMAND, command)):
        put(dut, offset, value, 8)


def test_it_is_alive(dut: Bench) -> None:
    assert whole(dut, ID, 4) == 0x010000ED
    put(dut, LIVENESS, 0x12345678)
    assert whole(dut, LIVENESS, 4) == 0xEDCBA987


@pytest.mark.parametrize("number", [0, 1, 5, 12, 13, 33, 34, 1000, 0xFFFFFFFF])
def test_the_factorial_is_ready_some_time_later(dut: Bench, number: int) -> None:
    put(dut, FACTORIAL, number)
    assert whole(dut, STATUS, 4) == COMPUTING
    put(dut, FACTORIAL, 3)  # nobody listens now
    dut.advance(1)
    assert whole(dut, STATUS, 4) == 0
    assert whole(dut, FACTORIAL, 4) == (math.factorial(number) if number < 40 else 0) % 2**32


def test_the_factorial_interrupts_if_that_is_wanted(dut: Bench) -> None:
    put(dut, STATUS, IRQ_ENABLE | COMPUTING)
    put(dut, FACTORIAL, 4)
    dut.advance(1)
    assert (whole(dut, IRQ_STATUS, 4), pin(dut)) == (1, 1)
    put(dut, IRQ_ACKNOWLEDGE, 1)
    assert (whole(dut, IRQ_STATUS, 4), pin(dut)) == (0, 0)


def test_the_interrupt_stays_until_its_last_cause_is_acknowledged(dut: Bench) -> None:
    put(dut, IRQ_RAISE, 0x11)
    put(dut, IRQ_ACKNOWLEDGE, 0x01)
    assert (whole(dut, IRQ_STATUS, 4), pin(dut)) == (0x10, 1)
    put(dut, IRQ_ACKNOWLEDGE, 0xFFFFFFFF)
    assert pin(dut) == 0


def test_a_reset_lowers_the_interrupt_and_keeps_the_rest(dut: Bench) -> None:
    put(dut, IRQ_RAISE, 1)
    dut.reset()
    assert (whole(dut, IRQ_STATUS, 4), pin(dut)) == (1, 0)


def test_registers_below_80_take_four_bytes_and_dma_registers_eight_too(dut: Bench) -> None:
    put(dut, LIVENESS, 0, 4)
    put(dut, ID, 0x1111, 8)
    assert [whole(dut, offset, 8) for offset in (ID, FACTORIAL, STATUS)] == [0xFFFFFFFFFFFFFFFF] * 3
    assert [whole(dut, offset, 4) for offset in (0x0C, IRQ_RAISE, 0x84, 0x9C, 0x1000)] == [0xFFFFFFFF] * 5
    assert [whole(dut, offset, 1) for offset in (ID, SOURCE)] == [0, 0]
    put(dut, SOURCE, 0x1_0000_0002, 8)
    assert (whole(dut, SOURCE, 8), whole(dut, SOURCE, 4)) == (0x1_0000_0002, 2)
    put(dut, SOURCE, 3, 4)
    assert whole(dut, SOURCE, 8) == 3


def test_dma_takes_a_hundred_milliseconds(dut: Bench) -> None:
    dut.advance("1.5 ms")
    dut.store(0x1000, b"something")
    transfer(dut, 0x1000, BUFFER + 7, 9, RUN | INTERRUPT)
    put(dut, SOURCE, 0x5000)  # while it runs, its registers keep their values
    dut.advance(101_000_000 - dut.now - 1)
    assert (whole(dut, COMMAND, 8), pin(dut)) == (RUN | INTERRUPT, 0)
    dut.advance(1)
    assert (whole(dut, COMMAND, 8), pin(dut), whole(dut, IRQ_STATUS, 4)) == (INTERRUPT, 1, 0x100)
    transfer(dut, BUFFER + 7, 0x2000, 9, RUN | TO_MEMORY)
    dut.advance("100 ms")
    assert dut.load(0x2000, 10) == b"something\0"


def test_a_command_without_its_run_bit_is_nothing(dut: Bench) -> None:
    put(dut, COMMAND, TO_MEMORY | INTERRUPT)
    assert whole(dut, COMMAND, 4) == 0


def test_addresses_are_masked(bench: MakeBench) -> None:
    dut = bench("edu", dma_mask=0xFFFF)
    dut.store(0x1000, b"abcd")
    transfer(dut, 0xABCD_0001_1000, BUFFER, 4, RUN)
    dut.advance("100 ms")
    transfer(dut, BUFFER, 0x70_2000, 4, RUN | TO_MEMORY)
    dut.advance("100 ms")
    assert dut.load(0x2000, 4) == b"abcd"


def test_the_whole_buffer_can_be_filled(dut: Bench) -> None:
    data = bytes(n * 7 & 0xFF for n in range(4096))
    dut.store(0x10000, data)
    transfer(dut, 0x10000, BUFFER, 4096, RUN)
    dut.advance("100 ms")
    transfer(dut, BUFFER, 0x20000, 4096, RUN | TO_MEMORY)
    dut.advance("100 ms")
    assert dut.load(0x20000, 4096) == data


@pytest.mark.parametrize(
    ("place", "count"),
    [(BUFFER - 1, 1), (BUFFER + 4096, 1), (BUFFER + 1, 4096), (BUFFER, 1 << 63), ((1 << 64) - 1, 2), (0, 0)],
)
def test_a_transfer_outside_the_buffer_copies_nothing_and_ends(dut: Bench, place: int, count: int) -> None:
    dut.store(0x1000, b"\xaa" * 16)
    transfer(dut, 0x1000, place, count, RUN | INTERRUPT)
    dut.advance("100 ms")
    assert (whole(dut, COMMAND, 4), set(dut.dut.buffer)) == (INTERRUPT, {0})
    transfer(dut, place, 0x1000, count, RUN | TO_MEMORY)
    dut.advance("100 ms")
    assert dut.load(0x1000, 16) == b"\xaa" * 16


def test_messages_take_the_place_of_the_pin(dut: Bench) -> None:
    dut.write("cfg", 0x44, 0x3000, 4)
    dut.write("cfg", 0x4C, 0x51, 2)
    dut.write("cfg", 0x42, 1, 2)
    put(dut, IRQ_RAISE, 1)
    assert (dut.load(0x3000, 4), pin(dut)) == (bytes((0x51, 0, 0, 0)), 0)
    dut.store(0x3000, bytes(4))
    put(dut, IRQ_RAISE, 2)  # not acknowledged yet: sent again all the same
    assert dut.load(0x3000, 1) == b"\x51"
