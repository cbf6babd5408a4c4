"""The 8259A pair: initialisation, priorities, masks, ends of interrupts, edges and levels, spurious interrupts."""

import pytest

from devgen.hosts.emulator.x86.pic import PicPair


def pic(*, icw4: int = 0x01, level: int = 0) -> PicPair:
    """Initialised at vectors 0x20 and 0x28; ``level``: ELCR bits."""
    pair = PicPair()
    for port, base, cascade in ((0x20, 0x20, 4), (0xA0, 0x28, 2)):
        pair.write(port, 0x11, 1)
        for value in (base, cascade, icw4):
            pair.write(port | 1, value, 1)
    pair.write(0x4D0, level & 0xFF, 1)
    pair.write(0x4D1, level >> 8, 1)
    return pair


def eoi(pair: PicPair, irq: int) -> None:
    if irq & 8:
        pair.write(0xA0, 0x20, 1)
    pair.write(0x20, 0x20, 1)


@pytest.mark.parametrize("irq", [irq for irq in range(16) if irq != 2])
def test_each_line_gives_its_vector(irq: int) -> None:
    pair = pic()
    assert not pair.output
    pair.set_irq(irq, 1)
    assert pair.output
    assert pair.acknowledge() == 0x20 + irq
    assert not pair.output


def test_an_edge_counts_once() -> None:
    pair = pic()
    pair.set_irq(3, 1)
    pair.acknowledge()
    eoi(pair, 3)
    assert not pair.output
    pair.set_irq(3, 0)
    pair.set_irq(3, 1)
    assert pair.output


@pytest.mark.parametrize("irq", [5, 10])
def test_a_level_asks_again_until_it_falls(irq: int) -> None:
    pair = pic(level=1 << irq)
    pair.set_irq(irq, 1)
    assert pair.acknowledge() == 0x20 + irq
    eoi(pair, irq)
    assert pair.output
    pair.acknowledge()
    pair.set_irq(irq, 0)
    eoi(pair, irq)
    assert not pair.output


def test_a_level_that_falls_is_withdrawn_and_an_edge_is_not() -> None:
    pair = pic(level=1 << 5)
    pair.set_irq(5, 1)
    pair.set_irq(5, 0)
    assert not pair.output
    pair.set_irq(4, 1)
    pair.set_irq(4, 0)
    assert pair.output


def test_an_acknowledge_without_a_request_is_spurious_7() -> None:
    assert pic().acknowledge() == 0x27


def test_the_slaves_spurious_interrupt_serves_the_cascade() -> None:
    pair = pic(level=1 << 10)
    pair.set_irq(10, 1)
    pair.set_irq(10, 0)
    assert pair.acknowledge() == 0x2F
    pair.write(0x20, 0x0B, 1)
    assert pair.read(0x20, 1) == 1 << 2


def test_lower_numbers_go_first_and_nest() -> None:
    pair = pic()
    pair.set_irq(5, 1)
    assert pair.acknowledge() == 0x25
    pair.set_irq(6, 1)
    assert not pair.output
    pair.set_irq(1, 1)
    assert pair.acknowledge() == 0x21
    eoi(pair, 1)
    assert not pair.output
    eoi(pair, 5)
    assert pair.acknowledge() == 0x26


def test_a_slave_stands_at_line_2() -> None:
    pair = pic()
    pair.set_irq(3, 1)
    pair.set_irq(15, 1)
    assert pair.acknowledge() == 0x2F
    assert not pair.output
    pair.set_irq(8, 1)
    assert not pair.output  # without special fully nested mode the master holds its line 2 in service
    eoi(pair, 15)
    assert pair.acknowledge() == 0x28


def test_special_fully_nested_mode_lets_the_slave_nest() -> None:
    pair = pic(icw4=0x11)
    pair.set_irq(15, 1)
    pair.acknowledge()
    pair.set_irq(8, 1)
    assert pair.acknowledge() == 0x28


def test_masked_lines_wait() -> None:
    pair = pic()
    pair.write(0x21, 0x20, 1)
    pair.set_irq(5, 1)
    assert not pair.output and pair.read(0x21, 1) == 0x20
    pair.write(0x21, 0, 1)
    assert pair.acknowledge() == 0x25


def test_special_mask_mode_lets_lower_ones_through() -> None:
    pair = pic()
    pair.set_irq(1, 1)
    pair.acknowledge()
    pair.write(0x21, 0x02, 1)
    pair.set_irq(5, 1)
    assert not pair.output
    pair.write(0x20, 0x68, 1)
    assert pair.acknowledge() == 0x25


def test_automatic_end_of_interrupt() -> None:
    pair = pic(icw4=0x03)
    pair.set_irq(5, 1)
    pair.acknowledge()
    pair.write(0x20, 0x0B, 1)
    assert pair.read(0x20, 1) == 0


def test_rotation_makes_the_served_line_the_last() -> None:
    pair = pic()
    pair.set_irq(0, 1)
    pair.acknowledge()
    pair.write(0x20, 0xA0, 1)
    pair.set_irq(0, 0)
    pair.set_irq(0, 1)
    pair.set_irq(7, 1)
    assert pair.acknowledge() == 0x27


def test_set_priority_and_specific_ends() -> None:
    pair = pic()
    pair.write(0x20, 0xC0 | 4, 1)
    pair.set_irq(4, 1)
    pair.set_irq(5, 1)
    assert pair.acknowledge() == 0x25
    pair.write(0x20, 0x60 | 5, 1)
    assert pair.acknowledge() == 0x24


def test_registers_read_as_selected_and_odd_widths_do_nothing() -> None:
    pair = pic(level=0xFFFF)
    assert (pair.read(0x4D0, 1), pair.read(0x4D1, 1)) == (0xF8, 0xDE)
    pair.set_irq(5, 1)
    assert pair.read(0x20, 1) == 0x20
    pair.write(0x20, 0x0B, 1)
    assert pair.read(0x20, 1) == 0
    assert pair.read(0x20, 2) == 0
    pair.write(0x20, 0x20, 2)
    assert pair.output


def test_a_poll_serves_and_ends_the_interrupt() -> None:
    pair = pic()
    pair.set_irq(5, 1)
    pair.write(0x20, 0x0C, 1)
    assert pair.read(0x20, 1) == 0x85
    assert not pair.output
    pair.write(0x20, 0x0C, 1)
    assert pair.read(0x20, 1) == 7  # none waits: bit 7 is clear


def test_initialising_forgets_edges_and_masks() -> None:
    pair = pic()
    pair.write(0x21, 0xFF, 1)
    pair.set_irq(5, 1)
    pair.write(0x20, 0x11, 1)
    assert pair.master.irr == 0 and pair.master.imr == 0
