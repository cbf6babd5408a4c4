"""The 16550A as its driver meets it: sending, receiving, interrupts by priority, time-outs, loopback."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest

from devgen.hosts.bench import Bench

DATA, IER, IIR, FCR, LCR, MCR, LSR, MSR, SCR = 0, 1, 2, 2, 3, 4, 5, 6, 7
NONE, SENT, RECEIVED, LINE, TIMEOUT = 1, 2, 4, 6, 12
BIT_9600 = 1_041_660
"""Nanoseconds of a character of ten bits after a reset."""


@pytest.fixture
def uart(bench: Callable[..., Bench]) -> Bench:
    """A UART after power-on."""
    return bench("serial16550")


@pytest.fixture
def fifo(uart: Bench) -> Bench:
    """A UART with its FIFOs enabled, interrupting from four characters on."""
    uart.write8(FCR, 0x41)
    uart.write8(IER, 0x07)
    uart.read8(IIR)
    return uart


def test_after_power_on(uart: Bench) -> None:
    assert [uart.read8(port) for port in range(8)] == [0, 0, NONE, 0, 8, 0x60, 0xB0, 0]


def test_a_character_is_sent_and_that_interrupts(uart: Bench) -> None:
    uart.write8(IER, 2)
    assert (uart.irq(), uart.read8(IIR), uart.irq()) == (1, SENT, 0)
    uart.write8(DATA, ord("A"))
    assert (uart.sent, uart.irq(), uart.read8(LSR)) == (b"A", 1, 0x60)


def test_every_character_sent_is_an_edge(uart: Bench) -> None:
    uart.write8(IER, 2)
    uart.write8(DATA, ord("A"))
    assert [level for _, level in uart.transitions()] == [1, 0, 1]


def test_the_divisor_latch_hides_two_ports(uart: Bench) -> None:
    uart.write8(LCR, 0x83)
    uart.write8(0, 0x34)
    uart.write8(1, 0x12)
    assert (uart.read8(0), uart.read8(1), uart.sent) == (0x34, 0x12, b"")
    uart.write8(LCR, 0x03)
    assert (uart.read8(0), uart.read8(1)) == (0, 0)


def test_without_fifos_a_character_overruns_the_one_before(uart: Bench) -> None:
    uart.write8(IER, 1)
    uart.receive(b"a")
    assert (uart.read8(IIR), uart.read8(LSR)) == (RECEIVED, 0x61)
    uart.receive(b"b")
    assert uart.read8(LSR) == 0x63
    assert (uart.read8(LSR), uart.read8(DATA), uart.irq()) == (0x61, ord("b"), 0)


def test_a_full_fifo_keeps_what_it_has(fifo: Bench) -> None:
    fifo.receive(bytes(range(17)))
    assert fifo.read8(IIR) == 0xC0 | LINE
    assert fifo.read8(LSR) == 0x63
    assert [fifo.read8(DATA) for _ in range(17)] == [*range(16), 0]
    assert fifo.read8(LSR) == 0x60


def test_reading_the_line_status_ends_its_interrupt(uart: Bench) -> None:
    uart.write8(IER, 4)
    uart.receive_break()
    assert uart.irq() == 1
    assert uart.read8(LSR) == 0x71
    assert uart.irq() == 0


@pytest.mark.parametrize(("fcr", "trigger"), [(0x01, 1), (0x41, 4), (0x81, 8), (0xC1, 14)])
def test_the_trigger_level(uart: Bench, fcr: int, trigger: int) -> None:
    uart.write8(FCR, fcr)
    uart.write8(IER, 1)
    levels = []
    for _ in range(trigger):
        uart.receive(b"x")
        levels.append(uart.irq())
    assert levels == [0] * (trigger - 1) + [1]
    assert uart.read8(IIR) == 0xC0 | RECEIVED


def test_characters_that_nobody_reads_time_out(fifo: Bench) -> None:
    fifo.receive(b"xy")
    fifo.advance(4 * BIT_9600 - 1)
    assert fifo.irq() == 0
    fifo.advance(1)
    assert (fifo.irq(), fifo.read8(IIR)) == (1, 0xC0 | TIMEOUT)
    fifo.read8(DATA)
    assert fifo.irq() == 0
    fifo.advance(4 * BIT_9600)
    assert fifo.irq() == 1


def test_causes_by_priority(fifo: Bench) -> None:
    fifo.write8(DATA, 0)
    assert fifo.read8(IIR) & 15 == SENT
    fifo.write8(DATA, 0)
    fifo.receive(b"1234")
    assert fifo.read8(IIR) & 15 == RECEIVED
    fifo.advance("1 s")
    assert fifo.read8(IIR) & 15 == TIMEOUT
    fifo.receive_break()
    assert fifo.read8(IIR) & 15 == LINE


def test_loopback_receives_what_is_sent(uart: Bench) -> None:
    uart.write8(MCR, 0x1A)
    uart.write8(DATA, 0x5A)
    assert (uart.read8(LSR), uart.read8(DATA), uart.sent) == (0x61, 0x5A, b"")
    assert uart.read8(MSR) == 0x90


def test_switching_the_fifos_empties_them(fifo: Bench) -> None:
    fifo.receive(b"abc")
    fifo.write8(FCR, 0)
    assert (fifo.read8(LSR), fifo.read8(IIR)) == (0x60, SENT)
    fifo.advance("1 s")
    assert fifo.irq() == 0


def test_the_host_is_asked_for_as_much_as_interrupts(fifo: Bench) -> None:
    line = fifo.dut.streams["serial"]
    assert line.room() == 4
    fifo.receive(b"abc")
    assert line.room() == 1
    fifo.receive(b"defg")
    assert line.room() == 1
    fifo.receive(b"123456789")
    assert line.room() == 0
    fifo.write8(FCR, 0)
    assert line.room() == 1


def test_a_machine_reset_leaves_the_fifo_control(fifo: Bench) -> None:
    fifo.receive(b"abcd")
    fifo.reset()
    assert (fifo.irq(), fifo.read8(IIR), fifo.read8(LSR), fifo.read8(IER)) == (0, NONE, 0x60, 0)
    fifo.receive(b"xy")
    assert (fifo.read8(DATA), fifo.read8(DATA)) == (ord("x"), ord("y"))


def single(value: float) -> float:
    """The value in IEEE 754 single precision."""
    rounded: float = struct.unpack("f", struct.pack("f", value))[0]
    return rounded


@pytest.mark.parametrize("baudbase", [115200, 1, 33_554_433, 4_294_967_295])
@pytest.mark.parametrize(("lcr", "bits"), [(0x00, 7), (0x03, 10), (0x07, 11), (0x0F, 12)])
def test_character_times_are_those_of_single_precision(
    bench: Callable[..., Bench], baudbase: int, lcr: int, bits: int
) -> None:
    uart = bench("serial16550", baudbase=baudbase)
    uart.write8(FCR, 0x81)
    uart.write8(IER, 1)
    for divisor in (1, 2, 3, 7, 12, 333, 9600, 40961, 65535, 0):
        uart.write8(LCR, 0x80)
        uart.write8(0, divisor & 0xFF)
        uart.write8(1, divisor >> 8)
        uart.write8(LCR, lcr)
        uart.receive(b"x")
        start = uart.now
        speed = single(single(baudbase) / divisor) if divisor else 3500.0
        expected = 4 * int(single(single(1e9 / speed) * bits))
        uart.advance(expected)
        assert uart.transitions()[-1] == (start + expected, 1), divisor
        uart.read8(DATA)


def test_the_transmitter_is_busy_while_the_host_takes_nothing(uart: Bench) -> None:
    uart.write8(IER, 2)
    uart.read8(IIR)
    uart.take_output(17)
    uart.write8(DATA, ord("A"))
    assert (uart.read8(LSR), uart.irq(), uart.read8(IIR)) == (0x60, 1, SENT)
    uart.write8(DATA, ord("B"))
    assert (uart.read8(LSR), uart.irq(), uart.read8(IIR)) == (0, 0, NONE)
    uart.take_output(16)
    assert (uart.read8(LSR), uart.irq(), uart.read8(IIR)) == (0x60, 1, SENT)
    assert uart.sent == b"AB"


@pytest.mark.parametrize("room", range(16, 50))
def test_the_host_has_room_for_a_whole_fifo_while_thre_is_set(uart: Bench, room: int) -> None:
    uart.write8(FCR, 1)
    uart.take_output(room)
    while uart.read8(LSR) & 0x20:
        for value in range(16):
            uart.write8(DATA, value)
    assert 16 <= len(uart.sent) <= room


def test_loopback_does_not_wait_for_the_host(uart: Bench) -> None:
    uart.take_output(0)
    uart.write8(MCR, 0x10)
    uart.write8(DATA, ord("A"))
    assert (uart.read8(LSR), uart.read8(DATA)) == (0x61, ord("A"))
