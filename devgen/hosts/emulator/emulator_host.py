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

from contextlib import ExitStack
from dataclasses import replace
from typing import Final

from devgen.hosts.emulator.ctrl_c import noted_instead_of_raised
from devgen.hosts.emulator.emulated_architectures import architecture_of
from devgen.hosts.emulator.guest_processor import ShutDown, Unsupported, Watch
from devgen.hosts.emulator.host_calls import HostCalls
from devgen.hosts.emulator.memory_map import GuestMemory
from devgen.hosts.emulator.run_times import RunTimes
from devgen.hosts.emulator.unicorn_engine import UcError, UnknownUnicorn
from devgen.runtime.base.faults import MachineError, RuntimeFault
from devgen.runtime.machine.event_loop import EventLoop
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.run_result import RunResult, StopReason
from devgen.runtime.machine.stream_inputs import StreamInputs
from devgen.runtime.time.clock import VirtualClock

ACCEL: Final = "emulator"

TIMER_BATCH: Final = 64
"""Most timers fired before the guest runs again, so that a guest's timers cannot stop its own instructions."""


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
        self._architecture = architecture_of(machine.config)
        self._clock = machine.clocks.virtual
        self._times = RunTimes(machine, self._is_noticed, self._close_gate)
        self._attention = False
        self._stop_requested = False
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
        self._map = GuestMemory(self._notice)
        calls = HostCalls(self._notice, self._settle, self._failed, self._raise_nmi)
        parts = self._architecture.power_on(self.machine, self._map, calls)
        self._processor, self._bus, self.chip = parts.processor, parts.bus, parts.chip
        with self.machine.lock:
            self._connect()
            self._map.apply(self._processor.uc)
            self._processor.boot(self.machine)

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
        """Make an NMI pending; the machine's lock is held."""
        self._processor.raise_nmi()
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
        self._processor.gate.request()
        self._times.wake.set()

    def _is_noticed(self) -> bool:
        return self._attention

    def _close_gate(self) -> None:
        self._processor.gate.request()

    def _settle(self) -> None:
        """Called after an access: fire timers that are now due; stop Unicorn if an interrupt is pending."""
        if self._clock.queue.due:
            self._clock.settle()
        if self.chip is not None and self.chip.pending() and not self._attention and not self._processor.stepping:
            self._notice()

    def _deliver_late(self) -> None:
        """Called before and after the event loop delivers input: fire due timers, then carry out coalesced writes."""
        self._clock.settle()
        self._bus.queue.drain()

    def _failed(self, error: Exception) -> None:
        """End the run because a device's handler has raised ``error``: a fault of the device, not of the guest."""
        self._failure = self._failure or error
        self._notice()

    def program_counter(self) -> int | None:
        """Program counter (x86: offset in the code segment), None between instructions. Only on the run's thread."""
        return self._processor.pc if self._processor.gate.running and not self._bus.queue.draining else None

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
        with self._times.running(timeout):
            self._inputs.start()
            self._events.start()
            try:
                with noted_instead_of_raised(self._interrupt_key):
                    return self._run()
            finally:
                self._events.stop()
                self._inputs.stop()

    def _interrupt_key(self) -> None:
        """Note a SIGINT, which may arrive at any moment; the kicker then closes the gate."""
        self._key_pressed = self._attention = True

    def _run(self) -> RunResult:
        while True:
            try:
                result = self._cycle()
            except ShutDown as fault:
                result = self._shut_down(str(fault))
            except Unsupported as error:
                result = self._end("error", f"the emulator cannot deliver {error} (at {self._processor.place})")
            except UcError as error:
                result = self._end("error", f"Unicorn: {error} (at {self._processor.place})")
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

    def _cycle(self) -> RunResult | None:
        """One cycle: handle what is pending, then run the guest or wait. Return the result if the run ends."""
        self._times.turn()
        if self._key_pressed:
            self._key_pressed = False
            raise KeyboardInterrupt
        with self.machine.lock:
            self._attention = False
            self._times.wake.clear()
            result = self._service() or self._result()
            if result is not None:
                return result
            free = self._reset_wanted or self._processor.take_interrupt()
        if self._reset_wanted:
            return self._restart()
        if self._processor.halted:
            return None if self._attention else self._wait()
        if free:
            self._guest(None)
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
        if self._times.is_over:
            return RunResult("timeout", 0, f"the guest was still running after {self._times.timeout:g} s", ACCEL)
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
            self._map.apply(self._processor.uc)
        self._processor.deliver_exception()
        return None

    # --- running the guest -------------------------------------------------------------------

    def _guest(self, watch: Watch | None) -> None:
        """Run the guest until the gate stops it; note why it cannot go on."""
        try:
            problem = self._processor.run(self._is_noticed, watch)
        except UcError:
            raise
        except Exception as error:  # raised by a hook outside its own `try`: Unicorn's binding re-raises it
            self._failure = error
        else:
            if problem:
                self._end("error", problem)

    def _guest_blocked(self) -> None:
        """Run the guest while an interrupt waits: step by step, or for a time slice."""
        watch = self._processor.watch_for_window()
        if watch is not None:
            self._guest(watch)
            return
        with self._times.slice():
            self._guest(None)

    def _wait(self) -> RunResult | None:
        """The processor is halted and no interrupt can be taken: sleep until a timer, an input or a deadline.

        Return the result if nothing can ever wake the processor.
        """
        with self.machine.lock:
            deadline = self._clock.next_deadline()
            if self.chip is None:
                return self._end(
                    "halt", f"halted at {self._processor.place}; without interrupt controllers nothing can wake it"
                )
            if not self._processor.may_wake and not self.machine.may_act_alone():
                return self._end("halt", f"halted with interrupts disabled at {self._processor.place}")
            if isinstance(self._clock, VirtualClock) and deadline is not None:
                self._clock.run_until(deadline, TIMER_BATCH)
                return None
            seconds = self._times.seconds_to_wait(deadline)
        self._times.wake.wait(seconds)
        return None
