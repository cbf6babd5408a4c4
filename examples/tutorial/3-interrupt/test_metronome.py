def test_a_beat_interrupts_until_it_is_acknowledged(bench):
    dev = bench("metronome")
    dev.regs.MASK.BEAT = 1
    dev.regs.CTRL.RUN = 1
    dev.advance("1 ms")
    assert dev.irq("intr") == 1
    dev.regs.STATUS.write(BEAT=1)
    assert dev.irq("intr") == 0


def test_a_masked_beat_does_not_interrupt(bench):
    dev = bench("metronome")
    dev.regs.CTRL.RUN = 1
    dev.advance("1 ms")
    assert dev.regs.STATUS.BEAT == 1
    assert dev.irq("intr") == 0
