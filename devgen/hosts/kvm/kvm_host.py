"""The KVM host: connects a machine's memory, devices, doorbells, interrupts and timers with a KVM VM.

Lock order, outermost first:

1. ``KvmHost._running``: held by ``run`` for its whole duration, and by ``close``.
2. ``machine.lock``: held while an exit, a doorbell, a timer or a coalesced write is dispatched, and while another
   thread uses the machine. Reentrant.
3. ``KvmHost._state``: guards the result and the stop flag; nothing is called while it is held.
4. ``Vcpu._owner_lock``: guards which thread runs the vCPU; held for one ``pthread_kill``.

Threads are joined only without locks 2 to 4.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Literal

from devgen.hosts.kvm.architectures import architecture_of
from devgen.hosts.kvm.coalesced_ring import CoalescedRing, CoalescedZones
from devgen.hosts.kvm.ioeventfds import Doorbells
from devgen.hosts.kvm.kvm_error import KvmError
from devgen.hosts.kvm.kvm_irqchip import Irqchip
from devgen.hosts.kvm.kvm_system import KvmSystem
from devgen.hosts.kvm.memory_slots import MemorySlots
from devgen.hosts.kvm.msi_irqfds import vector_paths
from devgen.hosts.kvm.ticker import Ticker
from devgen.hosts.kvm.uapi import uapi_system
from devgen.hosts.kvm.vcpu import Vcpu, install_kick_handler
from devgen.hosts.kvm.vcpu_loop import Processor, count_exit
from devgen.hosts.kvm.vm import KvmVm
from devgen.runtime.base.faults import RuntimeFault
from devgen.runtime.machine.event_loop import EventLoop
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.run_result import RunResult
from devgen.runtime.machine.stream_inputs import StreamInputs
from devgen.runtime.memory.address_space import AddressSpace
from devgen.runtime.memory.memory_listener import MemoryListener
from devgen.runtime.time.clock import LiveClock

IrqDelivery = Literal["line", "irqfd"]
MessageDelivery = Literal["irqfd", "signal"]

HALT_BEAT = 0.5
"""Seconds between two checks for processors that nothing can wake."""


class KvmHost:
    """Runs ``machine`` on /dev/kvm. Raises KvmError or MachineError, with everything released, if it cannot.

    - ``count_exits``: count exits by ("io", port), ("mmio", address) and (reason, 0), see `exits`.
    - ``irq_delivery``: delivery of interrupt lines: ``line`` (KVM_IRQ_LINE) or ``irqfd`` (with resampling).
    - ``cpus``: number of processors, in place of the machine's.
    - ``message_delivery``: delivery of MSI and MSI-X vectors of the machine's devices: ``irqfd`` (each with its own
      route) or ``signal`` (KVM_SIGNAL_MSI, also used for vectors without a route).
    """

    def __init__(
        self,
        machine: Machine,
        *,
        count_exits: bool = False,
        irq_delivery: IrqDelivery = "line",
        message_delivery: MessageDelivery = "irqfd",
        cpus: int | None = None,
    ) -> None:
        self.machine = machine
        self.architecture = architecture_of(machine.config)
        self.counts: Counter[tuple[str, int]] | None = Counter() if count_exits else None
        self.ring: CoalescedRing | None = None
        self.exit_work = count_exits
        self.stopping = False
        self._result: RunResult | None = None
        self._zones = 0
        self._running = threading.Lock()
        self._state = threading.Lock()
        self._done = threading.Event()
        self._cleanup = ExitStack()
        self._processors: list[Processor] = []
        self._stop_wanted = False
        self._irq_delivery = irq_delivery
        self._message_delivery = message_delivery
        self._cpus = cpus or machine.config.cpus
        install_kick_handler()
        try:
            self._build()
        except BaseException:
            self.close()
            raise

    @property
    def exits(self) -> Counter[tuple[str, int]]:
        """Return the exits so far by kind and place; empty without ``count_exits``."""
        return Counter() if self.counts is None else self.counts

    @property
    def vcpus(self) -> list[Vcpu]:
        """The processors by index; their registers may be read between two runs."""
        return [processor.vcpu for processor in self._processors]

    @property
    def processors(self) -> Sequence[Processor]:
        """The objects that run ``vcpus``, in the same order."""
        return self._processors

    def program_counter(self) -> int | None:
        """Code segment offset of the instruction whose exit the calling thread dispatches, else None."""
        if self.ring is not None and self.ring.draining:
            return None
        found = (vcpu.current_ip() for vcpu in self.vcpus)
        return next((ip for ip in found if ip is not None), None)

    # --- building ---

    def _build(self) -> None:
        with KvmSystem() as system, self.machine.lock:
            self._build_vm(system)

    def _build_vm(self, system: KvmSystem) -> None:
        machine = self.machine
        self._timers = machine.clocks.virtual.queue
        self.vm = KvmVm(system)
        self._cleanup.callback(self.vm.close)
        self._events = EventLoop(machine.lock, self._settle, self._failed)
        self._cleanup.callback(self._events.close)
        self._ticker = Ticker(machine.lock, machine.clocks.virtual, self._settle, self._failed)
        self.irqchip = self._add_irqchip() if machine.config.irqchip == "kernel" else None
        vcpus = [self._add_vcpu(system, index) for index in range(self._cpus)]
        if self.irqchip is not None:
            self.architecture.start_chips(self.vm, machine, self._cpus)
            self._connect_irqchip(self.irqchip)
        self._add_ring(vcpus[0])
        self._listen()
        for vcpu in vcpus:
            processor = Processor(self, vcpu)
            self._cleanup.callback(processor.close)
            self._processors.append(processor)
        self._inputs = StreamInputs(machine, self._events, self.stop)
        self._cleanup.callback(self._inputs.close)
        self.architecture.boot(vcpus[0], machine)
        self._timers.on_due = self._armed_now
        self._cleanup.callback(setattr, self._timers, "on_due", _nothing)
        machine.connect_nmi(vcpus[0].raise_nmi)
        self._cleanup.callback(machine.disconnect_nmi, vcpus[0].raise_nmi)
        self._hear(machine.on_exit, self._end_requested)
        self._hear(machine.on_reset_request, self._reset_now)

    def _hear(self, callbacks: list[Callable[[], None]], callback: Callable[[], None]) -> None:
        callbacks.append(callback)
        self._cleanup.callback(callbacks.remove, callback)

    def _add_irqchip(self) -> Irqchip:
        pins = self.architecture.create_chips(self.vm, self.machine)
        irqchip = Irqchip(self.vm, self._events, pins, self.machine.pci)
        self._cleanup.callback(irqchip.close)
        return irqchip

    def _connect_irqchip(self, irqchip: Irqchip) -> None:
        """Connect lines and messages. Some chips take interrupts only after they were started."""
        sink = irqchip.set_line if self._irq_delivery == "line" else irqchip.set_level
        self.machine.connect_gsi(sink)
        self._cleanup.callback(self.machine.disconnect_gsi, sink)
        self.machine.message_sinks.append(irqchip.signal_msi)
        self._cleanup.callback(self.machine.message_sinks.remove, irqchip.signal_msi)
        if self._message_delivery == "irqfd":
            self._add_vectors(irqchip)

    def _add_vectors(self, chip: Irqchip) -> None:
        for path in vector_paths(self.machine, chip):
            path.connect()
            self._cleanup.callback(path.disconnect)

    def _add_vcpu(self, system: KvmSystem, index: int) -> Vcpu:
        vcpu = self.architecture.create_vcpu(system, self.vm, index)
        self._cleanup.callback(vcpu.close)
        return vcpu

    def _add_ring(self, vcpu: Vcpu) -> None:
        page = self.vm.capability(uapi_system.KVM_CAP_COALESCED_MMIO)
        if page:
            settle = self.machine.clocks.virtual.settle
            self.ring = CoalescedRing(vcpu.u32, vcpu.u64, page, self.machine.memory, self.machine.io, settle)

    def _listen(self) -> None:
        """Add the listeners of both address spaces, which are notified of the present state immediately."""
        memory, io = self.machine.memory, self.machine.io
        listeners: list[tuple[AddressSpace, MemoryListener]] = [
            (memory, MemorySlots(self.vm)),
            (memory, Doorbells(self.vm, self._events, memory, pio=False)),
            (io, Doorbells(self.vm, self._events, io, pio=True)),
        ]
        if self.ring is not None:
            listeners.append((memory, CoalescedZones(self.vm, self._zones_changed, pio=False)))
            if self.vm.capability(uapi_system.KVM_CAP_COALESCED_PIO):
                listeners.append((io, CoalescedZones(self.vm, self._zones_changed, pio=True)))
        for space in (memory, io):
            space.kernel_ioeventfd = True
            self._cleanup.callback(setattr, space, "kernel_ioeventfd", False)
        self.listeners = [listener for _, listener in listeners]
        for space, listener in listeners:
            space.add_listener(listener)
            self._cleanup.callback(space.remove_listener, listener)

    def _zones_changed(self, change: int) -> None:
        self._zones += change
        self._events.set_beat(self._zones > 0)
        self._update_exit_work()

    def _update_exit_work(self) -> None:
        self.exit_work = self._timers.due or self._zones > 0 or self.counts is not None

    # --- running ---

    def run(self, timeout: float | None = None) -> RunResult:
        """Run the guest until it ends, ``stop`` is called or ``timeout`` seconds have passed.

        A reset of the machine restarts the guest within the run. After ``timeout`` and ``stopped`` it may be called
        again to continue the guest. Raises KvmError if the host is closed.
        """
        end = None if timeout is None else time.monotonic() + timeout
        with self._running:
            if self.vm.fd < 0:
                raise KvmError("KVM_RUN", 0, "the host is closed")
            with self._state:
                self._stop_wanted = False
            while True:
                result = self._round(timeout, end)
                if result.reason != "reset":
                    return RunResult(result.reason, result.code, result.detail, "kvm")
                try:
                    self._restart()
                except RuntimeFault as error:
                    return RunResult("error", detail=f"the machine cannot restart: {error}", accel="kvm")

    def _round(self, timeout: float | None, end: float | None) -> RunResult:
        """Run the guest until it ends or asks for a reset."""
        with self._state:
            self._result, self.stopping = RunResult("stopped") if self._stop_wanted else None, False
            self._done.clear()
        if self.machine.end is None and self._result is None:
            self._run(timeout, end)
        return self.machine.end or self._result or RunResult("stopped")

    def _restart(self) -> None:
        """Reset the machine: a new VM, so that nothing of the processors and chips is left, and devices after reset.

        Raises MachineError or KvmError, with the host closed.
        """
        with self.machine.lock:
            self._processors = []
            self._cleanup.close()
            self.ring, self._zones = None, 0
        try:
            self.machine.reset()
            self._build()
        except BaseException:
            self._cleanup.close()
            raise

    def _run(self, timeout: float | None, end: float | None) -> None:
        self._start()
        try:
            if not self._wait(end):
                self.finish(RunResult("timeout", detail=f"the guest was still running after {timeout or 0:g} s"))
        finally:
            self._halt()

    def _wait(self, deadline: float | None) -> bool:
        """Wait for the end of the run; return False if ``deadline`` (of time.monotonic) passes first.

        The kernel does not report a HLT that nothing can end. Therefore the processors are kicked out of the kernel
        every `HALT_BEAT` seconds and check for it.
        """
        while True:
            left = HALT_BEAT if deadline is None else min(HALT_BEAT, deadline - time.monotonic())
            if self._done.wait(max(left, 0.0)):
                return True
            if deadline is not None and time.monotonic() >= deadline:
                return False
            if self.irqchip is not None:
                for processor in self._processors:
                    processor.vcpu.kick()

    def _start(self) -> None:
        clock = self.machine.clocks.virtual
        if isinstance(clock, LiveClock):
            with self.machine.lock:
                clock.start()
        with self.machine.lock:
            self._settle()
        self._inputs.start()
        self._events.start()
        self._ticker.start()
        for processor in self._processors:
            processor.start()

    def _halt(self) -> None:
        """End all threads; afterwards every event of the guest has been delivered."""
        self.finish(RunResult("stopped"))
        for processor in self._processors:
            processor.join()
        self._ticker.stop()
        self._events.stop()
        self._inputs.stop()
        clock = self.machine.clocks.virtual
        if isinstance(clock, LiveClock):
            with self.machine.lock:
                clock.stop()

    def finish(self, result: RunResult) -> None:
        """End the run, from any thread; later results are ignored."""
        with self._state:
            if self._result is None:
                self._result = result
            self.stopping = True
        self._done.set()
        for processor in self._processors:
            processor.vcpu.kick()

    def stop(self) -> None:
        """End the present run, from any thread. Another ``run`` continues the guest."""
        with self._state:
            self._stop_wanted = True
        self.finish(RunResult("stopped"))

    def _end_requested(self) -> None:
        self.finish(self.machine.end or RunResult("stopped"))

    def _reset_now(self) -> None:
        self.finish(RunResult("reset"))

    def _failed(self, error: BaseException) -> None:
        self.finish(RunResult("error", detail=f"{type(error).__name__}: {error}"))

    def do_exit_work(self, vcpu: Vcpu) -> None:
        """Called before each exit while ``exit_work``: fire due timers, drain coalesced writes, count the exit."""
        self._settle()
        if self.counts is not None:
            count_exit(self.counts, vcpu)

    def settle(self) -> bool:
        """Fire the timers that the last exit made due; return whether there were any. Called without the lock."""
        if not self._timers.due:
            return False
        with self.machine.lock:
            self._settle()
        return True

    def _armed_now(self) -> None:
        """Called when a timer is armed that is already due.

        It fires before the next exit of any processor is dispatched (`do_exit_work`), and before the processor whose
        exit armed it enters the guest again.
        """
        self.exit_work = True
        for processor in self._processors:
            processor.vcpu.stay()

    def _settle(self) -> None:
        """Fire due timers and drain coalesced writes; called before and after each entry into a device.

        The timers fire first, because they were armed by an entry that ended before these writes are carried out.
        """
        if self._timers.due:
            self.machine.clocks.virtual.settle()
            self._update_exit_work()
        if self.ring is not None and self.ring.pending():
            self.ring.drain()

    # --- closing ---

    def close(self) -> None:
        """Stop, then release the VM and all descriptors; the machine keeps its state. May be called again."""
        self.stop()
        with self._running, self.machine.lock:
            self._processors = []
            self._cleanup.close()

    def __enter__(self) -> KvmHost:
        """Use as a context manager."""
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        """Close."""
        self.close()


def _nothing() -> None:
    """Do nothing: the default callback."""
