"""The emulator host: runs a machine's guest on Unicorn, one instruction stream, on the thread that calls ``run``.

How a run goes: under the machine's lock, fire timers that are due, bring Unicorn's memory map up to date, hand over
coalesced writes, take an interrupt if one waits and may be taken; then, without the lock, let Unicorn run until
something happens. An access of the guest takes the lock for its own time only.

Stopping: Unicorn looks for a stop request at every instruction. What a device does during an access (raise a line,
move a BAR, end the run) therefore takes effect before the guest's next instruction, as on KVM. What happens on other
threads or comes due on a clock is noticed by the kicker, which asks for a stop.

HLT: Unicorn does not say why it stopped. It has met HLT when it returns without anybody having asked it to. A stop
that is asked for at the very moment of an HLT ends the halt, as an SMI may on a real machine; guests halt in a loop.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from unicorn import UC_ERR_FETCH_PROT, UC_ERR_FETCH_UNMAPPED, UC_ERR_INSN_INVALID, UC_ERR_WRITE_PROT

from devgen.runtime.boot import boot_state
from devgen.runtime.clock import LiveClock, VirtualClock
from devgen.runtime.emulator.bus import Bus
from devgen.runtime.emulator.cpu import Cpu
from devgen.runtime.emulator.delivery import Delivery, TripleFault, Unsupported
from devgen.runtime.emulator.engine import UcError, set_hooks
from devgen.runtime.emulator.irqchip import IrqChip
from devgen.runtime.emulator.kicker import BEAT, Kicker
from devgen.runtime.emulator.memory_map import GuestMemory
from devgen.runtime.emulator.view import GuestView
from devgen.runtime.errors import MachineError
from devgen.runtime.machine import Machine
from devgen.runtime.memory import PAGE_SIZE
from devgen.runtime.run import RunResult, StopReason

ACCEL: Final = "emulator"

TIMER_BATCH: Final = 64
"""Timers fired in one go before the guest runs again, whatever the guest has programmed."""

EXACT_STEPS: Final = 4096
"""Instructions done one by one while an interrupt waits for IF; then only some of them, see ``_run_blocked``."""

_STEPS_AT_ONCE: Final = 64
_SLICE: Final = 0.001
_INVALID_OPCODE: Final = 6


class EmulatorHost:
    """Runs ``machine``'s guest. ``close`` releases everything; ``run`` may be called again after it returned.

    One thread calls ``run``; ``stop`` may be called from any other.
    """

    def __init__(self, machine: Machine) -> None:
        """Load the guest's start state. Raises MachineError if there is no guest or it cannot start."""
        if machine.config.guest is None:
            raise MachineError(f"{machine.config.name}: no guest to run")
        self.machine = machine
        self._clock = machine.clocks.virtual
        self.chip = IrqChip(self._clock) if machine.config.irqchip == "kernel" else None
        self._bus = Bus(machine.memory, machine.io, self.chip)
        self._map = GuestMemory(self._notice)
        self._wake = threading.Event()
        self._thread = 0
        self._attention = False
        self._running = False
        self._asked = False
        self._stopped_inside = False
        self._halted = False
        self._shadow_over = False
        self._blocked_steps = 0
        self._slice_end: float | None = None
        self._stop_requested = False
        self._timeout: float | None = None
        self._deadline: float | None = None
        self._fault: int | None = None
        self._skipped_store = False
        self._failure: Exception | None = None
        self._ended: RunResult | None = None
        self._loaded = (0, 0, 0)
        self._closed = False
        self._kicker: Kicker | None = None
        try:
            self._cpu = Cpu(machine.config.guest.mode)
            self._delivery = Delivery(self._cpu, machine.memory)
            self._connect()
            self._boot()
        except UcError as error:
            raise MachineError(f"{machine.config.name}: Unicorn cannot start the guest: {error}") from None

    # --- setting up ------------------------------------------------------------------------

    def _connect(self) -> None:
        machine = self.machine
        set_hooks(self._cpu.uc, self)
        with machine.lock:
            machine.memory.add_listener(self._map)
            self._bus.attach()
            machine.on_exit.append(self._notice)
            machine.connect_gsi(self._set_gsi)

    def _boot(self) -> None:
        guest = self.machine.config.guest
        assert guest is not None  # checked by __init__
        try:
            state = boot_state(guest.mode, guest.entry)
        except ValueError as error:
            raise MachineError(f"{self.machine.config.name}: {error}") from None
        with self.machine.lock:
            for address, data in state.writes:
                self.machine.memory.write_bytes(address, data)
            self._map.apply(self._cpu.uc, self._on_hole)
        self._cpu.load(state)

    def close(self) -> None:
        """Let go of the machine. May be called again; not while ``run`` is under way."""
        if self._closed:
            return
        self._closed = True
        machine = self.machine
        with machine.lock:
            self._bus.detach()
            machine.memory.remove_listener(self._map)
            machine.disconnect_gsi(self._set_gsi)
            if self._notice in machine.on_exit:
                machine.on_exit.remove(self._notice)
            if self.chip is not None:
                self.chip.close()

    def __enter__(self) -> EmulatorHost:
        """Use as a context that closes the host."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    # --- being told of things, from any thread -----------------------------------------------

    def stop(self) -> None:
        """End the present run with reason ``stopped``, from any thread; it may go on with another ``run``."""
        self._stop_requested = True
        self._notice()

    def signal_msi(self, address: int, data: int) -> None:
        """Deliver a message-signalled interrupt, as KVM_SIGNAL_MSI would; the machine's lock is held."""
        if self.chip is not None:
            self.chip.signal_msi(address, data)
            self._notice()

    def _set_gsi(self, gsi: int, level: int) -> None:
        if self.chip is None:
            return
        before = self.chip.pending()
        self.chip.set_gsi(gsi, level)
        if self.chip.pending() != before:
            self._notice()

    def _notice(self) -> None:
        """Something wants to be looked at before the guest's next instruction."""
        self._attention = True
        if threading.get_ident() == self._thread:
            if self._running:
                self._stopped_inside = True
                self._cpu.stop()
            return
        self._wake.set()
        if self._running:
            self._kick()
            if self._kicker is not None:
                self._kicker.poke()

    def _kick(self) -> None:
        self._asked = True
        self._cpu.stop()

    def _look(self) -> float:
        """The kicker's look: stop the processor if something is due; seconds until the next look."""
        now = time.monotonic()
        until = min((at for at in (self._deadline, self._slice_end) if at is not None), default=now + BEAT)
        with self.machine.lock:
            due = self._time_to_deadline()
        if self._attention or until <= now or due <= 0:
            if self._running:
                self._kick()
            return _SLICE
        return min(until - now, due)

    def _time_to_deadline(self) -> float:
        """Seconds until the next timer, at most a beat: 0 or less if it is due."""
        deadline = self._clock.next_deadline()
        if deadline is None:
            return BEAT
        return min((deadline - self._clock.now()) / 1e9, BEAT)

    # --- running -----------------------------------------------------------------------------

    def run(self, timeout: float | None = None) -> RunResult:
        """Run the guest until it ends, for ``timeout`` seconds, or until ``stop``. Nothing a guest does raises."""
        self._timeout = timeout
        self._deadline = None if timeout is None else time.monotonic() + timeout
        self._stop_requested = False
        self._thread = threading.get_ident()
        self._kicker = kicker = Kicker(self._look)
        clock = self._clock
        if isinstance(clock, LiveClock):
            clock.start()
        earlier, clock.queue.on_earlier = clock.queue.on_earlier, self._timer_moved
        kicker.start()
        try:
            return self._run()
        finally:
            self._thread = 0
            clock.queue.on_earlier = earlier
            self._kicker = None
            kicker.close()
            if isinstance(clock, LiveClock):
                clock.stop()

    def _timer_moved(self) -> None:
        self._wake.set()
        if self._kicker is not None:
            self._kicker.poke()

    def _run(self) -> RunResult:
        while True:
            try:
                result = self._cycle()
            except TripleFault as fault:
                result = self._end("shutdown", str(fault))
            except Unsupported as what:
                result = self._end("error", f"the emulator cannot deliver {what} (at {self._place()})")
            except UcError as error:
                result = self._end("error", f"Unicorn: {error} (at {self._place()})")
            if result is not None:
                return result

    def _end(self, reason: StopReason, detail: str) -> RunResult:
        """An end that no later run gets over."""
        self._ended = RunResult(reason, 0, detail, ACCEL)
        return self._ended

    def _place(self) -> str:
        try:
            return f"{self._cpu.cs:#x}:{self._cpu.pc:#x}"
        except UcError:
            return "an unknown address"

    def _cycle(self) -> RunResult | None:
        """One round: look at everything, then run the guest or wait."""
        with self.machine.lock:
            self._attention = False
            self._wake.clear()
            self._bus.queue.drain()
            result = self._result()
            if result is not None:
                return result
            self._service()
            waiting = self._interrupt()
        if self._attention:
            return None
        if self._halted:
            return self._wait()
        if waiting == "shadow":
            self._step()
            self._shadow_over = True
        elif waiting == "blocked":
            self._run_blocked()
        else:
            self._blocked_steps = 0
            self._guest(self._cpu.run)
        return None

    def _result(self) -> RunResult | None:
        """What ends the run now, if anything."""
        machine = self.machine
        if machine.exit_code is not None:
            return RunResult("exit", machine.exit_code, "", ACCEL)
        if self._failure is not None:
            failure = self._failure
            return self._end("error", f"{type(failure).__name__} in a device: {failure}")
        if self._ended is not None:
            return self._ended
        if self._stop_requested:
            self._stop_requested = False
            return RunResult("stopped", 0, "", ACCEL)
        if self._deadline is not None and time.monotonic() >= self._deadline:
            return RunResult("timeout", 0, f"the guest was still running after {self._timeout:g} s", ACCEL)
        return None

    def _service(self) -> None:
        """Timers, memory map, exceptions: all that is due between two instructions."""
        try:
            if self._clock.run_due(TIMER_BATCH):
                self._attention = True
        except Exception as error:  # of a device: ends the run with a message, see _result
            self._failure = error
            self._attention = True
        if self._map.changed:
            self._map.apply(self._cpu.uc, self._on_hole)
        if self._fault is not None:
            vector, self._fault = self._fault, None
            self._delivery.trap(vector)

    def _interrupt(self) -> str:
        """Take an interrupt if there is one; else say why not: ``free`` (none), ``blocked`` by IF, or ``shadow``."""
        chip = self.chip
        if chip is None or not chip.pending():
            self._shadow_over = False
            return "free"
        if not self._cpu.interrupts_enabled:
            return "blocked"
        if not self._halted and not self._shadow_over and self._in_shadow():
            return "shadow"
        self._shadow_over = False
        self._halted = False
        self._blocked_steps = 0
        self._delivery.interrupt(chip.acknowledge())
        return "blocked" if chip.pending() else "free"

    def _in_shadow(self) -> bool:
        """Whether the instruction before this one may have been STI or a load of SS, which hold interrupts off for one.

        Only the bytes are known; to be wrong means to be late by one instruction.
        """
        before = GuestView(self._cpu, self.machine.memory).before(self._cpu.pc)
        return before[1] in (0xFB, 0x17) or (before[0] == 0x8E and before[1] >> 3 & 7 == 2)

    # --- the guest's turn ----------------------------------------------------------------------

    def _guest(self, go: Callable[[], None]) -> None:
        """Let the processor go and sort out why it came back."""
        self._stopped_inside = self._asked = self._skipped_store = False
        self._running = True
        try:
            if not self._attention:
                go()
                self._halted = not self._stopped_inside and not self._asked
        except UcError as error:
            self._on_error(error)
        except Exception as error:  # raised by a hook in spite of its own guard: Unicorn's binding hands it on
            self._failure = error
        finally:
            self._running = False

    def _on_error(self, error: UcError) -> None:
        """Errors that are a part of the game; others are raised."""
        match error.errno:
            case _ if error.errno == UC_ERR_WRITE_PROT and self._skipped_store:
                return
            case _ if error.errno == UC_ERR_INSN_INVALID:
                self._fault = _INVALID_OPCODE
            case _ if error.errno in (UC_ERR_FETCH_PROT, UC_ERR_FETCH_UNMAPPED):
                self._ended = RunResult("error", 0, f"the guest runs into what is not memory at {self._place()}", ACCEL)
            case _:
                raise error

    def _step(self) -> None:
        """One instruction. Here the count stops Unicorn unasked, so HLT is told by its opcode."""
        halts = GuestView(self._cpu, self.machine.memory).opcode(self._cpu.pc)[:1] == b"\xf4"
        self._guest(self._cpu.step)
        self._halted = self._halted and halts

    def _run_blocked(self) -> None:
        """An interrupt waits for IF. Nothing tells when the guest sets it, so look after each instruction.

        A guest that goes on for long gets most of its time in slices instead; its windows may then be met late.
        """
        for _ in range(_STEPS_AT_ONCE):
            self._step()
            self._blocked_steps += 1
            if self._attention or self._halted or self._fault is not None or self._ended is not None:
                return
            if self._cpu.interrupts_enabled:
                return
        if self._blocked_steps > EXACT_STEPS and self._kicker is not None:
            self._slice_end = time.monotonic() + _SLICE
            self._kicker.poke()
            self._guest(self._cpu.run)
            self._slice_end = None

    def _wait(self) -> RunResult | None:
        """The processor is halted and no interrupt can be taken now: wait for something to happen."""
        with self.machine.lock:
            deadline = self._clock.next_deadline()
            if not self._cpu.interrupts_enabled and deadline is None:
                return self._end("halt", f"halted with interrupts disabled at {self._place()}")
            if isinstance(self._clock, VirtualClock) and deadline is not None:
                self._clock.run_until(deadline, TIMER_BATCH)
                return None
            seconds = self._seconds_to_wait(deadline)
        self._wake.wait(seconds)
        return None

    def _seconds_to_wait(self, deadline: int | None) -> float | None:
        waits = [] if deadline is None else [(deadline - self._clock.now()) / 1e9]
        if self._deadline is not None:
            waits.append(self._deadline - time.monotonic())
        return max(min(waits), 0.0) if waits else None

    # --- called by Unicorn, in the middle of an instruction --------------------------------------

    def on_in(self, _uc: object, port: int, size: int, _data: object) -> int:
        """See `Hooks`."""
        try:
            with self.machine.lock:
                value = self._bus.read_port(port, size)
                self._after_access()
        except Exception as error:
            return self._failed(error)
        return value

    def on_out(self, _uc: object, port: int, size: int, value: int, _data: object) -> None:
        """See `Hooks`."""
        try:
            with self.machine.lock:
                self._bus.write_port(port, value & ((1 << 8 * size) - 1), size)
                self._after_access()
        except Exception as error:
            self._failed(error)

    def on_load(self, _uc: object, _kind: int, address: int, size: int, _value: int, _data: object) -> bool:
        """A load from a hole, whole: perform it; Unicorn then fetches the value in pieces, see ``_on_hole``."""
        try:
            with self.machine.lock:
                self._loaded = (address, size, self._bus.read_memory(address, size))
                self._after_access()
        except Exception as error:
            self._failed(error)
        return True

    def _on_hole(self, _uc: object, offset: int, size: int, base: int) -> int:
        """An aligned piece of the load that ``_on_load`` has performed, or the hole's part of one that began in RAM."""
        at = base + offset
        start, length, value = self._loaded
        if at + size <= start or at >= start + length:
            return self._load_piece(at, size)
        if at + size >= start + length:
            self._loaded = (0, 0, 0)
        shift = 8 * (at - start)
        return (value >> shift if shift >= 0 else value << -shift) & ((1 << 8 * size) - 1)

    def _load_piece(self, address: int, size: int) -> int:
        try:
            with self.machine.lock:
                value = self._bus.read_memory(address, size)
                self._after_access()
        except Exception as error:
            return self._failed(error)
        return value

    def on_store(self, _uc: object, _kind: int, address: int, size: int, value: int, _data: object) -> bool:
        """A store to what is not writable. True lets Unicorn go on; False makes it leave the store out and stop."""
        value &= (1 << 8 * size) - 1
        try:
            with self.machine.lock:
                return self._store(address, size, value)
        except Exception as error:
            self._failed(error)
            return True

    def _store(self, address: int, size: int, value: int) -> bool:
        logged = self._map.logged_section(address)
        if logged is not None and logged.region.memory is not None:
            offset = address - logged.offset_within_address_space + logged.offset_within_region
            logged.region.memory.mark_dirty(offset, size)
            return True
        self._bus.write_memory(address, value, size)
        self._after_access()
        if address % size == 0 and address % PAGE_SIZE + size <= PAGE_SIZE and not self._map.is_mapped_ram(address):
            return True  # a hole swallows the store; one that is not aligned would be told again, byte by byte
        self._skipped_store = self._stopped_inside = True
        return False

    def on_exception(self, _uc: object, vector: int, _data: object) -> None:
        """See `Hooks`: note it; it is delivered when Unicorn has stopped."""
        self._fault = vector
        self._stopped_inside = True
        self._cpu.stop()

    def _after_access(self) -> None:
        """Stop before the next instruction if the access has made an interrupt pending."""
        if self.chip is not None and self.chip.pending() and not self._attention:
            self._notice()

    def _failed(self, error: Exception) -> int:
        """A device has raised: that is a fault of the device's, not the guest's. End the run; reads give zero."""
        self._failure = self._failure or error
        self._notice()
        return 0
