"""The emulator host: runs a machine's guest on Unicorn, on the thread that calls ``run``.

One cycle of a run: under the machine's lock, carry out coalesced writes, fire timers that are due, update Unicorn's
memory map, deliver a pending exception and take a pending interrupt if it is not masked; then, without the lock, run
Unicorn until the gate stops it. An access of the guest takes the lock only while it is carried out.

A device that raises a line, moves a BAR or ends the run during an access closes the gate, so this takes effect before
the guest's next instruction, as on KVM. Events on other threads close the gate too. The kicker closes it when a timer
is due.

Lock order, outermost first: the machine's lock, then the gate's. No thread is joined with one of them held.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from typing import Final

from unicorn import UC_ERR_FETCH_PROT, UC_ERR_FETCH_UNMAPPED, UC_ERR_INSN_INVALID

from devgen.hosts.emulator.access_hooks import GuestAccesses
from devgen.hosts.emulator.apic_base import ApicBaseReads
from devgen.hosts.emulator.cpu import Cpu, RaisedException
from devgen.hosts.emulator.ctrl_c import noted_instead_of_raised
from devgen.hosts.emulator.emulated_chips import IrqChip
from devgen.hosts.emulator.guest_bus import Bus
from devgen.hosts.emulator.guest_view import GuestFault, GuestView
from devgen.hosts.emulator.interrupt_entry import Delivery, TripleFault, Unsupported
from devgen.hosts.emulator.kicker import BEAT, Kicker
from devgen.hosts.emulator.memory_map import GuestMemory
from devgen.hosts.emulator.saved_context import UnknownUnicorn
from devgen.hosts.emulator.stop_gate import Gate
from devgen.hosts.emulator.unicorn_engine import UcError, set_hooks
from devgen.runtime.base.faults import MachineError, RuntimeFault
from devgen.runtime.boot.guest_loader import load_guest
from devgen.runtime.machine.event_loop import EventLoop
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.run_result import RunResult, StopReason
from devgen.runtime.machine.stream_inputs import StreamInputs
from devgen.runtime.time.clock import LiveClock, VirtualClock

ACCEL: Final = "emulator"

TIMER_BATCH: Final = 64
"""Most timers fired before the guest runs again, so that a guest's timers cannot stop its own instructions."""

SIGNAL_BEAT: Final = 0.1
"""Seconds after which a running or halted guest is interrupted so that Python can handle signals."""

EXACT_STEPS: Final = 20_000
"""Single-stepped instructions while an interrupt waits for IF; after these the guest also runs in time slices."""

_STEPS_BETWEEN_SLICES: Final = 500
_SLICE: Final = 0.002
_NMI_VECTOR: Final = 2
_INVALID_OPCODE: Final = 6


class EmulatorHost:
    """Runs ``machine``'s guest. ``close`` releases everything; ``run`` may be called again after it returned.

    One thread calls ``run``; ``stop`` may be called from any other.
    """

    def __init__(self, machine: Machine) -> None:
        """Load the guest's start state. Raises MachineError if there is no guest or it cannot start."""
        if machine.config.guest is None:
            raise MachineError(f"{machine.config.name}: no guest to run")
        if machine.config.cpus > 1:
            raise MachineError(
                f"{machine.config.name}: the emulator has one processor, and the board has {machine.config.cpus}"
            )
        self.machine = machine
        self._clock = machine.clocks.virtual
        self._wake = threading.Event()
        self._kicker: Kicker | None = None
        self._attention = False
        self._stop_requested = False
        self._timeout: float | None = None
        self._deadline: float | None = None
        self._slice_end: float | None = None
        self._last_turn = 0.0
        self._key_pressed = False
        self._reset_wanted = False
        self._connections = ExitStack()
        self._failure: Exception | None = None
        self._ended: RunResult | None = None
        self._closed = False
        self._events = EventLoop(machine.lock, self._deliver_late, self._failed)
        self._inputs = StreamInputs(machine, self._events, self.stop)
        try:
            self._power_on()
        except UnknownUnicorn as error:
            self.close()
            raise MachineError(f"{machine.config.name}: {error}") from None
        except UcError as error:
            self.close()
            raise MachineError(f"{machine.config.name}: Unicorn cannot start the guest: {error}") from None
        except BaseException:
            self.close()
            raise

    # --- setting up ------------------------------------------------------------------------

    def _power_on(self) -> None:
        """Create the processor and the chips in their state after power-on, and load the guest."""
        machine, config = self.machine, self.machine.config
        pit = config.pit == "kernel"
        self.chip = IrqChip(self._clock, self._raise_nmi, pit=pit) if config.irqchip == "kernel" else None
        self._bus = Bus(machine.memory, machine.io, self.chip, self._clock.settle)
        self._map = GuestMemory(self._notice)
        self._accesses = GuestAccesses(
            self._bus,
            self._map,
            machine.lock,
            settle=self._settle,
            failed=self._failed,
            touch=self._touch,
            excepted=self._excepted,
            instruction=self._instruction,
        )
        self._halted = self._nmi = self._invalid_opcode = False
        self._watched = self._boundaries = 0
        self._fault: int | None = None
        self._cpu = Cpu()
        self._gate = Gate(self._cpu.uc)
        self._delivery = Delivery(self._cpu, machine.memory)
        set_hooks(self._cpu.uc, self._accesses)
        self._apic_base = None if self.chip is None else ApicBaseReads(self._cpu.uc, self._code)
        with machine.lock:
            self._connect()
        self._boot()

    def _connect(self) -> None:
        """Connect the processor and the chips with the machine."""
        machine, undo = self.machine, self._connections.callback
        if self.chip is not None:
            undo(self.chip.close)
        machine.memory.add_listener(self._map)
        undo(machine.memory.remove_listener, self._map)
        self._bus.attach()
        undo(self._bus.detach)
        for callbacks, callback in ((machine.on_exit, self._notice), (machine.on_reset_request, self._want_reset)):
            callbacks.append(callback)
            undo(callbacks.remove, callback)
        machine.connect_gsi(self._set_gsi)
        undo(machine.disconnect_gsi, self._set_gsi)
        machine.connect_nmi(self._raise_nmi)
        undo(machine.disconnect_nmi, self._raise_nmi)
        machine.message_sinks.append(self.signal_msi)
        undo(machine.message_sinks.remove, self.signal_msi)

    def _want_reset(self) -> None:
        """Note that the machine is to be reset; the machine's lock is held."""
        self._reset_wanted = True
        self._notice()

    def _restart(self) -> RunResult | None:
        """Reset the machine; return the result of the run if it cannot start again. Called without the lock."""
        self._reset_wanted = False
        try:
            with self.machine.lock:
                self._connections.close()
            self.machine.reset()
            self._power_on()
        except RuntimeFault as error:
            return self._end("error", f"the machine cannot restart: {error}")
        return None

    def _boot(self) -> None:
        with self.machine.lock:
            state = load_guest(self.machine)
            assert state is not None  # checked by __init__
            self._map.apply(self._cpu.uc)
        self._cpu.load(state)

    def close(self) -> None:
        """Detach from the machine. May be called again, but not while ``run`` is running."""
        if self._closed:
            return
        self._closed = True
        with self.machine.lock:
            self._inputs.close()
            self._events.close()
            self._connections.close()

    def __enter__(self) -> EmulatorHost:
        """Use as a context that closes the host."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    # --- notifications, from any thread ------------------------------------------------------

    def stop(self) -> None:
        """End the present run with reason ``stopped``, from any thread. Another ``run`` continues the guest."""
        self._stop_requested = True
        self._notice()

    def signal_msi(self, address: int, data: int) -> None:
        """Deliver a message-signalled interrupt, as KVM_SIGNAL_MSI would; the machine's lock is held."""
        if self.chip is not None:
            self.chip.signal_msi(address, data)
            self._notice()

    def _raise_nmi(self) -> None:
        """Make an NMI pending; the machine's lock is held. Further NMIs while one is pending are merged with it."""
        self._nmi = True
        self._notice()

    def _set_gsi(self, gsi: int, level: int) -> None:
        if self.chip is None:
            return
        before = self.chip.pending()
        self.chip.set_gsi(gsi, level)
        if self.chip.pending() != before:
            self._notice()

    def _notice(self) -> None:
        """Stop Unicorn before the guest's next instruction, so that the next cycle handles what has happened."""
        self._attention = True
        self._gate.request()
        self._wake.set()

    def _settle(self) -> None:
        """Called after an access: fire timers that are now due; stop Unicorn if an interrupt is pending."""
        if self._clock.queue.due:
            self._clock.settle()
        if self.chip is not None and self.chip.pending() and not self._attention and not self._watched:
            self._notice()

    def _deliver_late(self) -> None:
        """Called before and after the event loop delivers input: fire due timers, then carry out coalesced writes."""
        self._clock.settle()
        self._bus.queue.drain()

    def _failed(self, error: Exception) -> None:
        """End the run because a device's handler has raised ``error``: a fault of the device, not of the guest."""
        self._failure = self._failure or error
        self._notice()

    def _excepted(self, vector: int) -> None:
        """Note an exception or an INT n that Unicorn reports; it is delivered when Unicorn has stopped."""
        self._fault = vector
        self._cpu.stop()

    def _touch(self, address: int) -> bool:
        """Map the memory at ``address`` on the guest's first access to it."""
        return self._map.touch(self._cpu.uc, address, self._accesses.on_hole)

    def program_counter(self) -> int | None:
        """Code segment offset of the current instruction, None between instructions. Only on the run's thread."""
        return self._cpu.pc if self._gate.running and not self._bus.queue.draining else None

    def _code(self, address: int, size: int) -> bytes:
        """Read ``size`` bytes of code at a linear address; empty where there is no memory."""
        try:
            return GuestView(self._cpu, self.machine.memory).read_bytes(address, size)
        except GuestFault:
            return b""

    def _instruction(self) -> tuple[int, bytes]:
        """Program counter and opcode of the current instruction."""
        pc = self._cpu.pc
        return pc, GuestView(self._cpu, self.machine.memory).opcode(pc)

    # --- the kicker --------------------------------------------------------------------------

    def _look(self) -> float:
        """Close the gate if a timer or a deadline is due; return the seconds until the next call."""
        now = time.monotonic()
        deadlines = [deadline for deadline in (self._deadline, self._slice_end) if deadline is not None]
        with self.machine.lock:
            left = min([self._time_to_timer(), *(deadline - now for deadline in deadlines)])
        if self._attention or left <= 0 or now - self._last_turn > SIGNAL_BEAT:
            self._gate.request()
            return _SLICE
        return left

    def _time_to_timer(self) -> float:
        """Seconds until the next timer is due, at most `BEAT`."""
        deadline = self._clock.next_deadline()
        if deadline is None or isinstance(self._clock, VirtualClock):
            return BEAT
        return min((deadline - self._clock.now()) / 1e9, BEAT)

    def _timer_moved(self) -> None:
        self._wake.set()
        if self._kicker is not None:
            self._kicker.poke()

    # --- running -----------------------------------------------------------------------------

    def run(self, timeout: float | None = None) -> RunResult:
        """Run the guest until it ends, for ``timeout`` seconds, or until ``stop``.

        Nothing that a guest does raises: the result says how the run ended.

        Raises:
            MachineError: the host is closed.
            KeyboardInterrupt: SIGINT arrived.
        """
        if self._closed:
            raise MachineError(f"{self.machine.config.name}: the host is closed")
        self._stop_requested = False
        self._timeout = timeout
        self._deadline = None if timeout is None else time.monotonic() + timeout
        queue = self._clock.queue
        self._kicker = kicker = Kicker(self._look)
        self._hold_clock(False)
        earlier, queue.on_earlier = queue.on_earlier, self._timer_moved
        kicker.start()
        self._inputs.start()
        self._events.start()
        try:
            with noted_instead_of_raised(self._interrupt_key):
                return self._run()
        finally:
            self._events.stop()
            self._inputs.stop()
            queue.on_earlier = earlier
            self._kicker = None
            kicker.close()
            self._hold_clock(True)

    def _interrupt_key(self) -> None:
        """Note a SIGINT, which may arrive at any moment; the kicker then closes the gate."""
        self._key_pressed = self._attention = True

    def _hold_clock(self, hold: bool) -> None:
        """Stop or start a live clock: virtual time passes only during a run."""
        clock = self._clock
        if not isinstance(clock, LiveClock):
            return
        with self.machine.lock:
            if hold:
                clock.stop()
            else:
                clock.start()

    def _run(self) -> RunResult:
        while True:
            try:
                result = self._cycle()
            except TripleFault as fault:
                result = self._shut_down(str(fault))
            except Unsupported as error:
                result = self._end("error", f"the emulator cannot deliver {error} (at {self._place()})")
            except UcError as error:
                result = self._end("error", f"Unicorn: {error} (at {self._place()})")
            if result is not None:
                return result

    def _shut_down(self, detail: str) -> RunResult | None:
        """End the run at a triple fault, or reset the machine if the board says so."""
        if self.machine.config.triple_fault == "shutdown":
            return self._end("shutdown", detail)
        with self.machine.lock:
            self.machine.request_reset()
        return None

    def _end(self, reason: StopReason, detail: str) -> RunResult:
        """End this run and every later one with this result."""
        self._ended = RunResult(reason, 0, detail, ACCEL)
        return self._ended

    def _place(self) -> str:
        try:
            return f"{self._cpu.cs:#x}:{self._cpu.pc:#x}"
        except UcError:
            return "an unknown address"

    def _cycle(self) -> RunResult | None:
        """One cycle: handle what is pending, then run the guest or wait. Return the result if the run ends."""
        self._last_turn = time.monotonic()
        if self._key_pressed:
            self._key_pressed = False
            raise KeyboardInterrupt
        with self.machine.lock:
            self._attention = False
            self._wake.clear()
            result = self._service() or self._result()
            if result is not None:
                return result
            free = self._reset_wanted or self._interrupt()
        if self._reset_wanted:
            return self._restart()
        if self._halted:
            return None if self._attention else self._wait()
        if free:
            self._watched = 0
            self._guest()
        else:
            self._guest_blocked()
        return None

    def _result(self) -> RunResult | None:
        """The result of the run if it has to end now, else None."""
        machine = self.machine
        if machine.end is not None:
            return replace(machine.end, accel=ACCEL)
        if self._ended is not None:
            return self._ended
        if self._stop_requested:
            return RunResult("stopped", 0, "", ACCEL)
        if self._deadline is not None and time.monotonic() >= self._deadline:
            return RunResult("timeout", 0, f"the guest was still running after {self._timeout:g} s", ACCEL)
        return None

    def _service(self) -> RunResult | None:
        """Handle what is due between instructions: coalesced writes, timers, memory map changes, an exception."""
        try:
            self._bus.queue.drain()
            self._clock.run_due(TIMER_BATCH)  # further due timers fire in the next cycle, after some instructions
        except Exception as error:  # raised by a device's handler
            self._failure = self._failure or error
        if self._failure is not None:
            return self._end("error", f"{type(self._failure).__name__} in a device: {self._failure}")
        if self._map.changed:
            self._map.apply(self._cpu.uc)
        if self._fault is not None:
            self._deliver(self._fault)
        return None

    def _deliver(self, vector: int) -> None:
        """Enter the guest's handler of exception ``vector``."""
        raised = self._cpu.take_exception()
        if self._invalid_opcode:  # Unicorn then ends the run with an error and reports no exception
            raised = RaisedException(0, False, self._cpu.pc)
        self._fault, self._invalid_opcode = None, False
        self._delivery.raised(vector, raised)

    def _interrupt(self) -> bool:
        """Take a pending interrupt that is not masked. Return False if an interrupt is still pending."""
        if not self._nmi and not self._irq_pending():
            return True
        if self._cpu.in_shadow or not self._may_interrupt():
            return False
        self._halted = False
        self._watched = 0
        if self._nmi and not self._cpu.nmi_blocked:
            self._nmi = False
            self._cpu.block_nmi()
            self._delivery.interrupt(_NMI_VECTOR)
        elif self.chip is not None:
            self._delivery.interrupt(self.chip.acknowledge())
        return not self._nmi and not self._irq_pending()

    def _irq_pending(self) -> bool:
        return self.chip is not None and self.chip.pending()

    def _may_interrupt(self) -> bool:
        """Whether a pending interrupt can be taken: an NMI unless NMIs are blocked, other interrupts if IF is set."""
        if self._nmi and not self._cpu.nmi_blocked:
            return True
        return self._irq_pending() and self._cpu.interrupts_enabled

    # --- running Unicorn -----------------------------------------------------------------------

    def _guest(self, watch: Callable[[], bool] | None = None) -> None:
        """Run Unicorn until the gate stops it; note why it stopped. ``watch`` is called before each instruction."""
        self._gate.open()
        try:
            if watch is not None:
                self._gate.watch(watch)
            if self._attention:
                return
            if self._apic_base is not None:
                self._apic_base.begin(self._cpu.code_base + self._cpu.pc)
            self._cpu.run()
            self._halted = not self._gate.stopped and self._fault is None
        except UcError as error:
            self._on_error(error)
        except Exception as error:  # raised by a hook outside its own `try`: Unicorn's binding re-raises it
            self._failure = error
        finally:
            self._gate.close()

    def _on_error(self, error: UcError) -> None:
        """Handle the Unicorn errors that a guest can cause; re-raise others."""
        if error.errno == UC_ERR_INSN_INVALID:
            self._fault = _INVALID_OPCODE
            self._invalid_opcode = True
        elif error.errno in (UC_ERR_FETCH_PROT, UC_ERR_FETCH_UNMAPPED):
            self._end("error", f"the guest fetches an instruction where there is no memory, at {self._place()}")
        else:
            raise error

    def _guest_blocked(self) -> None:
        """Run step by step while an interrupt waits for IF, for an IRET or for the end of an interrupt shadow.

        After `EXACT_STEPS` steps, time slices without single-stepping alternate with the steps, for speed; the host
        may then miss a moment at which IF is set.
        """
        if self._cpu.in_shadow:
            self._boundaries = 0
            self._guest(self._second_boundary)
            return
        if self._watched > EXACT_STEPS and self._kicker is not None:
            self._slice_end = time.monotonic() + _SLICE
            self._kicker.poke()
            self._guest()
            self._slice_end = None
            self._watched = EXACT_STEPS - _STEPS_BETWEEN_SLICES
            return
        self._guest(self._window_opens)

    def _second_boundary(self) -> bool:
        self._boundaries += 1
        return self._boundaries > 1

    def _window_opens(self) -> bool:
        self._watched += 1
        return self._watched > EXACT_STEPS or self._may_interrupt()

    def _wait(self) -> RunResult | None:
        """The processor is halted and no interrupt can be taken: sleep until a timer, an input or a deadline.

        Return the result if nothing can ever wake the processor.
        """
        with self.machine.lock:
            deadline = self._clock.next_deadline()
            if self.chip is None:
                return self._end(
                    "halt", f"halted at {self._place()}; without interrupt controllers nothing can wake it"
                )
            if not self._cpu.interrupts_enabled and not self.machine.may_act_alone():
                return self._end("halt", f"halted with interrupts disabled at {self._place()}")
            if isinstance(self._clock, VirtualClock) and deadline is not None:
                self._clock.run_until(deadline, TIMER_BATCH)
                return None
            seconds = self._seconds_to_wait(deadline)
        self._wake.wait(seconds)
        return None

    def _seconds_to_wait(self, deadline: int | None) -> float:
        waits = [SIGNAL_BEAT]
        if deadline is not None:
            waits.append((deadline - self._clock.now()) / 1e9)
        if self._deadline is not None:
            waits.append(self._deadline - time.monotonic())
        return max(min(waits), 0.0)
