"""The processor of the emulator host, of any architecture: runs the guest's code between exceptions and interrupts.

Unicorn runs instructions until the gate stops it. It does not deliver interrupts and exceptions itself, so an
architecture's class enters the guest's handlers between two instructions, as a processor does. While an interrupt is
masked, the guest runs step by step.

All methods belong to the thread of ``run``, with the machine's lock held except in ``run`` itself. ``raise_nmi`` may be
called by any thread that holds the lock.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Final

from devgen.hosts.emulator.stop_gate import Gate
from devgen.hosts.emulator.unicorn_engine import Engine, UcError
from devgen.runtime.machine.machine import Machine

EXACT_STEPS: Final = 20_000
"""Single-stepped instructions while an interrupt is masked; after these the guest also runs in time slices."""

_STEPS_BETWEEN_SLICES: Final = 500

Watch = Callable[[], bool]
"""Called before each instruction; True ends the run of the guest."""


class ShutDown(Exception):
    """The guest has stopped its processor for good, as by a triple fault."""


class Unsupported(Exception):
    """An exception or interrupt that this host cannot deliver; the message says which."""


class GuestProcessor(ABC):
    """A processor in its state after power-on. ``uc``: its engine. ``halted``: it waits for an interrupt."""

    def __init__(self, uc: Engine) -> None:
        self.uc = uc
        self.halted = False
        self.gate = Gate(uc)
        self._steps = 0

    # --- what differs between architectures ----------------------------------------------------

    @abstractmethod
    def boot(self, machine: Machine) -> None:
        """Write the guest into RAM and set the registers that it starts with. Raises MachineError, UcError."""

    @property
    @abstractmethod
    def pc(self) -> int:
        """The program counter: the present or the next instruction."""

    @property
    @abstractmethod
    def place(self) -> str:
        """The place of the present instruction, for messages."""

    @property
    @abstractmethod
    def may_wake(self) -> bool:
        """Whether an interrupt of a device could end the sleep of a halted processor."""

    @abstractmethod
    def raise_nmi(self) -> None:
        """Make an NMI pending. A processor without NMIs ignores it."""

    @abstractmethod
    def deliver_exception(self) -> None:
        """Enter the guest's handler of the exception that was noted, if one was. Raises ShutDown, Unsupported."""

    @abstractmethod
    def take_interrupt(self) -> bool:
        """Take a pending interrupt that is not masked. Return False if an interrupt is still pending.

        Raises ShutDown, Unsupported.
        """

    @abstractmethod
    def _execute(self) -> None:
        """Run Unicorn, and note whether the processor has halted. Raises UcError."""

    @abstractmethod
    def _problem(self, error: UcError) -> str:
        """Handle the Unicorn errors that a guest can cause, and re-raise others. Return as `run`."""

    @abstractmethod
    def _may_interrupt(self) -> bool:
        """Whether the interrupt that is pending can be taken now."""

    # --- running -----------------------------------------------------------------------------

    @property
    def stepping(self) -> bool:
        """Whether the guest runs step by step, because an interrupt waits."""
        return self._steps > 0

    def run(self, wanted: Watch, watch: Watch | None = None) -> str:
        """Run Unicorn until the gate stops it. Return why the guest cannot go on; empty if it can.

        ``wanted``: whether the gate was to be closed already before it was open; the guest then does not run.

        Raises UcError for what no guest should cause, and the exception of a hook.
        """
        self.gate.open()
        try:
            if watch is not None:
                self.gate.watch(watch)
            if wanted():
                return ""
            self._execute()
        except UcError as error:
            return self._problem(error)
        finally:
            self.gate.close()
        return ""

    def watch_for_window(self) -> Watch | None:
        """Return what ends the guest's run while an interrupt waits; None if the guest is to run a time slice.

        After `EXACT_STEPS` steps, time slices without single-stepping alternate with the steps, for speed; the host
        may then miss a moment at which the guest unmasks interrupts.
        """
        if self._steps > EXACT_STEPS:
            self._steps = EXACT_STEPS - _STEPS_BETWEEN_SLICES
            return None
        return self._window_opens

    def _window_opens(self) -> bool:
        self._steps += 1
        return self._steps > EXACT_STEPS or self._may_interrupt()
