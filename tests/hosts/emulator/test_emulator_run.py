"""A run's life: halting and timers, stopping from elsewhere, timeouts, ends, a device's fault, no leftovers."""

import gc
import signal
import threading
import time

import pytest
from emulator_parts import LOAD, RAM, Rig, asm, rig
from test_interrupt_entry import PIC

from devgen.hosts.emulator import EmulatorHost
from devgen.runtime.base.faults import MachineError
from devgen.runtime.time.timer import Timer

SPIN = b"\xeb\xfe"
DONE = "\nmov $0, %al\nout %al, $0xf4\nhlt\n"
HANDLER = f"""
        xor %ax, %ax
        mov %ax, %ds
        mov %ax, %ss
        mov $0x6000, %sp
        movw $handler, 0x25 * 4
        movw $0, 0x25 * 4 + 2
        movw $tick, 0x20 * 4
        movw $0, 0x20 * 4 + 2
        {PIC}
"""
HANDLERS = """
handler: incw 0x5000
        mov $0x20, %al
        out %al, $0x20
        iret
tick:   incw 0x5004
        mov $0x20, %al
        out %al, $0x20
        iret
"""
HALT_ONCE = asm(HANDLER + "sti\nhlt\nincw 0x5002" + DONE + HANDLERS)
SPIN_UNTIL = asm(HANDLER + "sti\n1: cmpw $0, 0x5000\nje 1b\nincw 0x5002" + DONE + HANDLERS)
PIT_TICKS = """
        mov $0x34, %al
        out %al, $0x43
        mov $0x00, %al
        out %al, $0x40
        mov $0x08, %al
        out %al, $0x40
"""


def request(r: Rig, gsi: int = 5) -> None:
    for sink in r.machine.gsi_sinks:
        sink(gsi, 1)


@pytest.mark.parametrize("code", [HALT_ONCE, SPIN_UNTIL], ids=["halted", "spinning"])
def test_a_timer_interrupts(code: bytes) -> None:
    with rig(code, irqchip="kernel") as r:
        r.start()
        timer = Timer(r.machine.clocks.virtual, lambda: request(r))
        timer.arm_in(50_000_000)
        started = time.monotonic()
        assert r.run().ok
        assert time.monotonic() - started >= 0.045
        assert (r.word(0x5000, 2), r.word(0x5002, 2)) == (1, 1)


@pytest.mark.parametrize("code", [HALT_ONCE, SPIN_UNTIL], ids=["halted", "spinning"])
def test_another_thread_interrupts(code: bytes) -> None:
    with rig(code, irqchip="kernel") as r:
        r.start()

        def later() -> None:
            time.sleep(0.03)
            with r.machine.lock:
                request(r)

        thread = threading.Thread(target=later)
        thread.start()
        assert r.run().ok
        thread.join()


@pytest.mark.parametrize("wait", ["1: hlt\ncmpw $5, 0x5004\njb 1b", "1: cmpw $5, 0x5004\njb 1b"])
def test_the_interval_timer_ticks(wait: str) -> None:
    with rig(asm(HANDLER + PIT_TICKS + f"sti\n{wait}\n" + DONE + HANDLERS), irqchip="kernel") as r:
        assert r.run().ok


def test_on_a_manual_clock_a_halt_jumps_to_the_next_deadline() -> None:
    with rig(HALT_ONCE, irqchip="kernel", clock="manual") as r:
        r.start()
        Timer(r.machine.clocks.virtual, lambda: request(r)).arm_in(3600 * 10**9)
        assert r.run().ok
        assert r.machine.clocks.virtual.now() == 3600 * 10**9


def test_a_timer_that_is_armed_by_the_guest_is_served_while_it_spins() -> None:
    with rig(
        asm(HANDLER + "sti\nmov $1, %al\nout %al, $0xe0\n1: cmpw $0, 0x5000\nje 1b" + DONE + HANDLERS), irqchip="kernel"
    ) as r:
        timer = Timer(r.machine.clocks.virtual, lambda: request(r))
        r.map_port(0xE0).on_write = lambda offset, size, value: timer.arm_in(2_000_000)
        assert r.run().ok


def test_timers_fire_while_interrupts_are_off() -> None:
    with rig(asm("1: in $0xe0, %al\ntest %al, %al\njz 1b" + DONE)) as r:
        r.start()
        state = [0]
        Timer(r.machine.clocks.virtual, lambda: state.__setitem__(0, 1)).arm_in(5_000_000)
        r.map_port(0xE0).answer = lambda offset, size: state[0]
        assert r.run().ok


@pytest.mark.parametrize("code", [SPIN, b"\xfb\xf4" + SPIN], ids=["spinning", "halted"])
def test_a_timeout_ends_a_run_and_another_goes_on(code: bytes) -> None:
    with rig(code, irqchip="kernel") as r:
        result = r.run(0.05)
        assert result.reason == "timeout" and "0.05 s" in result.detail
        assert r.run(0.01).reason == "timeout"


@pytest.mark.parametrize("code", [SPIN, b"\xfb\xf4" + SPIN, b"\xe4\xe0\xeb\xfc"], ids=["spinning", "halted", "port"])
def test_stop_from_another_thread(code: bytes) -> None:
    with rig(code, irqchip="kernel") as r:
        host = r.start()
        threading.Timer(0.05, host.stop).start()
        assert host.run(10).reason == "stopped"
        assert host.run(0.01).reason == "timeout"


def test_stop_often_never_hangs_nor_disturbs_the_guest() -> None:
    code = asm("xor %ax, %ax\nmov %ax, %ds\nmov $60000, %cx\n1: incl 0x5000\nxchg %eax, 0x5004\nloop 1b" + DONE)
    with rig(code) as r:
        host = r.start()
        done = threading.Event()

        def nag() -> None:
            while not done.wait(0.0005):
                host.stop()

        thread = threading.Thread(target=nag)
        thread.start()
        try:
            while (result := host.run(10)).reason == "stopped":
                pass
        finally:
            done.set()
            thread.join()
        assert result.ok
        assert r.word(0x5000) == 60000


def test_halting_for_ever_is_told() -> None:
    for irqchip, why in (("kernel", "interrupts disabled"), ("none", "without interrupt controllers")):
        with rig(b"\xfa\xf4", irqchip=irqchip) as r:
            result = r.run()
            assert result.reason == "halt" and why in result.detail
            assert r.run() == result


def test_a_halt_is_told_from_its_look_alikes() -> None:
    # The last byte before the spin is 0xf4 but no HLT; the second guest's HLT is prefixed.
    with rig(asm("mov $1, %al\nout %al, $0xe0\njmp 2f\n.byte 0xf4\n2: jmp 2b")) as r:
        assert r.run(0.05).reason == "timeout"
    with rig(b"\xf3\xf4") as r:
        assert r.run().reason == "halt"


def test_a_fault_of_a_device_ends_the_run_with_a_message() -> None:
    def broken(_offset: int, _size: int) -> int:
        raise ZeroDivisionError("boom")

    with rig(b"\xe4\xe0" + SPIN) as r:
        r.map_port(0xE0).answer = broken
        result = r.run()
        assert (result.reason, result.detail) == ("error", "ZeroDivisionError in a device: boom")


def test_a_fault_of_a_timer_ends_the_run_too() -> None:
    def broken() -> None:
        raise ValueError("late")

    with rig(SPIN) as r:
        Timer(r.machine.clocks.virtual, broken).arm_in(1_000_000)
        assert r.run().detail == "ValueError in a device: late"


def test_running_into_a_device_is_told() -> None:
    with rig(asm("ljmp $0xf000, $0"), ram=0x80000) as r:
        result = r.run()
        assert result.reason == "error" and "0xf000:0x0" in result.detail


def test_a_fetch_beyond_ram_ends_the_run() -> None:
    with rig(asm("ljmp $8, $0xd0000000", 32), mode="protected") as r:
        assert "where there is no memory" in r.run().detail


def test_no_guest_or_an_impossible_one_is_refused() -> None:
    with rig(mode="real") as r:
        object.__setattr__(r.machine.config, "guest", None)
        with pytest.raises(MachineError, match="no guest"):
            EmulatorHost(r.machine)


def test_nothing_is_left_behind() -> None:
    with rig(SPIN, irqchip="kernel") as r:
        before = (len(r.machine.gsi_sinks), len(r.machine.on_exit), threading.active_count())
        for _ in range(3):
            with EmulatorHost(r.machine) as host:
                host.run(0.01)
        assert (len(r.machine.gsi_sinks), len(r.machine.on_exit), threading.active_count()) == before
        gc.collect()
        assert r.machine.clocks.virtual.next_deadline() is None


def test_a_closed_host_does_not_run() -> None:
    with rig(SPIN) as r:
        host = r.start()
        host.close()
        host.close()
        with pytest.raises(MachineError, match="closed"):
            host.run()


def test_a_guest_larger_than_a_page_runs_over_its_pages() -> None:
    code = b"\x90" * 0x3000 + b"\xb0\x05\xe6\xf4"
    with rig(code, ram=RAM) as r:
        assert r.run().code == 5
        assert LOAD + len(code) > 0xA000


def test_a_guest_that_changes_its_own_code() -> None:
    code = asm(
        "xor %ax, %ax\nmov %ax, %ds\nmov $2, %cx\n1: mov $1, %bl\nmovb $9, 1b + 1\nloop 1b\nmov %bl, 0x5000" + DONE
    )
    with rig(code) as r:
        assert r.run().ok
        assert r.word(0x5000, 1) == 9


@pytest.mark.parametrize("code", [SPIN, b"\xfb\xf4" + SPIN, b"\xe4\xe0\xeb\xfc"], ids=["spinning", "halted", "port"])
def test_a_keyboard_interrupt_ends_a_run(code: bytes) -> None:
    with rig(code, irqchip="kernel") as r:
        host = r.start()
        threading.Timer(0.05, signal.pthread_kill, (threading.get_ident(), signal.SIGINT)).start()
        with pytest.raises(KeyboardInterrupt):
            host.run(10)
        assert host.run(0.01).reason == "timeout"


def test_timers_without_end_leave_the_guest_its_time() -> None:
    with rig(asm("xor %ax, %ax\nmov %ax, %ds\nmov $30000, %cx\n1: incl 0x5000\nloop 1b" + DONE)) as r:
        r.start()
        timer = Timer(r.machine.clocks.virtual, lambda: timer.arm_in(0))
        timer.arm_in(0)
        assert r.run().ok
