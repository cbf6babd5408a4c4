def test_it_beats_while_it_runs(bench):
    dev = bench("metronome")
    dev.advance("5 ms")
    assert dev.regs.BEATS == 0
    dev.regs.CTRL.RUN = 1
    dev.advance("5 ms")
    assert dev.regs.BEATS == 5
    dev.regs.CTRL.RUN = 0
    dev.advance("5 ms")
    assert dev.regs.BEATS == 5


def test_a_new_period_begins_with_the_next_beat(bench):
    dev = bench("metronome")
    dev.regs.CTRL.RUN = 1
    dev.regs.PERIOD = 250
    dev.advance("2 ms")
    assert dev.regs.BEATS == 5  # after 1 ms, then every 250 us
