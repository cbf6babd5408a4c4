"""The PL011 as its driver meets it: sending, receiving, the FIFO and its interrupts."""

from typing import Any

import pytest

DR, RSR, FR, LCR_H, IMSC, RIS, ICR = 0x00, 0x04, 0x18, 0x2C, 0x38, 0x3C, 0x44
RXFE, RXFF, TXFE, FEN, RX, TX = 0x10, 0x40, 0x80, 0x10, 0x10, 0x20
BUSY, TXFF = 0x08, 0x20


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


def test_the_transmitter_waits_while_the_host_takes_no_bytes(uart: Any) -> None:
    uart.write32(IMSC, TX)
    uart.take_output(16)
    uart.write32(DR, ord("A"))
    assert (uart.read32(FR), uart.irq()) == (TXFF | BUSY | RXFE, 0)
    uart.take_output(None)
    assert (uart.read32(FR), uart.irq()) == (TXFE | RXFE, 1)
    assert uart.sent == b"A"


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


# --- as the manual says, DDI 0183 ------------------------------------------------------------------

IBRD, FBRD, IFLS, RT, BE, OE = 0x24, 0x28, 0x34, 0x40, 0x200, 0x400
CHARACTERS_32_BITS = 277_778  # ns at 115,200 baud


@pytest.fixture
def manual(bench: Any) -> Any:
    """A UART that does as the manual says: FIFO enabled, 115,200 baud from 24 MHz (13 + 1/64)."""
    made = bench("pl011", datasheet=True)
    made.write32(IBRD, 13)
    made.write32(FBRD, 1)
    made.write32(LCR_H, FEN)
    return made


@pytest.mark.parametrize(("select", "level"), [(0, 2), (1, 4), (2, 8), (3, 12), (4, 14)])
def test_the_receive_interrupt_comes_at_the_level_of_ifls(manual: Any, select: int, level: int) -> None:
    manual.write32(IFLS, select << 3)
    manual.receive(bytes(level - 1))
    assert manual.read32(RIS) == 0
    manual.receive(b"x")
    assert manual.read32(RIS) == RX
    manual.read32(DR)
    assert manual.read32(RIS) == 0


def test_a_cleared_receive_interrupt_comes_again_with_the_next_character(manual: Any) -> None:
    manual.write32(IFLS, 0)
    manual.receive(b"ab")
    manual.write32(ICR, RX)
    assert manual.read32(RIS) == 0
    manual.receive(b"c")
    assert manual.read32(RIS) == RX


def test_characters_below_the_level_time_out_after_32_bits(manual: Any) -> None:
    manual.write32(IMSC, RT)
    manual.receive(b"a")
    manual.advance(CHARACTERS_32_BITS - 500)
    assert manual.irq() == 0
    manual.advance(1000)
    assert manual.irq() == 1
    manual.read32(DR)
    assert manual.irq() == 0


def test_each_character_and_each_read_starts_the_time_out_anew(manual: Any) -> None:
    manual.receive(b"ab")
    manual.advance(CHARACTERS_32_BITS // 2)
    manual.receive(b"c")
    manual.advance(CHARACTERS_32_BITS // 2 + 1000)
    assert manual.read32(RIS) == 0
    manual.read32(DR)
    manual.advance(CHARACTERS_32_BITS // 2 + 1000)
    assert manual.read32(RIS) == 0
    manual.advance(CHARACTERS_32_BITS // 2)
    assert manual.read32(RIS) == RT


def test_a_cleared_time_out_comes_again_while_characters_wait(manual: Any) -> None:
    manual.receive(b"a")
    manual.advance(CHARACTERS_32_BITS + 1000)
    manual.write32(ICR, 0x7FF)
    assert manual.read32(RIS) == 0
    manual.advance(CHARACTERS_32_BITS + 1000)
    assert manual.read32(RIS) == RT


def test_without_the_fifo_each_character_interrupts(manual: Any) -> None:
    manual.write32(LCR_H, 0)
    manual.receive(b"a")
    assert manual.read32(RIS) == RX
    assert manual.read32(FR) == TXFE | RXFF
    manual.read32(DR)
    assert manual.read32(RIS) == 0


def test_an_overrun_is_reported_and_loses_the_new_character(manual: Any) -> None:
    manual.receive(bytes(range(16)))
    manual.dut.take(0x55)
    assert manual.read32(RIS) & OE
    assert manual.read32(RSR) & 8
    assert [manual.read32(DR) & 0xFF for _ in range(16)] == list(range(16))


def test_a_break_interrupts(manual: Any) -> None:
    manual.receive_break()
    assert manual.read32(RIS) & BE
    assert manual.read32(DR) & 0x400


def test_a_reset_is_one(manual: Any) -> None:
    manual.write32(IMSC, 0x7FF)
    manual.receive(b"a" * 16)
    manual.reset()
    assert (manual.irq(), manual.read32(FR), manual.read32(LCR_H), manual.read32(IMSC)) == (0, 0x90, 0, 0)
