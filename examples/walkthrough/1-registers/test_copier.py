"""The card as its driver finds it. `bench` comes with devgen: the card on a clock that the test moves."""

ID, SCRATCH = 0x00, 0x04


def test_it_says_what_it_is(bench):
    card = bench("copier")
    assert card.read32(0x00, "cfg") == 0x00F31B36
    assert card.read32(ID) == int.from_bytes(b"COPY", "little")


def test_scratch_keeps_what_is_written_and_a_reset_clears_it(bench):
    card = bench("copier")
    card.write32(SCRATCH, 0x12345678)
    card.write8(SCRATCH + 3, 0xFF)
    assert card.read32(SCRATCH) == 0xFF345678
    card.reset()
    assert card.read32(SCRATCH) == 0
