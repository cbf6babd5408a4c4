"""What differs between x86-64 and arm64 on KVM, behind one interface, and the interface's lookup.

`KvmHost` calls an architecture in this order: ``unavailable``, ``create_chips``, ``create_vcpu`` for each processor,
``start_chips``, ``boot``. Everything else (slots, dirty log, doorbells, coalesced writes, irqfds, the loop of exits) is
the same on all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from devgen.hosts.kvm.kvm_system import KvmSystem
from devgen.hosts.kvm.vcpu import Vcpu
from devgen.hosts.kvm.vm import KvmVm
from devgen.runtime.machine.machine import Machine


@dataclass(slots=True, frozen=True)
class ChipPins:
    """The inputs of the in-kernel interrupt controllers.

    ``count``: GSIs 0 to ``count`` - 1 are pins, GSIs above are free for messages; ``line``: the number that
    KVM_IRQ_LINE takes for a GSI; ``routes``: the kernel's default routing table, as kvm_irq_routing_entry;
    ``senders``: the controllers tell messages apart by their senders' requester IDs.
    """

    count: int
    line: Callable[[int], int]
    routes: Sequence[bytes]
    senders: bool = False


class Architecture(Protocol):
    """A processor architecture; instances have no state. Every method may raise KvmError."""

    name: str
    """As ``platform.machine()`` of a host that runs such guests says: ``x86_64``, ``aarch64``."""

    def unavailable(self, system: KvmSystem) -> str | None:
        """Return the reason why this /dev/kvm runs no guests of this architecture, or None."""
        ...

    def create_chips(self, vm: KvmVm, machine: Machine) -> ChipPins:
        """Create the interrupt controllers (and timers) before the first vCPU, and return their inputs."""
        ...

    def create_vcpu(self, system: KvmSystem, vm: KvmVm, index: int) -> Vcpu:
        """Create vCPU ``index`` in the state after power-on; all but the first wait for their start."""
        ...

    def start_chips(self, vm: KvmVm, machine: Machine, cpus: int) -> None:
        """Complete the interrupt controllers when all ``cpus`` vCPUs exist."""
        ...

    def boot(self, vcpu: Vcpu, machine: Machine) -> None:
        """Write what the guest needs into RAM and set the registers of the first vCPU. Raises MachineError."""
        ...
