"""The GSI routing table: routes to the chips' pins, and routes of messages on the GSIs above them.

The lowest GSIs are routed to the chips' pins, as in the kernel's default table. Higher GSIs are free for
message-signalled interrupts. The kernel replaces the whole table, so changes are collected here until ``commit``.
Source: Documentation/virt/kvm/api.rst 4.52 (KVM_SET_GSI_ROUTING).
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from devgen.hosts.kvm.uapi import uapi_interrupts
from devgen.hosts.kvm.vm import KvmVm


class GsiRoutes:
    """The routes of ``vm``. ``limit`` is the size of its table (KVM_CAP_IRQ_ROUTING); 0 means no routing.

    GSIs below ``first`` are pins, and ``pins`` are their routes.
    """

    def __init__(self, vm: KvmVm, limit: int, first: int, pins: Sequence[bytes]) -> None:
        self._vm = vm
        self._pins = pins
        self._messages: dict[int, bytes] = {}
        # A line may have several routes (a PC's legacy lines have two), so the table is full before the numbers.
        self.capacity = max(0, limit - len(pins))
        self._free = list(range(first, first + self.capacity))
        self._changed = False

    @property
    def used(self) -> int:
        """Return the number of GSIs in use for messages."""
        return self.capacity - len(self._free)

    def allocate(self) -> int | None:
        """Return the lowest free GSI for messages, or None. It has no route before ``put`` and ``commit``."""
        return heapq.heappop(self._free) if self._free else None

    def put(self, gsi: int, address: int, data: int, sender: int | None = None) -> None:
        """Route ``gsi`` to this message at the next ``commit``; ``sender``: see ``message_route``."""
        self._messages[gsi] = bytes(message_route(gsi, address, data, sender))
        self._changed = True

    def free(self, gsi: int) -> None:
        """Free a GSI of ``allocate``, which must have no irqfd; its route is removed at the next ``commit``."""
        self._changed |= self._messages.pop(gsi, None) is not None
        heapq.heappush(self._free, gsi)

    def commit(self) -> None:
        """Apply all changes with one call. Raises KvmError; the kernel then keeps the old table."""
        if self._changed:
            self._vm.set_gsi_routing([*self._pins, *self._messages.values()])
            self._changed = False


def message_route(
    gsi: int, address: int, data: int, sender: int | None = None
) -> uapi_interrupts.kvm_irq_routing_entry:
    """Return a route from ``gsi`` to the message ``data`` at ``address`` in the controllers' window.

    ``sender`` is the requester ID of the function, for controllers that tell senders apart.
    """
    route = uapi_interrupts.kvm_irq_routing_entry(gsi=gsi, type=uapi_interrupts.KVM_IRQ_ROUTING_MSI)
    route.u.msi.address_lo = address & 0xFFFFFFFF
    route.u.msi.address_hi = address >> 32
    route.u.msi.data = data
    if sender is not None:
        route.flags, route.u.msi.devid = uapi_interrupts.KVM_MSI_VALID_DEVID, sender
    return route
