"""The KVM host: the kernel runs the guest on ``/dev/kvm``, devices run in Python.

RAM is a memory slot and needs no exit. An access outside the slots ends ``KVM_RUN``; the exit is looked up in a table
of closures, and the closure calls the device's method. Doorbells are ioeventfds, and message-signalled interrupts are
sent by ``KVM_SIGNAL_MSI`` or an irqfd. For example::

    if unavailable() is None:
        result = KvmHost(machine).run(timeout=10)

``unavailable()`` returns the reason why KVM cannot be used on this host, or None.

- ``kvm_host``: a run and its threads, with the lock order; ``vcpu`` and ``vcpu_loop``: one processor and its exits.
- ``exit_accesses``: the table from an exit to its closure.
- ``memory_slots``, ``ioeventfds``, ``coalesced_ring``: listeners that update the kernel's tables.
- ``kvm_irqchip``, ``irq_routes``, ``msi_irqfds``: interrupts. ``uapi``: the kernel's structures and numbers.
- ``architecture``: what differs between processor architectures; ``x86`` and ``arm64`` implement it.
"""

from devgen.hosts.kvm.architectures import unavailable
from devgen.hosts.kvm.kvm_error import KvmError
from devgen.hosts.kvm.kvm_host import KvmHost
from devgen.runtime.machine.run_result import RunResult

__all__ = ["KvmError", "KvmHost", "RunResult", "unavailable"]
