"""What differs between x86 and arm64 on the emulator, behind one interface.

`EmulatorHost` calls ``power_on``, connects the parts with the machine, and calls the processor's ``boot``. The loop of
a run, the memory map, timers and the event loop are the same on both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from devgen.hosts.emulator.guest_bus import GuestBus
from devgen.hosts.emulator.guest_processor import GuestProcessor
from devgen.hosts.emulator.host_calls import HostCalls
from devgen.hosts.emulator.memory_map import GuestMemory
from devgen.runtime.machine.machine import Machine


class InterruptChips(Protocol):
    """A processor's interrupt controllers. The caller holds the machine's lock."""

    def pending(self) -> bool:
        """Whether an interrupt is pending for the processor."""

    def set_gsi(self, gsi: int, level: int) -> None:
        """Drive a global system interrupt; one that the chips do not have is ignored."""

    def signal_msi(self, address: int, data: int) -> None:
        """Deliver a message-signalled interrupt."""

    def close(self) -> None:
        """Disarm all timers."""


@dataclass(slots=True, frozen=True)
class Parts:
    """A processor in its state after power-on, its bus, and its interrupt controllers (None without any)."""

    processor: GuestProcessor
    bus: GuestBus
    chip: InterruptChips | None


class Architecture(Protocol):
    """A processor architecture; instances have no state."""

    def power_on(self, machine: Machine, memory: GuestMemory, calls: HostCalls) -> Parts:
        """Create the processor and its chips. Raises MachineError, UcError, UnknownUnicorn."""
        ...
