"""The PL011 as its driver meets it: sending, receiving, the FIFO and its interrupts."""

from typing import Any

import pytest

DR, RSR, FR, LCR_H, IMSC, RIS, ICR = 0x00, 0x04, 0x18, 0x2C, 0x38, 0x3C, 0x44
RXFE, RXFF, TXFE, FEN, RX, TX = 0x10, 0x40, 0x80, 0x10, 0x10, 0x20


@pytest.fixture
def uart(bench: Any) -> Any:
    """A UART with its FIFO enabled, as every driver has it."""
    made = bench("pl011")
    made.write32(LCR_H, FEN)
    return made


def test_a_character_is_sent_at_once(uart: Any) -> None:
    uart.write32(DR, ord("A"))
    assert uart.sent == b"A"
    assert uart.read32(RIS) == TX
    assert uart.read32(FR) == TXFE | RXFE


def test_received_characters_are_read_in_order(uart: Any) -> None:
    uart.receive(b"hello")
    assert bytes(uart.read32(DR) for _ in range(5)) == b"hello"
    assert uart.read32(FR) == TXFE | RXFE


def test_receiving_interrupts_until_the_fifo_is_empty(uart: Any) -> None:
    uart.write32(IMSC, RX)
    uart.receive(b"ab")
    assert uart.irq() == 1
    uart.read32(DR)
    assert uart.irq() == 1
    uart.read32(DR)
    assert uart.irq() == 0


def test_a_cleared_interrupt_stays_cleared_while_the_fifo_fills(uart: Any) -> None:
    uart.write32(IMSC, RX)
    uart.receive(b"a")
    uart.write32(ICR, RX)
    uart.receive(b"b")
    assert uart.irq() == 0


def test_the_fifo_holds_sixteen(uart: Any) -> None:
    assert uart.dut.serial.room() == 16
    uart.receive(bytes(16))
    assert uart.read32(FR) == TXFE | RXFF
    assert uart.dut.serial.room() == 0
    uart.read32(DR)
    assert uart.read32(FR) == TXFE
    assert uart.dut.serial.room() == 1


def test_without_the_fifo_one_character_fills_it(uart: Any) -> None:
    uart.write32(LCR_H, 0)
    assert uart.dut.serial.room() == 1
    uart.receive(b"x")
    assert uart.read32(FR) == TXFE | RXFF
    assert uart.dut.serial.room() == 0


def test_an_empty_fifo_reads_what_was_there_before(uart: Any) -> None:
    uart.receive(b"x" * 17)
    for _ in range(17):
        uart.read32(DR)
    uart.write32(LCR_H, 0)
    assert uart.read32(DR) == ord("x")


def test_a_break_is_an_error_of_a_character(uart: Any) -> None:
    uart.receive_break()
    assert uart.read32(DR) == 0x400
    assert uart.read32(RSR) == 4
    uart.write32(RSR, 0xFF)
    assert uart.read32(RSR) == 0


def test_breaks_on_a_full_fifo_overwrite_the_oldest_and_are_counted(uart: Any) -> None:
    uart.receive(bytes(range(16)))
    uart.receive_break()
    uart.receive_break()
    entries = [uart.read32(DR) for _ in range(17)]
    assert entries == [0x400, 0x400, *range(2, 16), 0x400]
    assert not uart.read32(FR) & RXFE
    assert uart.read32(DR) == 0x400
    assert uart.read32(FR) & RXFE


def test_any_number_of_breaks_ends_well(uart: Any) -> None:
    for _ in range(100):
        uart.receive_break()
    for _ in range(40):
        uart.read32(DR)
    assert uart.read32(FR) & RXFE


def test_a_machine_reset_reaches_nothing(uart: Any) -> None:
    uart.receive(b"q")
    uart.write32(IMSC, RX)
    uart.reset()
    assert (uart.irq(), uart.read32(LCR_H), uart.read32(DR)) == (1, FEN, ord("q"))


def test_the_identification_is_that_of_a_primecell(uart: Any) -> None:
    assert bytes(uart.read32(0xFE0 + 4 * n) for n in range(8)).hex() == "111014000df005b1"
