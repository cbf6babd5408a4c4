def test_taps_are_counted_from_beat_to_beat(bench):
    dev = bench("metronome")
    dev.regs.CTRL.RUN = 1
    for _ in range(3):
        dev.write32(0x00, 1, "taps")
    assert dev.regs.TAPS == 3
    dev.advance("1 ms")
    assert dev.regs.TAPS == 0
