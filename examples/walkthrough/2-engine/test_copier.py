"""The copy engine without a guest: the test is the driver, and the bench's 16 MiB from address 0 are its memory."""

import struct

import pytest

ID, SCRATCH = 0x00, 0x04
RING, CTRL, STATUS, HEAD = 0x100, 0x108, 0x10C, 0x110
BELL = 0x00  # in the region `bells`
CHANNEL, DESCRIPTOR = 0x20, 0x20
OWN, IRQ = 1 << 31, 1 << 30
COPIED, FAILED = 1, 2
DONE, ERROR, FAULT = 1, 2, 4

RINGS = 0x10000
SOURCE, DESTINATION = 0x20000, 0x30000


def enable(card, channel=0):
    card.write64(RING + CHANNEL * channel, RINGS + 0x1000 * channel)
    card.write32(CTRL + CHANNEL * channel, 1)


def descriptor(card, index, length=16, control=OWN, channel=0):
    words = struct.pack("<QQIIQ", SOURCE, DESTINATION + 0x1000 * index, length, control, 0)
    card.store(RINGS + 0x1000 * channel + DESCRIPTOR * index, words)


def ring(card, channel=0):
    card.write32(BELL + 4 * channel, 1, "bells")


def control(card, index, channel=0):
    return int.from_bytes(card.load(RINGS + 0x1000 * channel + DESCRIPTOR * index + 0x14, 4), "little")


def test_it_says_what_it_is(bench):
    card = bench("copier")
    assert card.read32(0x00, "cfg") == 0x00F31B36
    assert card.read32(ID) == int.from_bytes(b"COPY", "little")


def test_the_bell_makes_it_copy_and_hand_the_descriptor_back(bench):
    card = bench("copier")
    card.store(SOURCE, b"sixteen bytes...")
    enable(card)
    descriptor(card, 0)
    ring(card)
    assert card.load(DESTINATION, 16) == b"sixteen bytes..."
    assert (control(card, 0), card.read32(HEAD), card.read32(STATUS)) == (COPIED, 1, 0)


def test_it_takes_what_is_its_own_and_goes_round_the_ring(bench):
    card = bench("copier")
    enable(card)
    for lap in range(3):
        for index in range(40 * lap, 40 * (lap + 1)):
            descriptor(card, index % 64)
        ring(card)
        assert card.read32(HEAD) == 40 * (lap + 1) % 64


@pytest.mark.parametrize("channel", [0, 1])
def test_a_channel_interrupts_with_its_own_vector_when_asked_to(bench, channel):
    card = bench("copier")
    enable(card, channel)
    descriptor(card, 0, channel=channel)
    descriptor(card, 1, control=OWN | IRQ, channel=channel)
    descriptor(card, 2, channel=channel)
    ring(card, channel)
    assert card.read32(STATUS + CHANNEL * channel) == DONE
    assert [level for _, level in card.transitions(f"done[{channel}]")] == [1, 0]
    assert card.transitions(f"done[{1 - channel}]") == []
    card.write32(STATUS + CHANNEL * channel, DONE)
    assert card.read32(STATUS + CHANNEL * channel) == 0


@pytest.mark.parametrize("length", [0, 4097])
def test_nonsense_stops_the_channel(bench, length):
    card = bench("copier")
    enable(card)
    descriptor(card, 0, length=length)
    ring(card)
    assert (card.read32(STATUS), card.read32(CTRL), control(card, 0)) == (FAULT, 0, OWN)
    assert [level for _, level in card.transitions("fault")] == [1, 0]


def test_without_bus_mastering_it_reads_ones_and_stops(bench):
    card = bench("copier", command=2)  # memory decoding alone
    enable(card)
    descriptor(card, 0)
    ring(card)
    assert (card.read32(STATUS), card.read32(CTRL), control(card, 0)) == (FAULT, 0, OWN)


def test_every_third_descriptor_fails_if_you_say_so(bench):
    card = bench("copier", error_every=3)
    enable(card)
    for index in range(6):
        descriptor(card, index)
    ring(card)
    assert [control(card, index) for index in range(6)] == [COPIED, COPIED, FAILED] * 2
    assert card.read32(STATUS) == ERROR


def test_enabling_starts_at_the_first_descriptor(bench):
    card = bench("copier")
    enable(card)
    descriptor(card, 0)
    ring(card)
    card.write32(CTRL, 0)
    enable(card)
    assert card.read32(HEAD) == 0
