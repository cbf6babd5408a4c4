def test_registers_keep_what_a_driver_writes(bench):
    dev = bench("metronome")
    assert dev.regs.PERIOD == 1000
    dev.regs.PERIOD = 500
    dev.regs.CTRL.SOUND = "BELL"
    assert dev.regs.PERIOD == 500
    assert dev.regs.CTRL == 0b100
    dev.regs.CTRL = 0xFFFF_FFFF
    assert dev.regs.CTRL == 0b111  # bits without a field are not there
