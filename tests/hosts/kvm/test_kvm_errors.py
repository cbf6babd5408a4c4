"""What ends a run but an exit, and what keeps a host from being made: one clear line, never a traceback."""

import errno
import os
import platform
from pathlib import Path

import pytest
from kvm_code import CLI, HLT, SPIN, finish, write_port
from kvm_parts import LOAD, Recorder, rig

from devgen.api.accelerators import choose_accel
from devgen.hosts.kvm import KvmError, KvmHost, unavailable
from devgen.hosts.kvm.kvm_error import failed
from devgen.hosts.kvm.kvm_system import KvmSystem
from devgen.hosts.kvm.uapi import uapi_run, uapi_system, uapi_x86
from devgen.hosts.kvm.vcpu_loop import describe_exit
from devgen.hosts.kvm.x86.x86_cpuid import guest_cpuid, supported_cpuid
from devgen.runtime.base.faults import MachineError, RuntimeFault
from devgen.runtime.boot.boot_image import boot_state
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.machine_config import GuestConfig, MachineConfig
from devgen.runtime.machine.run_result import RunResult


class Page:
    """A vCPU that shows an exit which no guest here can cause."""

    index = 0

    def __init__(self, **exits: object) -> None:
        self._run = uapi_run.kvm_run()
        for name, value in exits.items():
            part, _, member = name.partition("__")
            setattr(getattr(self._run, part), member, value)

    def page(self) -> uapi_run.kvm_run:
        return self._run

    def where(self) -> str:
        return "0x8:0x7000"


def test_a_halt_that_nothing_ends() -> None:
    with KvmHost(rig(HLT).machine) as host:
        result = host.run(5)
    assert result.reason == "halt"
    assert "vCPU 0 halted" in str(result)


def test_a_triple_fault() -> None:
    made = rig(b"\x0f\x0b", mode="protected")  # ud2 without an interrupt table
    with KvmHost(made.machine) as host:
        result = host.run(5)
    assert (result.reason, result.detail) == ("shutdown", "triple fault of vCPU 0")


def test_a_jump_into_nothing_is_an_error_not_a_traceback() -> None:
    made = rig(b"\xb8\x00\x00\x00\xf0\xff\xe0", mode="protected")  # mov eax, 0xf0000000; jmp eax
    with KvmHost(made.machine) as host:
        result = host.run(5)
    assert result.reason in ("error", "shutdown")
    assert "\n" not in str(result)


def test_a_device_that_raises_is_an_error_not_a_traceback() -> None:
    made = rig(write_port(0x300, 1) + SPIN)
    ops = Recorder()
    made.map_port(0x300, 1, ops)

    def fail(*_: int) -> None:
        raise ValueError("broken device")

    ops.on_write = fail
    with KvmHost(made.machine) as host:
        result = host.run(5)
        assert str(result) == "error: ValueError: broken device"
        assert host.vcpus[0].regs().rip > LOAD


EXITS = [
    (uapi_run.KVM_EXIT_SYSTEM_EVENT, {"system_event__type": 1}, "exit code 0: the guest powered off"),
    (uapi_run.KVM_EXIT_SYSTEM_EVENT, {"system_event__type": 2}, "error: the guest sent system event 2, not handled"),
    (uapi_run.KVM_EXIT_SYSTEM_EVENT, {"system_event__type": 3}, "panic: the guest reported a crash"),
    (uapi_run.KVM_EXIT_SYSTEM_EVENT, {"system_event__type": 77}, "error: the guest sent system event 77, not handled"),
    (
        uapi_run.KVM_EXIT_FAIL_ENTRY,
        {"fail_entry__hardware_entry_failure_reason": 0x80000021},
        "error: the processor refused the guest's state (hardware reason 0x80000021)",
    ),
    (
        uapi_run.KVM_EXIT_INTERNAL_ERROR,
        {"internal__suberror": 1},
        "error: KVM stopped at an instruction that KVM cannot emulate, at 0x8:0x7000",
    ),
    (uapi_run.KVM_EXIT_INTERNAL_ERROR, {"internal__suberror": 99}, "error: KVM stopped at suberror 99, at 0x8:0x7000"),
    (uapi_run.KVM_EXIT_X86_RDMSR, {}, "error: the guest left with reason 29 (x86_rdmsr), not handled"),
    (12345, {}, "error: the guest left with reason 12345, not handled"),
]


@pytest.mark.parametrize(("reason", "page", "text"), EXITS)
def test_every_other_exit_has_its_sentence(reason: int, page: dict[str, int], text: str) -> None:
    assert str(describe_exit(Page(**page), reason)) == text  # type: ignore[arg-type]


@pytest.mark.parametrize("reason", [uapi_run.KVM_EXIT_INTR, uapi_run.KVM_EXIT_IRQ_WINDOW_OPEN])
def test_some_exits_mean_nothing(reason: int) -> None:
    assert describe_exit(Page(), reason) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("result", "text", "ok"),
    [
        (RunResult("exit", 0), "exit code 0", True),
        (RunResult("exit", 3), "exit code 3", False),
        (RunResult("timeout"), "timeout", False),
        (RunResult("error", detail="no"), "error: no", False),
    ],
)
def test_a_result_in_words(result: RunResult, text: str, ok: bool) -> None:
    assert (str(result), result.ok) == (text, ok)


# --- before there is a VM ---


def test_why_kvm_is_not_available(tmp_path: Path) -> None:
    absent = tmp_path / "kvm"
    assert unavailable(str(absent)) == f"cannot open {absent}: No such file or directory"
    absent.write_bytes(b"")
    assert "does not answer as KVM" in str(unavailable(str(absent)))


def test_no_permission_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(errno.EACCES, "")

    monkeypatch.setattr(os, "open", refuse)
    assert unavailable() == "cannot open /dev/kvm: Permission denied"


def test_a_missing_capability_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(KvmSystem, "capability", lambda self, number: number != uapi_system.KVM_CAP_IRQFD)
    assert unavailable() == "/dev/kvm lacks KVM_CAP_IRQFD"


def test_a_kvm_that_makes_no_vm_is_not_available(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a host whose /dev/kvm opens and that has nothing to run a guest on."""

    def refuse(_system: KvmSystem) -> int:
        raise failed("KVM_CREATE_VM", OSError(errno.ENODEV, "No such device"), "cannot create a virtual machine")

    monkeypatch.setattr(KvmSystem, "create_vm", refuse)
    accel, reason = choose_accel("auto")
    assert accel == "emulator"
    assert reason == "cannot create a virtual machine: KVM_CREATE_VM failed with ENODEV (No such device)"
    with pytest.raises(MachineError, match=r"cannot use KVM .*No such device.*'emulator' runs without it"):
        choose_accel("kvm")


def test_a_kvm_of_another_architecture_is_not_available(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(KvmSystem, "capability", lambda self, number: number != uapi_system.KVM_CAP_EXT_CPUID)
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    assert unavailable() == "/dev/kvm of this host (aarch64) runs no x86 guests"
    assert choose_accel("auto")[0] == "emulator"


def test_looking_leaves_nothing_open() -> None:
    assert unavailable() is None
    before = os.listdir("/proc/self/fd")
    assert unavailable() is None
    assert len(os.listdir("/proc/self/fd")) == len(before)


@pytest.mark.parametrize("cpus", [1, 2])
def test_processors_that_all_sleep_for_good_end_the_run(cpus: int) -> None:
    with KvmHost(rig(CLI + HLT, irqchip="kernel").machine, cpus=cpus) as host:
        result = host.run(30)
    assert (result.reason, "interrupts disabled" in result.detail) == ("halt", True)


def test_a_processor_that_runs_keeps_the_run_going() -> None:
    made = rig(CLI + HLT, irqchip="kernel")
    made.machine.memory.write_bytes(0x8000, b"\xeb\xfe")  # jmp to itself
    with KvmHost(made.machine, cpus=2) as host:
        host.vcpus[1].load(boot_state("real", 0x8000))
        host.vcpus[1].set_mp_state(uapi_run.KVM_MP_STATE_RUNNABLE)
        assert host.run(4).reason == "timeout"


def test_an_error_is_a_fault_of_the_runtime() -> None:
    assert issubclass(KvmError, RuntimeFault)
    with KvmHost(rig().machine) as host, pytest.raises(KvmError, match="KVM_SET_USER_MEMORY_REGION failed with EINVAL"):
        host.vm.set_memory(100, 0x123, 0x1000, 0)


@pytest.mark.parametrize(
    ("mode", "entry", "message"),
    [
        ("real", 1 << 20, "not below 0x100000"),
        ("protected", 1 << 32, "above 4 GiB"),
        ("virtual", 0, "unknown CPU mode 'virtual'"),
    ],
)
def test_a_start_that_no_processor_can_make(mode: str, entry: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        boot_state(mode, entry)
    guest = GuestConfig(finish(), LOAD, entry, mode)  # type: ignore[arg-type]
    machine = Machine(MachineConfig(ram=1 << 20, irqchip="none", guest=guest))
    with pytest.raises(MachineError, match=message):
        KvmHost(machine)


def test_real_mode_starts_beyond_64_kib_too() -> None:
    state = boot_state("real", 0x23456)
    assert (state.code.selector, state.code.base, state.ip) == (0x2000, 0x20000, 0x3456)


def test_the_guests_cpuid_says_hypervisor_and_which_processor() -> None:
    with KvmSystem() as system:
        leaves = guest_cpuid(supported_cpuid(system), 3)
    entries = [uapi_x86.kvm_cpuid_entry2.from_buffer_copy(leaves, at) for at in range(8, len(leaves), 40)]
    first = next(entry for entry in entries if entry.function == 1)
    assert first.ecx >> 31 == 1
    assert first.ebx >> 24 == 3
