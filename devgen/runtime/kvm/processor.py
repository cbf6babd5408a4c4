"""A vCPU on its thread: enter the guest, dispatch the exit, again.

This loop is the hot path of the whole host; what it does for an exit is: one ioctl (without its third argument, whose
parsing costs a microsecond), the lock, two comparisons (do coalesced writes wait, has the topology changed), one lookup
and the call of the resolved closure.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import threading
from collections.abc import Callable
from typing import Protocol

from devgen.runtime.kvm import uapi
from devgen.runtime.kvm.coalesced import CoalescedRing
from devgen.runtime.kvm.exits import Counts, MemoryExits, PortExits, count
from devgen.runtime.kvm.vcpu import Vcpu
from devgen.runtime.machine import Machine
from devgen.runtime.run import RunResult

log = logging.getLogger(__name__)

_REASON = uapi.kvm_run.exit_reason.offset // 4

REASON_NAMES = {
    value: name.removeprefix("KVM_EXIT_").lower()
    for name, value in vars(uapi).items()
    if name.startswith("KVM_EXIT_") and name not in ("KVM_EXIT_IO_IN", "KVM_EXIT_IO_OUT")
}


class Owner(Protocol):
    """What a processor needs of its host."""

    machine: Machine
    ring: CoalescedRing | None
    counts: Counts | None
    stopping: bool

    def finish(self, result: RunResult) -> None:
        """End the run; the first result stays."""
        ...


class Processor:
    """Runs a vCPU on a thread of its own between ``start`` and ``join``."""

    def __init__(self, owner: Owner, vcpu: Vcpu) -> None:
        self._owner = owner
        self.vcpu = vcpu
        self._ports = PortExits(owner.machine.io, vcpu.u8, vcpu.u64, owner.counts)
        self._memory = MemoryExits(owner.machine.memory, vcpu.u64, owner.counts)
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to run."""
        self._thread = threading.Thread(target=self._main, name=f"kvm-vcpu-{self.vcpu.index}", daemon=True)
        self._thread.start()

    def join(self) -> None:
        """Wait for the thread's end; the host has made it end before."""
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _main(self) -> None:
        self.vcpu.adopt()
        try:
            self._owner.finish(self._run())
            self.vcpu.complete_exit()
        except Exception as error:
            # A device's own fault (a hand-written behaviour may raise), or a bug of ours: the run ends, in one line.
            log.debug("vCPU %d", self.vcpu.index, exc_info=True)
            self._owner.finish(RunResult("error", detail=f"{type(error).__name__}: {error}"))
        finally:
            self.vcpu.release()

    def _run(self) -> RunResult:
        vcpu, ring = self.vcpu, self._owner.ring
        ioctl, fd, kvm_run, lock = fcntl.ioctl, vcpu.fd, uapi.KVM_RUN, self._owner.machine.lock
        u32, u64 = vcpu.u32, vcpu.u64
        port_exit, memory_exit = self._ports.dispatch, self._memory.dispatch
        while True:
            try:
                ioctl(fd, kvm_run)
            except OSError as error:
                result = self._not_entered(error)
                if result is not None:
                    return result
                continue
            reason = u32[_REASON]
            with lock:
                if ring is not None and u64[ring.word] != ring.seen:
                    ring.drain()
                if reason == uapi.KVM_EXIT_IO:
                    port_exit()
                elif reason == uapi.KVM_EXIT_MMIO:
                    memory_exit()
                else:
                    result = self._other_exit(reason)
                    if result is not None:
                        return result

    def _not_entered(self, error: OSError) -> RunResult | None:
        """KVM_RUN failed. A kick is no error; EAGAIN is a processor that waits for its start-up message."""
        if error.errno == errno.EINTR:
            self.vcpu.interrupted()
        elif error.errno != errno.EAGAIN:
            return RunResult("error", detail=f"KVM_RUN failed: {error.strerror}")
        return RunResult("stopped") if self._owner.stopping else None

    def _other_exit(self, reason: int) -> RunResult | None:
        if self._owner.counts is not None:
            count(self._owner.counts, REASON_NAMES.get(reason, str(reason)), 0)
        return describe_exit(self.vcpu, reason)


def describe_exit(vcpu: Vcpu, reason: int) -> RunResult | None:
    """What an exit other than port or memory access means for the run; None to go on."""
    describe = _DESCRIPTIONS.get(reason)
    if describe is not None:
        return describe(vcpu)
    name = REASON_NAMES.get(reason, "")
    return RunResult("error", detail=f"the guest left with reason {reason}{f' ({name})' if name else ''}, not handled")


def _nothing(_vcpu: Vcpu) -> None:
    """Go on."""


def _halt(vcpu: Vcpu) -> RunResult:
    return RunResult("halt", detail=f"vCPU {vcpu.index} halted, and without interrupt controllers nothing wakes it")


def _shutdown(vcpu: Vcpu) -> RunResult:
    return RunResult("shutdown", detail=f"triple fault of vCPU {vcpu.index}")


def _fail_entry(vcpu: Vcpu) -> RunResult:
    code = vcpu.page().fail_entry.hardware_entry_failure_reason
    return RunResult("error", detail=f"the processor refused the guest's state (hardware reason {code:#x})")


_SUBERRORS = {
    uapi.KVM_INTERNAL_ERROR_EMULATION: "an instruction that KVM cannot emulate",
    uapi.KVM_INTERNAL_ERROR_SIMUL_EX: "simultaneous exceptions",
    uapi.KVM_INTERNAL_ERROR_DELIVERY_EV: "an exit while an event was delivered",
    uapi.KVM_INTERNAL_ERROR_UNEXPECTED_EXIT_REASON: "an unexpected exit of the hardware",
}


def _internal_error(vcpu: Vcpu) -> RunResult:
    suberror = vcpu.page().internal.suberror
    what = _SUBERRORS.get(suberror, f"suberror {suberror}")
    return RunResult("error", detail=f"KVM gave up on {what} at {vcpu.where()}")


def _system_event(vcpu: Vcpu) -> RunResult:
    event = vcpu.page().system_event.type
    if event == uapi.KVM_SYSTEM_EVENT_SHUTDOWN:
        return RunResult("shutdown", detail="the guest powered off")
    names = {uapi.KVM_SYSTEM_EVENT_RESET: "asked for a reset", uapi.KVM_SYSTEM_EVENT_CRASH: "reported a crash"}
    return RunResult("shutdown", detail=f"the guest {names.get(event, f'sent system event {event}')}")


_DESCRIPTIONS: dict[int, Callable[[Vcpu], RunResult | None]] = {
    uapi.KVM_EXIT_INTR: _nothing,
    uapi.KVM_EXIT_IRQ_WINDOW_OPEN: _nothing,
    uapi.KVM_EXIT_HLT: _halt,
    uapi.KVM_EXIT_SHUTDOWN: _shutdown,
    uapi.KVM_EXIT_FAIL_ENTRY: _fail_entry,
    uapi.KVM_EXIT_INTERNAL_ERROR: _internal_error,
    uapi.KVM_EXIT_SYSTEM_EVENT: _system_event,
}
