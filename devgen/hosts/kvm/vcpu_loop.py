"""The thread of a vCPU: enter the guest, dispatch the exit, and repeat.

This loop is the hot path of the host. After an exit, mitigations against speculation have flushed the processor's
branch predictors, so each operation costs several times what it costs in a warm loop. Therefore the ioctl has no third
argument (parsing it takes a microsecond), the thread owns the lock's fast path (`devgen.runtime.base.machine_lock`),
and one lookup finds the device's method.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from devgen.hosts.kvm.exit_accesses import (
    DIRECTION,
    IO_DATA_WORD,
    KEY,
    MMIO_DATA,
    MMIO_IS_WRITE,
    MMIO_LENGTH,
    Action,
    Counts,
    MemoryReads,
    MemoryWrites,
    PortInputs,
    PortOutputs,
    count,
)
from devgen.hosts.kvm.uapi import uapi_run
from devgen.hosts.kvm.vcpu import Vcpu
from devgen.runtime.base.machine_lock import MachineLock
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.run_result import RunResult
from devgen.runtime.memory.address_space import AddressSpace

log = logging.getLogger(__name__)

LOOKS = 2
"""Consecutive checks that must find each of several processors asleep before a run ends.

The processors are checked one after another, so a processor may wake another one between two checks.
"""

_REASON = uapi_run.kvm_run.exit_reason.offset // 4

REASON_NAMES = {
    value: name.removeprefix("KVM_EXIT_").lower()
    for name, value in vars(uapi_run).items()
    if name.startswith("KVM_EXIT_") and name not in ("KVM_EXIT_IO_IN", "KVM_EXIT_IO_OUT")
}


class Owner(Protocol):
    """The interface of a processor's host."""

    machine: Machine
    counts: Counts | None
    exit_work: bool
    """Whether ``do_exit_work`` must be called: timers are due, writes may be coalesced or exits are counted."""
    stopping: bool

    @property
    def vcpus(self) -> list[Vcpu]:
        """All processors."""
        ...

    def do_exit_work(self, vcpu: Vcpu) -> None:
        """Called under the lock before an exit is dispatched, if ``exit_work``."""
        ...

    @property
    def processors(self) -> Sequence[Processor]:
        """The objects that run ``vcpus``, in the same order."""
        ...

    def settle(self) -> bool:
        """Fire timers that are due, without the lock, before the guest is entered; return whether there were any."""
        ...

    def finish(self, result: RunResult) -> None:
        """End the run; later results are ignored."""
        ...


class Outsider:
    """Replaces the lock in the loop of a thread that does not own the fast path: ``wanted`` is always True."""

    __slots__ = ("inside", "wanted")

    def __init__(self) -> None:
        self.inside = False
        self.wanted = True


class Processor:
    """Runs a vCPU on its own thread between ``start`` and ``join``."""

    def __init__(self, owner: Owner, vcpu: Vcpu) -> None:
        self._owner = owner
        self.vcpu = vcpu
        io, memory = owner.machine.io, owner.machine.memory
        settle = owner.machine.clocks.virtual.settle
        self._inputs = PortInputs(io, vcpu.u8, vcpu.u64, settle)
        self._outputs = PortOutputs(io, vcpu.u8, vcpu.u64, settle)
        self._reads = [MemoryReads(memory, size) for size in range(9)]
        self._writes = [MemoryWrites(memory, size, vcpu.u64) for size in range(9)]
        self._forget: list[tuple[AddressSpace, Action]] = [(io, self._inputs.clear), (io, self._outputs.clear)]
        self._forget += [(memory, reads.clear) for reads in self._reads]
        self._forget += [(memory, writes.clear) for writes in self._writes]
        for space, clear in self._forget:
            space.on_stale.append(clear)
        self._thread: threading.Thread | None = None
        self.looks = 0
        """Consecutive checks that found the processor asleep: not started, or halted with interrupts masked."""
        self._asleep_at = 0

    def close(self) -> None:
        """Disconnect from the address spaces."""
        for space, clear in self._forget:
            space.on_stale.remove(clear)

    def start(self) -> None:
        """Start the thread."""
        self._thread = threading.Thread(target=self._main, name=f"kvm-vcpu-{self.vcpu.index}", daemon=True)
        self._thread.start()

    def join(self) -> None:
        """Wait for the thread's end, which the host has requested."""
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _main(self) -> None:
        self.vcpu.adopt()
        try:
            self._owner.finish(self._run())
            self.vcpu.complete_exit()
        except Exception as error:
            # A fault in a device (hand-written behaviour may raise) or in devgen: end the run with a one-line error.
            log.debug("vCPU %d", self.vcpu.index, exc_info=True)
            self._owner.finish(RunResult("error", detail=f"{type(error).__name__}: {error}"))
        finally:
            self.vcpu.release()

    def _run(self) -> RunResult:
        lock = self._owner.machine.lock
        owner = lock.own_fast_path(True)
        try:
            return self._loop(lock, lock if owner else Outsider())
        finally:
            lock.own_fast_path(False)

    def _loop(self, lock: MachineLock, show: MachineLock | Outsider) -> RunResult:
        owner, vcpu = self._owner, self.vcpu
        inputs, outputs, reads, writes = self._inputs, self._outputs, self._reads, self._writes
        ioctl, fd, kvm_run = fcntl.ioctl, vcpu.fd, uapi_run.KVM_RUN
        exit_io, exit_mmio = uapi_run.KVM_EXIT_IO, uapi_run.KVM_EXIT_MMIO
        u8, u32, u64 = vcpu.u8, vcpu.u32, vcpu.u64
        reason_at, direction_at, key_at, data_at = _REASON, DIRECTION, KEY, IO_DATA_WORD
        held = False
        try:
            while True:
                try:
                    ioctl(fd, kvm_run)
                except OSError as error:
                    result = self._not_entered(error)
                    if result is not None:
                        return result
                    continue
                show.inside = True
                if show.wanted:
                    show.inside = False
                    held = lock.acquire()
                if owner.exit_work:
                    owner.do_exit_work(vcpu)
                reason = u32[reason_at]
                if reason == exit_io:
                    key = u64[key_at]
                    if key == inputs.last_key:
                        read = inputs.last_read  # a local, because calling the attribute would look up a method
                        u64[data_at] = read()
                    elif u8[direction_at]:
                        outputs[key]()
                    else:
                        u64[data_at] = inputs.find(key)()
                elif reason == exit_mmio:
                    if u8[MMIO_IS_WRITE]:
                        writes[u8[MMIO_LENGTH]][u64[KEY]]()
                    else:
                        u64[MMIO_DATA] = reads[u8[MMIO_LENGTH]][u64[KEY]]()
                else:
                    result = self._other_exit(reason)
                    if result is not None:
                        return result
                show.inside = False
                if held:
                    lock.release()
                    held = False
        finally:
            if held:
                lock.release()

    def _other_exit(self, reason: int) -> RunResult | None:
        """Handle an exit other than a port or memory access, under the lock; return the result if the run ends."""
        machine = self._owner.machine
        if is_reset(self.vcpu, reason) or (
            reason == uapi_run.KVM_EXIT_SHUTDOWN and machine.config.triple_fault == "reset"
        ):
            machine.request_reset()
            return None
        if self.vcpu.handle_exit(reason):
            return None
        return describe_exit(self.vcpu, reason)

    def _not_entered(self, error: OSError) -> RunResult | None:
        """Handle a failed KVM_RUN. EINTR is a kick; EAGAIN means that the processor waits for its start-up IPI."""
        if error.errno == errno.EINTR:
            self.vcpu.interrupted()
            if self._owner.settle() and not self._owner.stopping:
                return None
        elif error.errno != errno.EAGAIN:
            return RunResult("error", detail=f"KVM_RUN failed: {error.strerror}")
        return RunResult("stopped") if self._owner.stopping else self._halted_for_good()

    def _halted_for_good(self) -> RunResult | None:
        """Return the result if all processors sleep and neither an NMI nor an event can end that, else None.

        The first processor decides: its place in the guest's code tells more than that of one that was not started.
        """
        owner = self._owner
        self._note_sleep()
        processors = owner.processors
        if self is not processors[0]:
            return None
        if any(other.looks < (1 if len(processors) == 1 else LOOKS) for other in processors):
            return None
        with owner.machine.lock:
            if owner.machine.may_act_alone():
                return None
        return RunResult("halt", detail=f"halted with interrupts disabled at {self.vcpu.where()}")

    def _note_sleep(self) -> None:
        """Count in ``looks`` the consecutive checks that found this processor asleep at the same instruction."""
        place = self.vcpu.asleep_at(self._read_ram)
        if place is None:
            self.looks = 0
        elif self.looks and place == self._asleep_at:
            self.looks += 1
        else:
            self.looks, self._asleep_at = 1, place

    def _read_ram(self, address: int, size: int) -> bytes | None:
        machine = self._owner.machine
        with machine.lock:
            return machine.memory.read_bytes(address, size) if machine.is_ram(address, size) else None


def count_exit(counts: Counts, vcpu: Vcpu) -> None:
    """Count the exit that the shared page shows, by its port, its address or its reason."""
    reason = vcpu.u32[_REASON]
    name = REASON_NAMES.get(reason, str(reason))
    match reason:
        case uapi_run.KVM_EXIT_IO:
            count(counts, name, vcpu.u64[KEY] >> 16 & 0xFFFF)
        case uapi_run.KVM_EXIT_MMIO:
            count(counts, name, vcpu.u64[KEY])
        case _:
            count(counts, name, 0)


def is_reset(vcpu: Vcpu, reason: int) -> bool:
    """Whether the exit is a system event with which the guest asks for a reset."""
    if reason != uapi_run.KVM_EXIT_SYSTEM_EVENT:
        return False
    return bool(vcpu.page().system_event.type == uapi_run.KVM_SYSTEM_EVENT_RESET)


def describe_exit(vcpu: Vcpu, reason: int) -> RunResult | None:
    """Return the result for an exit other than a port or memory access; None to continue."""
    describe = _DESCRIPTIONS.get(reason)
    if describe is not None:
        return describe(vcpu)
    name = REASON_NAMES.get(reason, "")
    return RunResult("error", detail=f"the guest left with reason {reason}{f' ({name})' if name else ''}, not handled")


def _nothing(_vcpu: Vcpu) -> None:
    """Return None: continue the run."""


def _halt(vcpu: Vcpu) -> RunResult:
    return RunResult("halt", detail=f"vCPU {vcpu.index} halted; without interrupt controllers nothing can wake it")


def _shutdown(vcpu: Vcpu) -> RunResult:
    return RunResult("shutdown", detail=f"triple fault of vCPU {vcpu.index}")


def _fail_entry(vcpu: Vcpu) -> RunResult:
    code = vcpu.page().fail_entry.hardware_entry_failure_reason
    return RunResult("error", detail=f"the processor refused the guest's state (hardware reason {code:#x})")


_SUBERRORS = {
    uapi_run.KVM_INTERNAL_ERROR_EMULATION: "an instruction that KVM cannot emulate",
    uapi_run.KVM_INTERNAL_ERROR_SIMUL_EX: "simultaneous exceptions",
    uapi_run.KVM_INTERNAL_ERROR_DELIVERY_EV: "an exit while an event was delivered",
    uapi_run.KVM_INTERNAL_ERROR_UNEXPECTED_EXIT_REASON: "an unexpected exit of the hardware",
}


def _internal_error(vcpu: Vcpu) -> RunResult:
    suberror = vcpu.page().internal.suberror
    what = _SUBERRORS.get(suberror, f"suberror {suberror}")
    return RunResult("error", detail=f"KVM stopped at {what}, at {vcpu.where()}")


def _system_event(vcpu: Vcpu) -> RunResult:
    event = vcpu.page().system_event.type
    if event == uapi_run.KVM_SYSTEM_EVENT_SHUTDOWN:
        return RunResult("exit", detail="the guest powered off")
    if event == uapi_run.KVM_SYSTEM_EVENT_CRASH:
        return RunResult("panic", 1, detail="the guest reported a crash")
    return RunResult("error", detail=f"the guest sent system event {event}, not handled")


_DESCRIPTIONS: dict[int, Callable[[Vcpu], RunResult | None]] = {
    uapi_run.KVM_EXIT_INTR: _nothing,
    uapi_run.KVM_EXIT_IRQ_WINDOW_OPEN: _nothing,
    uapi_run.KVM_EXIT_HLT: _halt,
    uapi_run.KVM_EXIT_SHUTDOWN: _shutdown,
    uapi_run.KVM_EXIT_FAIL_ENTRY: _fail_entry,
    uapi_run.KVM_EXIT_INTERNAL_ERROR: _internal_error,
    uapi_run.KVM_EXIT_SYSTEM_EVENT: _system_event,
}
