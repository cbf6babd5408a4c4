"""The known traps of a KVM host: signals, kicks, unfinished exits, leaks, guests that never stop."""

import ctypes
import fcntl
import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest
from kvm_code import HLT, SPIN, dx, eax, finish, read_port, write_port
from kvm_parts import LOAD, LOOP, TURN, Recorder, rig

from devgen.hosts.kvm import KvmHost
from devgen.hosts.kvm.kvm_system import KvmSystem
from devgen.hosts.kvm.uapi import uapi_run
from devgen.hosts.kvm.vcpu import KICK_SIGNAL, install_kick_handler
from devgen.hosts.kvm.vm import KvmVm
from devgen.hosts.kvm.x86.x86_vcpu import X86Vcpu
from devgen.runtime.boot.boot_image import boot_state
from devgen.runtime.memory.ram_block import RamBlock
from devgen.runtime.time.timer import Timer


class Bare:
    """A VM without a host: one page of code, one vCPU."""

    def __init__(self, code: bytes) -> None:
        with KvmSystem() as system:
            self.vm = KvmVm(system)
            self.ram = RamBlock(0x10000)
            self.ram.view[LOAD : LOAD + len(code)] = code
            self.vm.set_memory(0, 0, 0x10000, self.ram.address)
            self.vcpu = X86Vcpu(system, self.vm, 0)
        self.vcpu.load(boot_state("real", LOAD))

    def enter(self) -> int:
        fcntl.ioctl(self.vcpu.fd, uapi_run.KVM_RUN)
        return int(self.vcpu.page().exit_reason)

    def close(self) -> None:
        self.vcpu.close()
        self.vm.close()
        self.ram.close()


@pytest.fixture
def bare(request: pytest.FixtureRequest) -> Iterator[Bare]:
    made = Bare(request.param)
    yield made
    made.close()


# --- an exit that must be completed before registers are read ---


@pytest.mark.parametrize("bare", [eax(0) + read_port(0x300) + HLT], indirect=True)
def test_registers_show_the_finished_instruction(bare: Bare) -> None:
    assert bare.enter() == uapi_run.KVM_EXIT_IO
    bare.vcpu.u8[bare.vcpu.page().io.data_offset] = 0x5A
    regs = bare.vcpu.regs()
    assert regs.rax & 0xFF == 0x5A
    assert bare.ram.view[regs.rip] == HLT[0]
    assert bare.enter() == uapi_run.KVM_EXIT_HLT  # nothing has run meanwhile, and nothing runs twice


@pytest.mark.parametrize("bare", [eax(0) + read_port(0x300) + HLT], indirect=True)
def test_loaded_registers_are_not_overwritten_by_a_late_answer(bare: Bare) -> None:
    assert bare.enter() == uapi_run.KVM_EXIT_IO
    bare.vcpu.u8[bare.vcpu.page().io.data_offset] = 0x5A
    regs = bare.vcpu.regs()
    regs.rax = 0x77
    bare.vcpu.set_regs(regs)
    assert bare.enter() == uapi_run.KVM_EXIT_HLT
    assert bare.vcpu.regs().rax == 0x77


@pytest.mark.parametrize("bare", [HLT], indirect=True)
def test_completing_nothing_does_not_run_the_guest(bare: Bare) -> None:
    before = bare.vcpu.regs().rip
    bare.vcpu.complete_exit()
    assert bare.vcpu.regs().rip == before


def test_registers_after_a_stop_are_whole() -> None:
    """The guest counts port reads in ECX; wherever it is stopped, the device has answered as often, or once more."""
    made = rig(b"\x66\x31\xc9" + dx(0x300) + b"\xec\x66\x41\xeb\xfb")  # xor ecx; in; inc ecx; jmp
    ops = Recorder()
    made.map_port(0x300, 1, ops)
    with KvmHost(made.machine) as host:
        for _ in range(10):
            assert host.run(0.02).reason == "timeout"
            assert 0 <= len(ops.log) - host.vcpus[0].regs().rcx <= 1


# --- kicks ---


@pytest.mark.parametrize("bare", [SPIN], indirect=True)
def test_a_kick_just_before_the_kernel_is_entered_is_not_lost(bare: Bare) -> None:
    install_kick_handler()
    bare.vcpu.adopt()
    bare.vcpu.kick()
    with pytest.raises(InterruptedError):
        bare.enter()
    bare.vcpu.interrupted()
    assert bare.vcpu.u8[1] == 0


@pytest.mark.parametrize("bare", [SPIN], indirect=True)
def test_a_kick_from_another_thread_ends_a_spinning_guest(bare: Bare) -> None:
    install_kick_handler()
    bare.vcpu.adopt()
    timer = threading.Timer(0.05, bare.vcpu.kick)
    timer.start()
    with pytest.raises(InterruptedError):
        bare.enter()
    timer.join()


@pytest.mark.parametrize("bare", [HLT], indirect=True)
def test_kicking_a_vcpu_that_no_thread_runs_is_harmless(bare: Bare) -> None:
    bare.vcpu.kick()
    with pytest.raises(InterruptedError):
        bare.enter()
    bare.vcpu.interrupted()
    assert bare.enter() == uapi_run.KVM_EXIT_HLT


def test_stops_at_any_moment_end_the_run() -> None:
    made = rig(write_port(0x300, 1) + b"\xeb" + (256 - len(write_port(0x300, 1)) - 2).to_bytes(1, "little"))
    made.map_port(0x300, 1, Recorder())
    with KvmHost(made.machine) as host:
        for turn in range(60):
            timer = threading.Timer(turn * 0.0003, host.stop)
            timer.start()
            result = host.run(0.2)  # a stop that comes before the run begins ends none: then time does
            timer.join()
            assert result.reason in ("stopped", "timeout")


def test_a_stop_from_inside_a_device() -> None:
    made = rig(write_port(0x300, 1) + SPIN)
    ops = Recorder()
    made.map_port(0x300, 1, ops)
    with KvmHost(made.machine) as host:
        ops.on_write = lambda *_: host.stop()
        assert host.run(5).reason == "stopped"


def test_a_request_to_exit_runs_no_further_instruction() -> None:
    made = rig(b"\xb0\x07\xe6\xf4" + write_port(0x300, 1) + SPIN)
    ops = Recorder()
    made.map_port(0x300, 1, ops)
    with KvmHost(made.machine) as host:
        assert host.run(5).code == 7
        assert host.run(5).code == 7
    assert ops.log == []


# --- signals ---


def test_a_signal_is_not_an_error() -> None:
    """Signals that have nothing to do with us hit the vCPU's thread all the time."""
    made = rig(write_port(0x300, 1) * 200 + finish())
    ops = Recorder()
    made.map_port(0x300, 1, ops)
    thread: list[int] = []
    stop = threading.Event()

    def pester() -> None:
        while not stop.is_set():
            if thread:
                signal.pthread_kill(thread[0], KICK_SIGNAL)
            time.sleep(0.0001)

    ops.on_write = lambda *_: thread.append(threading.get_ident()) if not thread else time.sleep(0.0005)
    with KvmHost(made.machine) as host:
        hammer = threading.Thread(target=pester)
        hammer.start()
        try:
            result = host.run(20)
        finally:
            thread.clear()
            stop.set()
            hammer.join()
    assert result.ok, result
    assert len(ops.log) == 200


def test_the_kicks_handler_does_not_wake_python() -> None:
    install_kick_handler()
    assert signal.getsignal(KICK_SIGNAL) in (signal.SIG_DFL, None)
    signal.pthread_kill(threading.get_ident(), KICK_SIGNAL)  # and yet we are alive


def test_a_host_may_be_made_and_run_on_any_thread() -> None:
    results = []

    def work() -> None:
        with KvmHost(rig(finish(3)).machine) as host:
            results.append(host.run(5).code)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert results == [3]


# --- guests that never stop, runs that go on ---


@pytest.mark.parametrize("code", [SPIN, b"\xf4\xeb\xfd", b"\xfa\xf4\xeb\xfc"], ids=["spin", "hlt", "cli-hlt"])
def test_a_guest_that_never_ends_is_stopped_by_the_timeout(code: bytes) -> None:
    made = rig(code, irqchip="kernel")
    with KvmHost(made.machine) as host:
        result = host.run(0.1)
        assert result.reason == "timeout"
        assert "0.1 s" in result.detail
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("kvm-")]


def test_a_run_goes_on_where_it_was() -> None:
    made = rig(b"\x66\xb9" + LOOP.to_bytes(4, "little") + dx(0x300) + b"\xee\x66\x49\x75\xfb" + finish())
    ops = Recorder()
    made.map_port(0x300, 1, ops)
    with KvmHost(made.machine) as host:
        turns = 0
        while (result := host.run(TURN)).reason == "timeout":
            turns += 1
    assert result.ok
    assert turns >= 2
    assert len(ops.log) == LOOP


def test_closing_stops_a_run_of_another_thread() -> None:
    made = rig(SPIN)
    host = KvmHost(made.machine)
    results = []
    runner = threading.Thread(target=lambda: results.append(host.run(30)))
    runner.start()
    while not [thread for thread in threading.enumerate() if thread.name.startswith("kvm-vcpu")]:
        time.sleep(0.001)
    host.close()
    runner.join()
    assert results[0].reason == "stopped"


# --- leaks ---


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_a_hundred_hosts_leave_nothing_behind() -> None:
    machine = rig(finish(), irqchip="kernel").machine
    with KvmHost(machine, irq_delivery="irqfd") as host:
        host.run(5)
    before, threads = descriptors(), threading.active_count()
    for _ in range(100):
        with KvmHost(machine, irq_delivery="irqfd") as host:
            assert host.run(5).ok
    assert descriptors() == before
    assert threading.active_count() == threads


def test_a_host_that_cannot_be_built_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = rig(finish()).machine
    before = descriptors()

    def refuse(*_: object) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr(X86Vcpu, "load", refuse)
    for _ in range(5):
        with pytest.raises(RuntimeError):
            KvmHost(machine)
    assert descriptors() == before
    assert machine.on_exit == []


def test_closing_twice_and_running_afterwards() -> None:
    host = KvmHost(rig(finish()).machine)
    host.close()
    host.close()
    with pytest.raises(Exception, match="closed"):
        host.run(1)


# --- timers ---


def test_a_timer_wakes_a_halted_guest() -> None:
    made = rig(b"\xf4\xeb\xfd", irqchip="kernel")
    timer = Timer(made.machine.clocks.virtual, lambda: made.machine.request_exit(4))
    with KvmHost(made.machine) as host:
        timer.arm_in(20_000_000)
        assert host.run(5).code == 4


def test_a_timer_that_a_device_arms_earlier_is_not_overslept() -> None:
    made = rig(write_port(0x300, 1) + SPIN)
    ops = Recorder()
    made.map_port(0x300, 1, ops)
    far = Timer(made.machine.clocks.virtual, lambda: made.machine.request_exit(1))
    near = Timer(made.machine.clocks.virtual, lambda: made.machine.request_exit(2))
    far.arm_in(3_600_000_000_000)
    ops.on_write = lambda *_: near.arm_in(5_000_000)
    with KvmHost(made.machine) as host:
        assert host.run(5).code == 2


def test_a_timer_due_between_two_runs_is_not_lost() -> None:
    made = rig(SPIN)
    fired: list[int] = []
    timer = Timer(made.machine.clocks.rtc, lambda: fired.append(1))
    with KvmHost(made.machine) as host:
        assert host.run(0.02).reason == "timeout"
        timer.arm_in(30_000_000)
        time.sleep(0.06)  # the rtc goes on while the machine stands still
        assert fired == []
        assert host.run(0.1).reason == "timeout"
    assert fired == [1]


def test_virtual_time_stands_still_between_runs() -> None:
    made = rig(SPIN)
    clock = made.machine.clocks.virtual
    with KvmHost(made.machine) as host:
        host.run(0.02)
        then = clock.now()
        time.sleep(0.03)
        assert clock.now() == then
        host.run(0.02)
        assert clock.now() - then >= 20_000_000


def test_a_timer_that_fires_for_ever_does_not_stop_the_guest() -> None:
    made = rig((write_port(0x300, 1)) * 100 + finish())
    made.map_port(0x300, 1, Recorder())
    clock = made.machine.clocks.virtual
    timer = Timer(clock, lambda: timer.arm_at(clock.now()))
    timer.arm_at(0)
    with KvmHost(made.machine) as host:
        assert host.run(20).ok


def test_a_timer_that_fails_ends_the_run_in_one_line() -> None:
    made = rig(SPIN)

    def fail() -> None:
        raise RuntimeError("broken timer")

    timer = Timer(made.machine.clocks.virtual, fail)
    timer.arm_in(1_000_000)
    with KvmHost(made.machine) as host:
        result = host.run(5)
    assert (result.reason, result.detail) == ("error", "RuntimeError: broken timer")


# --- more than one processor ---


def test_processors_beside_the_first_wait_and_are_stopped() -> None:
    made = rig(finish(), irqchip="kernel")
    with KvmHost(made.machine, cpus=3) as host:
        assert host.run(5).ok
        assert host.vcpus[1].mp_state() == uapi_run.KVM_MP_STATE_UNINITIALIZED


def test_two_processors_share_a_device() -> None:
    made = rig(dx(0x300) + b"\xee" * 50 + HLT, irqchip="kernel")
    ops = Recorder()
    made.map_port(0x300, 1, ops)
    ops.on_write = lambda *_: made.machine.request_exit(0) if len(ops.log) == 100 else None
    with KvmHost(made.machine, cpus=2) as host:
        host.vcpus[1].load(boot_state("real", LOAD))
        host.vcpus[1].set_mp_state(uapi_run.KVM_MP_STATE_RUNNABLE)
        assert host.run(10).ok
    assert len(ops.log) == 100


def test_the_shared_page_is_as_large_as_its_structure() -> None:
    with KvmSystem() as system:
        assert system.run_size() >= ctypes.sizeof(uapi_run.kvm_run)
