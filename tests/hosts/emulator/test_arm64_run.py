"""Runs of arm64 guests on the emulator: interrupts, WFI, PSCI, and how a run ends."""

import signal
import threading
import time
from typing import Any

import pytest
from arm64_assembly import GIC, OFF, START, VECTORS
from virt_parts import Virt, virt

from devgen.runtime.time.timer import Timer

ALLOW_SPI = """
        ldr x0, =GICD
        mov w1, #0x80
        strb w1, [x0, #(0x400 + 34)]    // SPI 2
        mov w1, #4
        str w1, [x0, #0x104]
"""
ALLOW_TIMER = """
        mov w1, #(1 << 27)
        str w1, [x0, #0x100]            // the SGI frame of GIC: PPI 27
"""
WAIT = """
1:      ldr w1, [x28, #128]
        cbnz w1, 2f
        wfi                             // ends for a masked interrupt too
        msr daifclr, #2
        isb
        msr daifset, #2
        b 1b
2:
"""
SPIN = """
        msr daifclr, #2
1:      ldr w1, [x28, #128]
        cbz w1, 1b
"""
MASKED = """
        wfi
        mrs x1, s3_0_c12_c12_2          // ICC_HPPIR1_EL1
        str x1, [x28, #64]
"""
HANDLER = f"""
        b .
        .ltorg
        .balign 2048
vectors:
        .org vectors + 0x200
        b .
        .org vectors + 0x280
        mrs x10, s3_0_c12_c12_0         // ICC_IAR1_EL1
        str x10, [x28, #64]
        ldr w11, [x28, #128]
        add w11, w11, #1
        str w11, [x28, #128]
        str wzr, [x27]                  // the device lowers its line
        msr cntv_ctl_el0, xzr
        msr s3_0_c12_c12_1, x10         // ICC_EOIR1_EL1
        eret
        .org vectors + 0x300
        {OFF}
"""
TIMER = """
        ldr x1, =31250                  // half a millisecond
        msr cntv_tval_el0, x1
        mov x1, #1
        msr cntv_ctl_el0, x1
"""
TAKEN, COUNT = 64, 128


def lowered(guest: Virt) -> None:
    """A write to the device lowers the line of SPI 2."""
    guest.device.on_write = lambda *_: guest.drive(2, 0)


@pytest.mark.parametrize("wait", [WAIT, SPIN], ids=["asleep", "busy"])
@pytest.mark.parametrize("clock", ["live", "manual"])
def test_the_timer_interrupts(wait: str, clock: str) -> None:
    if clock == "manual" and wait is SPIN:
        wait = WAIT  # a manual clock stands while the guest runs
    with virt(START + GIC + ALLOW_TIMER + TIMER + wait + OFF + HANDLER, clock=clock) as guest:
        assert guest.run().ok
        assert (guest.word(TAKEN), guest.word(COUNT, 4)) == (27, 1)


@pytest.mark.parametrize("wait", [WAIT, SPIN], ids=["asleep", "busy"])
def test_another_threads_line_interrupts(wait: str) -> None:
    with virt(START + GIC + ALLOW_SPI + "str wzr, [x27, #4]" + wait + OFF + HANDLER) as guest:

        def later() -> None:
            with guest.machine.lock:
                lowered(guest)
                guest.drive(2, 1)

        guest.device.on_write = lambda *_: threading.Timer(0.03, later).start()
        assert guest.run().ok
        assert (guest.word(TAKEN), guest.word(COUNT, 4)) == (34, 1)


def test_a_line_that_an_access_raises_interrupts_before_the_next_instruction() -> None:
    body = "msr daifclr, #2\n str wzr, [x27, #4]\n mov w2, #1\n str w2, [x28, #72]\n"
    with virt(START + GIC + ALLOW_SPI + body + OFF + HANDLER) as guest:
        seen = []

        def written(offset: int, size: int, value: int) -> None:
            guest.drive(2, int(offset == 4))
            if offset == 0:
                seen.append(guest.word(72))

        guest.device.on_write = written
        assert guest.run().ok
        assert (seen, guest.word(72), guest.word(COUNT, 4)) == ([0], 1, 1)


@pytest.mark.parametrize("wait", ["wfi\n wfi", "b ."], ids=["asleep", "busy"])
def test_an_interrupt_follows_the_instruction_that_unmasks_it(wait: str) -> None:
    body = f"str wzr, [x27, #4]\n mov w2, #1\n str w2, [x28, #72]\n msr daifclr, #2\n str w2, [x28, #80]\n {wait}\n"
    with virt(START + GIC + ALLOW_SPI + body + VECTORS) as guest:
        guest.device.on_write = lambda *_: guest.drive(2, 1)
        assert guest.run().ok
        assert (guest.word(0), guest.word(72), guest.word(80)) == (0x280, 1, 0)


@pytest.mark.parametrize("cause", ["line", "timer"])
def test_wfi_ends_for_a_masked_interrupt(cause: str) -> None:
    allow = ALLOW_SPI if cause == "line" else ALLOW_TIMER + TIMER
    with virt(START + GIC + allow + MASKED + OFF + VECTORS, clock="manual") as guest:
        guest.start()
        timer = Timer(guest.machine.clocks.virtual, lambda: guest.drive(2, 1))
        timer.arm_in(1_000_000)
        assert guest.run().ok
        assert guest.word(TAKEN) == (34 if cause == "line" else 27)
        assert guest.word(0) == 0  # no exception


def test_a_fiq_has_its_own_handler_and_mask() -> None:
    body = "str wzr, [x0, #0x80]\n msr daifclr, #2\n ldr x1, =0x1000001\n mov w2, #2\n str w2, [x0, #0x100]\n"
    body += " msr s3_0_c12_c11_7, x1\n isb\n mov w2, #1\n str w2, [x28, #72]\n msr daifclr, #1\n str w2, [x28, #80]\n"
    with virt(START + GIC + body + OFF + VECTORS) as guest:
        assert guest.run().ok
        assert (guest.word(0), guest.word(72), guest.word(80)) == (0x300, 1, 0)


# --- PSCI ----------------------------------------------------------------------------------------

RETURNS = """
        ldr x0, ={function:#x}
        ldr x1, ={argument:#x}
        {conduit} #0
        str x0, [x28, #64]
"""


@pytest.mark.parametrize("conduit", ["hvc", "smc"])
@pytest.mark.parametrize(
    ("function", "argument", "value"),
    [
        (0x8400_0000, 0, 0x1_0000),
        (0x8000_0000, 0, 0x1_0001),
        (0xC400_0003, 0, -4),
        (0xC400_0003, 1, -2),
        (0xC400_0004, 0, 0),
        (0xC400_0004, 0x100, -2),
        (0x8400_0006, 0, 2),
        (0x8400_000A, 0x8400_0008, 0),
        (0x8400_000A, 0x8400_0012, -1),
        (0xC600_0000, 0, -1),
    ],
)
def test_psci_answers(conduit: str, function: int, argument: int, value: int) -> None:
    call = RETURNS.format(function=function, argument=argument, conduit=conduit)
    with virt(START + call + OFF + VECTORS) as guest:
        assert guest.run().ok
        assert guest.word(64) == value & (1 << 64) - 1


def test_power_off_ends_the_run_with_code_0() -> None:
    with virt(OFF) as guest:
        assert str(guest.run()) == "exit code 0: the guest powered off"


def test_a_switched_off_processor_halts_the_run() -> None:
    with virt("movz w0, #0x8400, lsl #16\n movk w0, #2\n hvc #0\n b .") as guest:
        result = guest.run()
        assert (result.reason, result.detail) == ("halt", "halted with interrupts disabled at 0x4001000c")


RESET = """
        ldr x28, =0x40000000
        ldr w1, [x28, #128]
        add w1, w1, #1
        str w1, [x28, #128]
        cmp w1, #3
        b.eq 1f
        msr vbar_el1, x28
        movz w0, #0x8400, lsl #16
        movk w0, #9
        hvc #0
        b .
1:      mrs x1, vbar_el1
        str x1, [x28, #64]
"""


def test_a_reset_starts_the_guest_again() -> None:
    with virt(RESET + OFF + "b .\n.ltorg") as guest:
        assert guest.run().ok
        assert (guest.word(COUNT, 4), guest.word(64)) == (3, 0)


def test_a_reset_may_end_the_run() -> None:
    with virt(RESET + OFF + "b .\n.ltorg", on_reset="exit") as guest:
        assert str(guest.run()) == "exit code 0: the guest asked for a reset"


# --- ends ----------------------------------------------------------------------------------------


def test_sleep_that_nothing_can_end() -> None:
    with virt(START + GIC + "wfi\n" + OFF + VECTORS) as guest:
        result = guest.run()
        assert result.reason == "halt"
        assert result.detail.startswith("halted with interrupts disabled at 0x4001")


@pytest.mark.parametrize("body", ["b .", "1: svc #0\n b 1b", "1: ldr w1, [x27]\n b 1b"])
def test_a_busy_guest_times_out_and_can_be_stopped(body: str) -> None:
    handler = VECTORS.replace("mov x9, #kind", "eret")
    with virt(f"{START}{body}\n{handler}") as guest:
        assert guest.run(0.2).reason == "timeout"
        threading.Timer(0.1, guest.start().stop).start()
        assert guest.run(20).reason == "stopped"


def test_ctrl_c_ends_a_busy_guest() -> None:
    with virt(f"{START} b .\n{VECTORS}") as guest:
        guest.start()
        threading.Timer(0.2, signal.raise_signal, (signal.SIGINT,)).start()
        started = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            guest.run(20)
        assert time.monotonic() - started < 10


def test_a_fault_in_a_device_ends_the_run() -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError("broken")

    with virt(f"{START} str w1, [x27]\n{OFF}{VECTORS}") as guest:
        guest.device.on_write = broken
        result = guest.run()
        assert (result.reason, result.detail) == ("error", "ZeroDivisionError in a device: broken")


def test_the_program_counter_of_an_access_is_that_of_its_instruction() -> None:
    with virt(f"{START} adr x1, here\n str x1, [x28, #64]\nhere: str w1, [x27]\n{OFF}{VECTORS}") as guest:
        places = []
        guest.device.on_write = lambda *_: places.append(guest.start().program_counter())
        assert guest.run().ok
        assert places == [guest.word(64)]
        assert guest.start().program_counter() is None
